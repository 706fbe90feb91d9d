"""What agents answer."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from clusterd.model.names import InstanceName, NodeName


class ExitCode(IntEnum):
    """What an agent says by exiting. Source: OCF resource agent API 1.1."""

    SUCCESS = 0
    GENERIC_ERROR = 1
    BAD_ARGUMENTS = 2
    UNIMPLEMENTED = 3
    NO_PERMISSION = 4
    NOT_INSTALLED = 5
    NOT_CONFIGURED = 6
    NOT_RUNNING = 7  # Cleanly stopped. When in doubt an agent says GENERIC_ERROR.
    PROMOTED = 8
    PROMOTED_FAILED = 9
    DEGRADED = 190
    PROMOTED_DEGRADED = 191


def exit_code(number: int) -> ExitCode:
    """Return the meaning of a raw exit status; undefined ones are generic errors."""
    try:
        return ExitCode(number)
    except ValueError:
        return ExitCode.GENERIC_ERROR


class Outcome(Enum):
    """How an execution ended, beside its exit code. Source: OCF.md section 3."""

    PENDING = "pending"
    DONE = "done"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    ERROR = "error"
    """It could not be executed, or was killed by a signal."""
    LOST = "lost"
    """Nobody knows: the node or its runner died in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationResult:
    """What happened to one operation on one node.

    `expected` is the exit code that counts as success. `digest` tells which
    parameters were in force. Durations in seconds; `finished_wall` is the
    node's wall clock (seconds since 1970) and only for people and expiry.
    """

    operation_id: str
    node: NodeName
    instance: InstanceName
    operation: str
    interval: float = 0.0
    outcome: Outcome = Outcome.DONE
    code: ExitCode = ExitCode.SUCCESS
    expected: ExitCode = ExitCode.SUCCESS
    reason: str = ""
    output: str = ""
    finished_wall: float = 0.0
    duration: float = 0.0
    digest: str = ""

    @property
    def is_failure(self) -> bool:
        """Tell whether this is not what was expected (degraded counts as well)."""
        if self.outcome in (Outcome.PENDING, Outcome.CANCELLED):
            return False
        if self.outcome is not Outcome.DONE:
            return True
        return _plain(self.code) != _plain(self.expected)


def _plain(code: ExitCode) -> ExitCode:
    match code:
        case ExitCode.DEGRADED:
            return ExitCode.SUCCESS
        case ExitCode.PROMOTED_DEGRADED:
            return ExitCode.PROMOTED
        case _:
            return code


@dataclass(frozen=True, slots=True, kw_only=True)
class FailCount:
    """How often a resource failed on a node, and when last (wall seconds)."""

    node: NodeName
    instance: InstanceName
    count: int
    last_wall: float
