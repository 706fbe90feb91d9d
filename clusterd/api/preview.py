"""What would be: the state after commands, and after a move has arrived. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from clusterd.api.faults import RequestRefused, refused
from clusterd.api.plan_view import score_sentence
from clusterd.api.protocol import Fault
from clusterd.model.names import NodeName, ResourceName, history_name
from clusterd.model.reason import Placement
from clusterd.model.resource import primitives_of
from clusterd.model.result import OperationResult
from clusterd.model.status import Move, NodeHistory, history_key
from clusterd.model.transition import Transition
from clusterd.state.apply import apply
from clusterd.state.command import Command, Proposal
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Refused


def imagine(state: Replicated, commands: Iterable[Command]) -> Replicated:
    """Return the state these commands would make. Raises RequestRefused."""
    for command in commands:
        state, reply = apply(state, state.index, Proposal(request="", command=command))
        if isinstance(reply, Refused):
            raise refused(reply)
    return state


def destination(move: Move, transition: Transition, state: Replicated) -> NodeName:
    """Return where the plan takes a moving resource. Raises RequestRefused."""
    placement = _placement(move.resource, transition, state)
    node = placement.node if placement else None
    fits = node is not None and node != move.source and move.node in (None, node)
    if fits and node is not None:
        return node
    raise RequestRefused(
        Fault(
            code="E-NO-TARGET",
            text=f"{move.resource} cannot run on {move.node or 'any other node'} now."
            f" {_why_not(move, placement)}".rstrip(),
            hint=f"clusterctl explain {move.resource}",
        )
    )


def _why_not(move: Move, placement: Placement | None) -> str:
    if placement is None:
        return ""
    if placement.reasons:
        return placement.reasons[0].text
    shown = [s for s in placement.scores if move.node in (None, s.node)]
    return "; ".join(score_sentence(each) for each in shown)


def arrived(move: Move, node: NodeName, state: Replicated) -> Replicated:
    """Return the state in which `move` has ended well on `node`."""
    status = state.status
    history = dict(status.history)
    for name in _parts(move.resource, state):
        known = status.of(move.source, name) if move.source else None
        if known is not None:
            history[history_key(known.node, name)] = _stopped(known)
            history[history_key(node, name)] = _relocated(known, node)
    moves = tuple(each for each in status.moves if each.resource != move.resource)
    return replace(state, status=replace(status, history=history, moves=moves))


def _relocated(history: NodeHistory, node: NodeName) -> NodeHistory:
    last, start = history.last, history.last_start
    return NodeHistory(
        node=node,
        instance=history.instance,
        last=replace(last, node=node) if last else None,
        last_start=replace(start, node=node) if start else None,
    )


def _stopped(history: NodeHistory) -> NodeHistory:
    stop = OperationResult(
        operation_id="", node=history.node, instance=history.instance, operation="stop"
    )
    return NodeHistory(node=history.node, instance=history.instance, last=stop)


def refuse_return(
    move: Move, node: NodeName, later: Transition, state: Replicated
) -> None:
    """Raise RequestRefused when the plan after arrival would undo the move."""
    placement = _placement(move.resource, later, state)
    if placement is None or placement.node in (None, node):
        return
    told = [
        score_sentence(each)
        for each in placement.scores
        if each.node in (placement.node, node)
    ]
    raise RequestRefused(
        Fault(
            code="E-NOT-STAY",
            text=f"{move.resource} would return to {placement.node} at once."
            + "".join(f"\n  {each}" for each in told),
            hint="change or delete the constraint that draws it there:"
            " clusterctl config show",
        )
    )


def _placement(
    resource: ResourceName, transition: Transition, state: Replicated
) -> Placement | None:
    names = _parts(resource, state)
    return next(
        (p for p in transition.placements if history_name(p.instance) in names), None
    )


def _parts(resource: ResourceName, state: Replicated) -> tuple[ResourceName, ...]:
    top = state.configuration.resource(resource)
    return tuple(each.name for each in primitives_of(top)) if top else ()
