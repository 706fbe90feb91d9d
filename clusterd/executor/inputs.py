"""The closed list of what can happen to the executor."""

from dataclasses import dataclass
from typing import TypeAlias

from clusterd.model.names import InstanceName
from clusterd.model.result import OperationResult
from clusterd.model.status import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Carry out this operation; a recurring one begins to recur.

    Ordered twice (same operation_id) it runs once.
    """

    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """End this recurring operation (same instance, operation and interval)."""

    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """After a restart of the daemon: this is what the log says of this node.

    `pending`: ordered, no result recorded; `recurring`: monitors in force;
    `results`: the last recorded result of each of them (so that only changes are
    reported). `boot`: the runner's, as this node told the cluster when these were
    ordered; empty if it is not known, then what the runner does not know is lost.
    """

    pending: tuple[Operation, ...]
    recurring: tuple[Operation, ...]
    results: tuple[OperationResult, ...] = ()
    boot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The result of this operation is committed: no need to report it again.

    A recurring operation reports more than once under one id: `finished_wall` of
    the committed result says which one it was; None: all reported so far.
    """

    operation_id: str
    finished_wall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Time passed: `ExecutorMachine.deadline` said when to look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentExited:
    """An agent that `RunAgent` started has ended, in whatever way.

    `status` is the raw exit status; None when it was killed by `signal`, timed
    out, or could not be executed (`error`). `output` is bounded and decoded.
    `duration` in seconds; `wall` when it ended (seconds since 1970).
    """

    run: str
    status: int | None = None
    signal: int | None = None
    timed_out: bool = False
    too_late: bool = False
    """The lease it needed had ended: it was not begun."""
    error: str = ""
    errno: int | None = None
    stdout: str = ""
    stderr: str = ""
    duration: float = 0.0
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """An event says that a resource may have failed (D7): look at once."""

    instance: InstanceName
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerAttached:
    """(Again) connected to the runner, which tells what it knows.

    `boot` is the runner's own start: a new value means that everything it ran
    before is gone. `running`: run ids in flight; `finished`: results not yet
    collected, which follow as AgentExited.
    """

    boot: str
    running: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerLost:
    """The runner died; nothing can be executed until it is attached again."""


Input: TypeAlias = (
    Begin
    | Cancel
    | Adopt
    | Recorded
    | Wake
    | AgentExited
    | Noticed
    | RunnerAttached
    | RunnerLost
)
