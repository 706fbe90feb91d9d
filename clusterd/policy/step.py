"""Steps and the edges between them: the raw material of a transition (ACT-1, ORD-1)."""

from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto

from clusterd.model.reason import Reason
from clusterd.model.resource import OperationSpec
from clusterd.model.status import Operation
from clusterd.policy.unit import Node, Unit


class Task(StrEnum):
    """What a step does; the last four are moments, not operations."""

    START = "start"
    STOP = "stop"
    PROMOTE = "promote"
    DEMOTE = "demote"
    MONITOR = "monitor"
    CANCEL = "cancel"
    FENCE = "fence"
    FORGET = "forget"
    RUNNING = "running"
    STOPPED = "stopped"
    PROMOTED = "promoted"
    DEMOTED = "demoted"


COMPLETION = {
    Task.START: Task.RUNNING,
    Task.STOP: Task.STOPPED,
    Task.PROMOTE: Task.PROMOTED,
    Task.DEMOTE: Task.DEMOTED,
}
"""The moment at which an operation of a collective is through (ORD-40)."""

ORIGIN = {moment: task for task, moment in COMPLETION.items()}

INVERSE = {
    Task.START: Task.STOP,
    Task.STOP: Task.START,
    Task.PROMOTE: Task.DEMOTE,
    Task.DEMOTE: Task.PROMOTE,
}
"""What undoes an operation (ORD-4)."""


class Tie(Flag):
    """What an edge carries beyond its order (ORD, section 1)."""

    ORDERED = auto()
    FIRST_FORCES_THEN = auto()
    THEN_FORCES_FIRST = auto()
    PROMOTED_THEN_FORCES_FIRST = auto()
    FIRST_BLOCKS_THEN = auto()
    STOP_BETWEEN = auto()
    ASYMMETRIC = auto()
    GRAPH_FIRST = auto()
    GRAPH_THEN = auto()
    SAME_NODE_ONLY = auto()
    ANTI_SAME_NODE = auto()
    SERIALIZE = auto()


NO_TIE = Tie(0)


@dataclass(slots=True, eq=False, kw_only=True)
class Step:
    """One thing that may have to be done (ACT-1).

    `pseudo` steps are ordering points, or done by something else. `in_flight`
    steps were ordered earlier: nothing that needs their outcome is planned (D10).
    """

    number: int
    task: Task
    key: str
    unit: Unit | None = None
    node: Node | None = None
    optional: bool = True
    runnable: bool = True
    pseudo: bool = False
    always: bool = False
    in_flight: bool = False
    expected: int | None = None
    spec: OperationSpec | None = None
    operation: Operation | None = None
    """CANCEL: what to cancel."""
    reasons: list[Reason] = field(default_factory=list)
    """Why it is needed, the nearest cause first."""
    blockers: list[Reason] = field(default_factory=list)
    """Why it is not possible, the nearest cause first."""
    before: "list[Edge]" = field(default_factory=list)
    after: "list[Edge]" = field(default_factory=list)

    def because(self, reason: Reason) -> None:
        """Note a cause, unless one is known already (ACT-6)."""
        if not self.reasons:
            self.reasons.append(reason)

    def require(self, *reasons: Reason) -> None:
        """Make it required, because of these, the nearest cause first."""
        if self.optional:
            self.optional = False
            if not self.reasons:
                self.reasons.extend(reasons)

    def block(self, *reasons: Reason) -> None:
        """Make it impossible, because of these, the nearest cause first."""
        if self.runnable:
            self.runnable = False
            self.blockers.extend(reasons)

    def allow(self) -> None:
        """Make it possible again: what blocked it no longer counts."""
        self.runnable = True
        self.blockers.clear()

    @property
    def causes(self) -> tuple[Reason, ...]:
        """Why it is impossible, then why it is needed; each reason once."""
        return tuple(dict.fromkeys([*self.blockers, *self.reasons]))

    def __str__(self) -> str:
        """Return `start of vip on n1`."""
        if self.task is Task.FENCE and self.node:
            return f"fencing of {self.node.name}"
        what = "probe" if self.key == "monitor-0" else self.task.value
        whom = f" of {self.unit.name}" if self.unit else ""
        where = f" on {self.node.name}" if self.node else ""
        return what + whom + where


@dataclass(slots=True, eq=False)
class Edge:
    """`first` comes before `then`; `ties` say what else follows (ORD-25)."""

    first: Step
    then: Step
    ties: Tie
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ordering:
    """An order between two sides, resolved into edges late (ORD, heading).

    A side is a step, or a unit with the task of its steps.
    """

    first: Unit | Step
    then: Unit | Step
    first_task: Task = Task.START
    then_task: Task = Task.START
    ties: Tie = Tie.ORDERED
    source: str = ""


_ONE_OFF = {task: f"{task.value}-0" for task in Task}


def key_of(task: Task, interval: float = 0.0) -> str:
    """Return the key of a step: its task and its interval in milliseconds (ACT-1)."""
    if not interval:
        return _ONE_OFF[task]
    return f"{task.value}-{round(interval * 1000)}"
