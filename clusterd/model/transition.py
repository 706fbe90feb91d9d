"""The plan from observed to wanted."""

from dataclasses import dataclass
from enum import Enum

from clusterd.model.names import InstanceName, NodeName
from clusterd.model.reason import Placement, Reason
from clusterd.model.status import Operation


class ActionKind(Enum):
    """What one step does."""

    PROBE = "probe"
    """A one-off monitor: is it running there?"""
    START = "start"
    STOP = "stop"
    PROMOTE = "promote"
    DEMOTE = "demote"
    MONITOR = "monitor"
    """Begin a recurring operation."""
    CANCEL = "cancel"
    """End a recurring operation."""
    FENCE = "fence"
    """Make sure a lost node holds nothing: by lease, fence device or operator."""
    FORGET = "forget"
    """Clear a fail count that expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a transition.

    `after` names the actions (by number) that must have succeeded before.
    `operation` is what the node is told; None for FENCE and FORGET. Its
    operation_id and session are filled in by the coordinator.
    """

    number: int
    kind: ActionKind
    node: NodeName
    instance: InstanceName | None = None
    operation: Operation | None = None
    after: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Verb(Enum):
    """What happens to a resource, in one word (summary for people)."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    RECOVER = "recover"
    MOVE = "move"
    FENCE = "fence"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One line for people: what happens to whom and why."""

    verb: Verb
    subject: str
    source: NodeName | None = None
    target: NodeName | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A function of ClusterState; actions sorted by number, equal for equal input.

    `recheck_wall`: when time alone changes the plan (a failure or hold expires);
    None: never.
    """

    index: int
    actions: tuple[Action, ...] = ()
    placements: tuple[Placement, ...] = ()
    summary: tuple[Summary, ...] = ()
    recheck_wall: float | None = None
