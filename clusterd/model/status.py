"""What was observed and what operators asked for: the root of everything known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.result import FailCount, OperationResult


class HoldKind(Enum):
    """What an operator asked for that lasts until it is taken back (D11)."""

    STANDBY = "standby"
    MAINTENANCE = "maintenance"
    BAN = "ban"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A standing request: who, why, since when and until when (wall seconds).

    STANDBY needs a node; MAINTENANCE takes a node, a resource, or neither (the
    whole cluster); BAN and PIN need both.
    """

    kind: HoldKind
    node: NodeName | None = None
    resource: ResourceName | None = None
    author: str = ""
    message: str = ""
    since_wall: float = 0.0
    until_wall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move under way: an action, not a constraint (D11). It ends by itself."""

    resource: ResourceName
    node: NodeName | None
    """Where to; None: anywhere but `source`."""
    source: NodeName | None
    author: str = ""
    message: str = ""
    since_wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation a node was told to carry out (an intent in the log).

    `operation_id` is unique for ever. `after_probe` operations are probes.
    `expected` and the times (seconds) as in OperationSpec. `params` are the
    resource's parameters as configured when it was planned.
    """

    operation_id: str
    node: NodeName
    session: int
    instance: InstanceName
    operation: str
    interval: float = 0.0
    timeout: float = 20.0
    start_delay: float = 0.0
    expected: int = 0
    agent: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)
    """CRM_meta_* of the OCF environment, without the prefix."""
    exclusive: bool = False
    """Needs a valid lease while it is active (on_doubt stop, not a probe)."""
    release: str = ""
    """Value of model.resource.Release when exclusive."""
    watch: bool = False
    """Watch its process, addresses (D7) after a successful start."""
    digest: str = ""
    transition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHistory:
    """What one node did with one primitive: enough to know its state.

    `last`: the last finished start, stop, promote, demote or one-off monitor
    (probe), successful or not. `last_start`: the last successful start (or the
    probe that found it running): its digest tells the parameters in force.
    `failure`: a failed operation that nothing has superseded, so the resource is
    failed now; a later successful start, stop or probe clears it.
    `started`: how it was started or found running, as it was ordered: what a
    resource that is no longer configured must be stopped with.
    `last_failure`: the latest failure, kept for people and for the hard and
    fatal exit codes until cleanup or expiry.
    `monitors`: the recurring operations in force by `monitor_key`, each with its
    last result (outcome PENDING until the first one).
    `pending`: one-off operations the node was told to do and has not answered.
    """

    node: NodeName
    instance: InstanceName
    last: OperationResult | None = None
    last_start: OperationResult | None = None
    started: Operation | None = None
    failure: OperationResult | None = None
    last_failure: OperationResult | None = None
    monitors: Mapping[str, OperationResult] = field(default_factory=dict)
    recurring: Mapping[str, Operation] = field(default_factory=dict)
    """The recurring operations in force as they were ordered, by `monitor_key`."""
    pending: tuple[Operation, ...] = ()


def monitor_key(operation: str, interval: float) -> str:
    """Return the key of a recurring operation: `monitor-10000` (milliseconds)."""
    return f"{operation}-{round(interval * 1000)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything observed. Keys of `history` are made by `history_key`."""

    history: Mapping[str, NodeHistory] = field(default_factory=dict)
    fail_counts: tuple[FailCount, ...] = ()
    holds: tuple[Hold, ...] = ()
    moves: tuple[Move, ...] = ()

    def of(self, node: NodeName, name: ResourceName) -> NodeHistory | None:
        """Return what `node` did with primitive `name`, or None if nothing."""
        return self.history.get(history_key(node, name))


def history_key(node: NodeName, name: ResourceName) -> str:
    """Return the key of `Status.history`."""
    return f"{node}/{name}"
