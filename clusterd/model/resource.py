"""Things kept running: primitives, groups and clones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from clusterd.model.agent import AgentName
from clusterd.model.names import ResourceName


class Role(Enum):
    """How a resource can be present on a node."""

    STOPPED = "stopped"
    STARTED = "started"
    UNPROMOTED = "unpromoted"
    PROMOTED = "promoted"


class OnFail(Enum):
    """What a failed operation of this kind leads to. Source: Pacemaker `on-fail`."""

    RESTART = "restart"
    IGNORE = "ignore"
    BLOCK = "block"
    STOP = "stop"
    FENCE = "fence"
    STANDBY = "standby"
    DEMOTE = "demote"


class Release(Enum):
    """Who takes a resource away from a node that lost its lease (D5).

    The bound after which it is certainly gone stands in `safety.lease`.
    """

    KERNEL = "kernel"
    """The kernel: an address whose lifetime ends."""
    PROCESS = "process"
    """The guard: it kills every process of the resource."""
    FENCE = "fence"
    """Nobody on the node: wait for fencing or the operator's confirmation."""


class OnDoubt(Enum):
    """What a node does with a resource when it loses its lease."""

    STOP = "stop"
    """At most one copy: release it, and take over only after proof."""
    KEEP = "keep"
    """At least one copy: leave it running. For stateless services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """One `operations:` entry. Times in seconds; interval 0 is "not recurring"."""

    name: str
    interval: float = 0.0
    timeout: float = 20.0
    on_fail: OnFail | None = None
    """None: the default of this operation (stop: block without fencing, fence
    with it; anything else: restart)."""
    role: Role | None = None
    enabled: bool = True
    start_delay: float = 0.0
    params: Mapping[str, str] = field(default_factory=dict)
    """Extra parameters of this operation only, such as OCF_CHECK_LEVEL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Meta attributes of a primitive, group or clone.

    None means "not set here": a group's or clone's value, then the cluster's
    default, then the built-in one of `policy` (Pacemaker's) applies.
    """

    target_role: Role | None = None
    is_managed: bool | None = None
    maintenance: bool | None = None
    priority: int | None = None
    stickiness: int | None = None
    migration_threshold: int | None = None
    failure_timeout: float | None = None
    """Seconds after which a failure is forgotten; 0 never."""
    critical: bool | None = None
    on_doubt: OnDoubt | None = None
    release: Release | None = None
    events: bool | None = None
    """React to process exits and lost addresses at once (D7); default yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive:
    """One service handled by one agent."""

    name: ResourceName
    agent: AgentName
    params: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[OperationSpec, ...] = ()
    meta: Meta = Meta()

    def operation(self, name: str) -> OperationSpec | None:
        """Return the first enabled non-recurring entry called `name`, if any."""
        return next(
            (
                each
                for each in self.operations
                if each.name == name and not each.interval and each.enabled
            ),
            None,
        )

    def recurring(self) -> tuple[OperationSpec, ...]:
        """Return the enabled recurring entries, in the order they were written."""
        return tuple(e for e in self.operations if e.interval and e.enabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Primitives that start in this order, on one node, and stop in reverse."""

    name: ResourceName
    members: tuple[Primitive, ...]
    meta: Meta = Meta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """Interchangeable copies of a primitive or group, normally one per node.

    `maximum` None: as many as there are nodes. Defaults of the fields are
    Pacemaker's; ours (D9: interleave) are applied when YAML is read.
    """

    name: ResourceName
    child: Primitive | Group
    meta: Meta = Meta()
    maximum: int | None = None
    maximum_per_node: int = 1
    interleave: bool = False
    ordered: bool = False
    notify: bool = False


Resource: TypeAlias = Primitive | Group | Clone


def primitives_of(resource: Resource) -> Iterator[Primitive]:
    """Yield the primitives inside `resource`, groups in start order."""
    match resource:
        case Primitive():
            yield resource
        case Group(members=members):
            yield from members
        case Clone(child=child):
            yield from primitives_of(child)
