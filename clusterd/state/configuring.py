"""Replacing the configuration, holds and moves: what operators change."""

from dataclasses import replace

from clusterd.model.names import NodeName
from clusterd.model.resource import primitives_of
from clusterd.model.status import Hold, Move, Status
from clusterd.state.activity import is_active
from clusterd.state.chronicle import entry, remember
from clusterd.state.command import (
    ClearHold,
    Configure,
    EndMove,
    SetHold,
    StartMove,
)
from clusterd.state.replicated import ConfigVersion, Replicated
from clusterd.state.reply import Accepted, Refusal, Refused, Reply

VERSIONS_KEPT = 20


def configure(state: Replicated, command: Configure) -> tuple[Replicated, Reply]:
    """Put a new configuration in force, unless it was based on another version."""
    if command.base is not None and command.base != state.version:
        return state, Refused(
            why=Refusal.CONFLICT,
            text=f"configuration is now v{state.version},"
            f" you based your change on v{command.base}",
            hint=f"clusterctl config diff --version {command.base}",
        )
    version = ConfigVersion(
        version=state.version + 1,
        text=command.text,
        author=command.author,
        message=command.message,
        wall=command.wall,
    )
    changed = replace(
        state,
        configuration=command.configuration,
        versions=(*state.versions, version)[-VERSIONS_KEPT:],
    )
    told = entry(
        "configured",
        f"configuration v{version.version}",
        command.wall,
        author=command.author,
        cause=command.message,
    )
    accepted = Accepted(index=state.index, detail=version.version)
    return remember(changed, told), accepted


def set_hold(state: Replicated, command: SetHold) -> tuple[Replicated, Reply]:
    """Put a hold in force, in place of one of the same kind, node and resource."""
    hold = command.hold
    refused = _unknown(state, hold)
    if refused is not None:
        return state, refused
    kept = tuple(h for h in state.status.holds if _target(h) != _target(hold))
    told = entry(
        hold.kind.value,
        f"{hold.kind.value} {_where(hold)}",
        hold.since_wall,
        node=hold.node or "",
        resource=hold.resource or "",
        author=hold.author,
        cause=hold.message,
    )
    changed = _with_status(state, replace(state.status, holds=(*kept, hold)))
    return remember(changed, told), Accepted(index=state.index)


def clear_hold(state: Replicated, command: ClearHold) -> tuple[Replicated, Reply]:
    """End the holds that match; that there are none is not an error."""
    gone = tuple(h for h in state.status.holds if _matches(h, command))
    if not gone:
        return state, Accepted(index=state.index)
    kept = tuple(h for h in state.status.holds if h not in gone)
    told = [
        entry(
            f"{hold.kind.value}-ended",
            f"{hold.kind.value} of {_where(hold)} ended",
            command.wall,
            node=hold.node or "",
            resource=hold.resource or "",
            author=command.author,
        )
        for hold in gone
    ]
    changed = _with_status(state, replace(state.status, holds=kept))
    return remember(changed, *told), Accepted(index=state.index, detail=len(gone))


def start_move(state: Replicated, command: StartMove) -> tuple[Replicated, Reply]:
    """Begin a move, in place of an earlier one of the same resource."""
    move = command.move
    if state.configuration.resource(move.resource) is None:
        return state, Refused(
            why=Refusal.UNKNOWN_RESOURCE,
            text=f'no resource "{move.resource}" at the top level',
        )
    kept = tuple(m for m in state.status.moves if m.resource != move.resource)
    told = entry(
        "move",
        f"move {move.resource} {move.source or ''} → {move.node or 'elsewhere'}",
        move.since_wall,
        resource=move.resource,
        node=move.node or "",
        author=move.author,
        cause=move.message,
    )
    changed = _with_status(state, replace(state.status, moves=(*kept, move)))
    return remember(changed, told), Accepted(index=state.index)


def end_move(state: Replicated, command: EndMove) -> tuple[Replicated, Reply]:
    """Give up a move."""
    kept = tuple(m for m in state.status.moves if m.resource != command.resource)
    if len(kept) == len(state.status.moves):
        return state, Accepted(index=state.index)
    told = entry(
        "move-ended",
        f"move of {command.resource} ended: {command.cause}",
        command.wall,
        resource=command.resource,
        cause=command.cause,
    )
    changed = _with_status(state, replace(state.status, moves=kept))
    return remember(changed, told), Accepted(index=state.index)


def finish_moves(state: Replicated) -> Replicated:
    """Drop the moves whose resource has arrived, or failed to start where it went."""
    kept = tuple(m for m in state.status.moves if not _is_over(state, m))
    if len(kept) == len(state.status.moves):
        return state
    return _with_status(state, replace(state.status, moves=kept))


def _is_over(state: Replicated, move: Move) -> bool:
    nodes = [m.name for m in state.members if m.name != move.source]
    targets = [move.node] if move.node else nodes
    return any(
        _has_arrived(state, move, node) or _has_failed(state, move, node)
        for node in targets
    )


def _has_arrived(state: Replicated, move: Move, node: NodeName) -> bool:
    resource = state.configuration.resource(move.resource)
    return resource is not None and all(
        is_active(state.status.of(node, each.name)) for each in primitives_of(resource)
    )


def _has_failed(state: Replicated, move: Move, node: NodeName) -> bool:
    resource = state.configuration.resource(move.resource)
    if resource is None:
        return True
    histories = [state.status.of(node, each.name) for each in primitives_of(resource)]
    return any(h is not None and h.failure is not None for h in histories)


def _unknown(state: Replicated, hold: Hold) -> Refused | None:
    if hold.node is not None and state.member(hold.node) is None:
        return Refused(why=Refusal.UNKNOWN_NODE, text=f'no node "{hold.node}"')
    if hold.resource is not None and not state.configuration.top_of(hold.resource):
        text = f'no resource "{hold.resource}"'
        return Refused(why=Refusal.UNKNOWN_RESOURCE, text=text)
    return None


def _matches(hold: Hold, command: ClearHold) -> bool:
    return (
        command.kind in (None, hold.kind)
        and command.node in (None, hold.node)
        and command.resource in (None, hold.resource)
        # "online n1" must not end a hold of the whole cluster or of a resource.
        and (command.node is not None or hold.node is None)
        and (command.resource is not None or hold.resource is None)
    )


def _target(hold: Hold) -> tuple[str, str | None, str | None]:
    return hold.kind.value, hold.node, hold.resource


def _where(hold: Hold) -> str:
    parts = [part for part in (hold.resource, hold.node) if part]
    return " on ".join(parts) or "the whole cluster"


def _with_status(state: Replicated, status: Status) -> Replicated:
    return replace(state, status=status)
