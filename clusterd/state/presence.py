"""What is known of one primitive on one node, and what was wanted of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Clone, Group, Meta, Primitive, Resource, Role
from clusterd.model.result import ExitCode, OperationResult
from clusterd.model.status import Hold, HoldKind, NodeHistory
from clusterd.state.replicated import Replicated

_ACTIVE_CODES = frozenset(
    {
        ExitCode.SUCCESS,
        ExitCode.PROMOTED,
        ExitCode.DEGRADED,
        ExitCode.PROMOTED_DEGRADED,
    }
)
_BECOMING = frozenset({"start", "promote"})
_CEASING = frozenset({"stop", "demote"})


class Presence(Enum):
    """How a primitive is present on a node."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    STARTING = "starting"
    STOPPING = "stopping"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Its stop failed: it may be active, and nobody dares to start it elsewhere."""
    UNKNOWN = "unknown"
    """It was active when the node was lost, and nothing proves that it is gone."""


def presence(history: NodeHistory | None, member: Member) -> Presence:
    """Tell how the primitive of `history` is present on `member`."""
    if history is None or member.state in (MemberState.OFFLINE, MemberState.PENDING):
        return Presence.INACTIVE
    settled = _settled(history)
    if member.state is MemberState.LOST:
        gone = settled is Presence.INACTIVE and not history.pending
        return Presence.INACTIVE if gone else Presence.UNKNOWN
    for operation in reversed(history.pending):
        if operation.operation in _BECOMING:
            return Presence.STARTING
        if operation.operation in _CEASING:
            return Presence.STOPPING
    return settled


def _settled(history: NodeHistory) -> Presence:
    failure = history.failure
    if failure is not None:
        return Presence.BLOCKED if failure.operation == "stop" else Presence.FAILED
    last = history.last
    if last is None or last.operation == "stop":
        return Presence.INACTIVE
    return Presence.ACTIVE if last.code in _ACTIVE_CODES else Presence.INACTIVE


def active_since(history: NodeHistory | None) -> float | None:
    """Return when (wall) the primitive was started or found running there."""
    result: OperationResult | None = history.last_start if history else None
    return result.finished_wall if result else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What holds for one top-level resource after inheritance."""

    is_stopped: bool
    """An administrator wants it stopped."""
    is_managed: bool
    why_unmanaged: str


def wish(resource: Resource, replicated: Replicated) -> Wish:
    """Work out what is wanted of a top-level resource."""
    configuration = replicated.configuration
    chain = [resource.meta, configuration.resource_defaults]
    stopped = configuration.properties.stop_all or _stopped(chain)
    why = _why_unmanaged(resource, chain, replicated)
    return Wish(is_stopped=stopped, is_managed=not why, why_unmanaged=why)


def _stopped(chain: list[Meta]) -> bool:
    role = next((each.target_role for each in chain if each.target_role), None)
    return role is Role.STOPPED


def _why_unmanaged(
    resource: Resource, chain: list[Meta], replicated: Replicated
) -> str:
    for hold in replicated.status.holds:
        if hold.kind is HoldKind.MAINTENANCE and hold.node is None:
            if hold.resource is None:
                return f"cluster maintenance{by(hold)}"
            if hold.resource in names_within(resource):
                return f"maintenance{by(hold)}"
    if replicated.configuration.properties.maintenance:
        return "cluster maintenance (configured)"
    for meta in chain:
        if meta.maintenance:
            return "maintenance (configured)"
    for meta in chain:
        if meta.is_managed is not None:
            return "" if meta.is_managed else "unmanaged (configured)"
    return ""


def by(hold: Hold) -> str:
    """Return ` by alice "why"` as far as it is known."""
    author = f" by {hold.author}" if hold.author else ""
    message = f' "{hold.message}"' if hold.message else ""
    return f"{author}{message}"


def names_within(resource: Resource) -> frozenset[ResourceName]:
    """Return the resource's name and those of everything inside it."""
    match resource:
        case Primitive():
            return frozenset({resource.name})
        case Group(members=members):
            return frozenset({resource.name, *(each.name for each in members)})
        case Clone(child=child):
            return names_within(child) | {resource.name}


def all_names(replicated: Replicated) -> Iterator[ResourceName]:
    """Yield the names of all resources, outer before inner, as configured."""
    for resource in replicated.configuration.resources:
        yield resource.name
        yield from sorted(names_within(resource) - {resource.name})


def in_standby(node: NodeName, replicated: Replicated) -> bool:
    """Tell whether `node` shall not run resources (by a hold or configured)."""
    return _held(node, HoldKind.STANDBY, replicated) or any(
        each.standby for each in replicated.configuration.nodes if each.name == node
    )


def in_maintenance(node: NodeName, replicated: Replicated) -> bool:
    """Tell whether the cluster keeps its hands off everything on `node`."""
    return _held(node, HoldKind.MAINTENANCE, replicated) or any(
        each.maintenance for each in replicated.configuration.nodes if each.name == node
    )


def _held(node: NodeName, kind: HoldKind, replicated: Replicated) -> bool:
    holds = replicated.status.holds
    return any(each.kind is kind and each.node == node for each in holds)
