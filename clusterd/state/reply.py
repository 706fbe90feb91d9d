"""What applying a command answers to whoever asked for it."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Refusal(Enum):
    """Why a command was not carried out; the value is the error code for users."""

    CONFLICT = "E-CONFLICT"
    UNKNOWN_NODE = "E-UNKNOWN-NODE"
    UNKNOWN_RESOURCE = "E-UNKNOWN-RES"
    UNKNOWN_HOLD = "E-NO-HOLD"
    BAD_TOKEN = "E-TOKEN"  # noqa: S105  # The word, not a secret.
    NAME_TAKEN = "E-NAME-TAKEN"
    NOT_SAFE = "E-NOT-SAFE"
    NO_QUORUM = "E-NO-QUORUM"
    BUSY = "E-BUSY"
    STOPPING = "E-STOPPING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Done, at this index of the log.

    `detail` is a number the command made up (the new configuration's version,
    the new member's raft id).
    """

    index: int
    detail: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not done, and nothing changed."""

    why: Refusal
    text: str
    hint: str = ""


Reply: TypeAlias = Accepted | Refused
