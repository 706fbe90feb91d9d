"""What the log is made of, and what a voter must remember across a crash."""

from dataclasses import dataclass
from enum import Enum

NOBODY = 0
"""The id of no node: no vote cast, no leader known."""

_TAG_BYTES = 1  # A protobuf field number below 16 takes one byte.


class EntryKind(Enum):
    """What the data of an entry means."""

    NORMAL = "Normal"
    CONF_CHANGE = "ConfChange"
    CONF_CHANGE_V2 = "ConfChangeV2"


def _varint_bytes(value: int) -> int:
    return max(1, -(-value.bit_length() // 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of the log; (term, index) names it for ever.

    A NORMAL entry without data is the mark a new leader puts down.
    """

    term: int = 0
    index: int = 0
    kind: EntryKind = EntryKind.NORMAL
    data: bytes = b""

    @property
    def size_bytes(self) -> int:
        """The length of the entry as protobuf, by which messages are cut."""
        fields = (self.term, self.index, 0)
        head = sum(_TAG_BYTES + _varint_bytes(field) for field in fields)
        if not self.data:
            return head
        return head + _TAG_BYTES + _varint_bytes(len(self.data)) + len(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardState:
    """What must be on disk before any message that follows from it is sent.

    `vote` is the candidate chosen in `term`, 0 if none; `commit` may lag.
    """

    term: int = 0
    vote: int = NOBODY
    commit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfState:
    """Who votes and who listens; every tuple is sorted.

    `voters_outgoing` is not empty while two majorities are needed (a joint
    configuration); `learners_next` are outgoing voters that become learners
    when it ends; `auto_leave` says that the leader ends it by itself.
    """

    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    voters_outgoing: tuple[int, ...] = ()
    learners_next: tuple[int, ...] = ()
    auto_leave: bool = False

    def members(self) -> frozenset[int]:
        """Return all who get the log."""
        return frozenset((*self.voters, *self.learners, *self.voters_outgoing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state after the entry `index`, in place of all entries up to it."""

    index: int = 0
    term: int = 0
    conf_state: ConfState = ConfState()
    data: bytes = b""
