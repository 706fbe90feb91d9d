"""Changes of who votes: what is asked, and how it stands in the log.

The rules by which a change is carried out are in `reconfiguration`.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Self

_VERSION = 1
_HEAD = struct.Struct("!BBH")  # version, transition, number of changes
_CHANGE = struct.Struct("!BQ")  # kind, node


class MalformedChange(ValueError):
    """The bytes of a log entry are not a voter change we know."""


class ChangeKind(Enum):
    """What happens to one node; UPDATE_NODE changes nothing in the electorate."""

    ADD_NODE = "v"
    REMOVE_NODE = "r"
    ADD_LEARNER = "l"
    UPDATE_NODE = "u"


class Transition(Enum):
    """How the group gets from the old to the new voters.

    AUTO takes the simple way where one change allows it, else JOINT_IMPLICIT,
    whose joint configuration the leader ends by itself. JOINT_EXPLICIT waits
    for an empty change.
    """

    AUTO = "auto"
    JOINT_IMPLICIT = "implicit"
    JOINT_EXPLICIT = "explicit"


# The order is part of the log format: append only.
_KINDS = (
    ChangeKind.ADD_NODE,
    ChangeKind.REMOVE_NODE,
    ChangeKind.ADD_LEARNER,
    ChangeKind.UPDATE_NODE,
)
_TRANSITIONS = (
    Transition.AUTO,
    Transition.JOINT_IMPLICIT,
    Transition.JOINT_EXPLICIT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of a change; a node of 0 stands for a step that was called off."""

    kind: ChangeKind
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfChange:
    """A change of the electorate; without changes, the end of a joint one.

    `context` is the proposer's own; the machine does not read it.
    """

    changes: tuple[Change, ...] = ()
    transition: Transition = Transition.AUTO
    context: bytes = b""

    @property
    def leaves_joint(self) -> bool:
        """Whether this asks for the end of a joint configuration."""
        return not self.changes and self.transition is Transition.AUTO

    @property
    def enters_joint(self) -> bool:
        """Whether this needs joint consensus (raft thesis, section 4.3)."""
        return self.transition is not Transition.AUTO or len(self.changes) > 1

    @property
    def auto_leave(self) -> bool:
        """Whether the leader ends the joint configuration by itself."""
        return self.transition is not Transition.JOINT_EXPLICIT

    def to_bytes(self) -> bytes:
        """Return the data of a log entry; nothing at all if there is nothing to say.

        The empty change costs no bytes, so no limit of size can refuse it.
        """
        if self.leaves_joint and not self.context:
            return b""
        transition = _TRANSITIONS.index(self.transition)
        head = _HEAD.pack(_VERSION, transition, len(self.changes))
        steps = (_CHANGE.pack(_KINDS.index(c.kind), c.node) for c in self.changes)
        return head + b"".join(steps) + self.context

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises MalformedChange for anything else.
        """
        if not data:
            return cls()
        try:
            version, transition, count = _HEAD.unpack_from(data)
            if version != _VERSION:
                raise MalformedChange(
                    f"voter change of format {version}; this program knows {_VERSION}"
                )
            end = _HEAD.size + count * _CHANGE.size
            steps = _CHANGE.iter_unpack(data[_HEAD.size : end])
            changes = tuple(Change(kind=_KINDS[kind], node=n) for kind, n in steps)
            if len(changes) != count:
                raise MalformedChange(f"voter change of {count} steps is cut short")
            return cls(
                changes=changes,
                transition=_TRANSITIONS[transition],
                context=data[end:],
            )
        except (struct.error, IndexError) as error:
            raise MalformedChange(f"unreadable voter change: {error}") from error
