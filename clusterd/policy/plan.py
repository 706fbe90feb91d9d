"""`plan`: the phases in order; the table of contents of this room (OVR-2)."""

from collections.abc import Iterable

from clusterd.model.cluster import ClusterState
from clusterd.model.names import InstanceName, NodeName, history_name
from clusterd.model.reason import Reason
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.policy.actions import build_actions
from clusterd.policy.changes import compare_definitions, forget_changed
from clusterd.policy.colocation import link_colocations
from clusterd.policy.edges import resolve_orderings
from clusterd.policy.facts import read_status
from clusterd.policy.failures import forget_expired
from clusterd.policy.fencing import build_fencing
from clusterd.policy.graph import Graph, build_graph
from clusterd.policy.holds import apply_node_holds, apply_resource_holds, apply_wishes
from clusterd.policy.inflight import note_in_flight, queue_behind_in_flight
from clusterd.policy.instances import unfold
from clusterd.policy.nodes import read_nodes
from clusterd.policy.operations import operation_of
from clusterd.policy.ordering import (
    draw_configured_orders,
    draw_internal_orders,
    draw_separations,
)
from clusterd.policy.placement import place_all
from clusterd.policy.probes import build_probes, order_after_stops, order_around_probes
from clusterd.policy.propagation import Propagation
from clusterd.policy.scoring import apply_locations, apply_stickiness, apply_thresholds
from clusterd.policy.step import Step, Task
from clusterd.policy.summary import summarize
from clusterd.policy.trail import place_instances
from clusterd.policy.work import Work

Forgotten = tuple[NodeName, InstanceName, Reason]


def plan(state: ClusterState) -> Transition:
    """Return what to do next, as a function of `state` alone.

    Equal input gives equal output. An empty plan means: all is as it can be
    until something happens, or until `recheck_wall`.
    """
    work = Work(state=state, nodes=read_nodes(state))
    _read(work)
    forgotten = _forget(work)
    _score(work)
    note_in_flight(work)
    compare_definitions(work)
    place_all(work)
    _act(work)
    Propagation(work).run()
    graph = build_graph(work)
    return Transition(
        index=state.index,
        actions=_actions(work, graph, forgotten),
        placements=place_instances(work, graph),
        summary=summarize(work, graph),
        recheck_wall=min(work.rechecks, default=None),
    )


def _read(work: Work) -> None:
    """Phases 1 to 5: nodes, resources, and what is known of them."""
    for count in work.state.status.fail_counts:
        work.counts_of.setdefault(history_name(count.instance), []).append(count)
    unfold(work)
    apply_node_holds(work)
    apply_resource_holds(work)
    read_status(work)


def _score(work: Work) -> None:
    """Phases 6 and 7: who may run what, and what speaks for it (PLC-14)."""
    apply_wishes(work)
    apply_locations(work)
    apply_stickiness(work)
    apply_thresholds(work)
    link_colocations(work)


def _act(work: Work) -> None:
    """Phases 8 and 11: the steps, and the orders between them (ACT-10, ORD-28)."""
    draw_internal_orders(work)
    draw_configured_orders(work)
    draw_separations(work)
    build_probes(work)
    build_actions(work)
    build_fencing(work)
    resolve_orderings(work)
    order_after_stops(work)
    order_around_probes(work)
    queue_behind_in_flight(work)


def _forget(work: Work) -> list[Forgotten]:
    """Return the fail counts to clear; they no longer ban anything (PLC-24)."""
    cleared: dict[tuple[NodeName, str], Forgotten] = {}
    for count, reason in forget_expired(work):
        name = history_name(count.instance)
        cleared[count.node, name] = (count.node, InstanceName(name), reason)
    for unit, node, reason in forget_changed(work):
        if any(count.node == node.name for count in work.counts_of.get(unit.base, ())):
            unit.forgotten.add(node.index)
            cleared.setdefault(
                (node.name, unit.base), (node.name, InstanceName(unit.base), reason)
            )
    return [cleared[key] for key in sorted(cleared)]


_KINDS = {
    Task.START: ActionKind.START,
    Task.STOP: ActionKind.STOP,
    Task.PROMOTE: ActionKind.PROMOTE,
    Task.DEMOTE: ActionKind.DEMOTE,
    Task.MONITOR: ActionKind.MONITOR,
    Task.CANCEL: ActionKind.CANCEL,
    Task.FENCE: ActionKind.FENCE,
    Task.FORGET: ActionKind.FORGET,
}


def _actions(
    work: Work, graph: Graph, forgotten: Iterable[Forgotten]
) -> tuple[Action, ...]:
    """Return the numbered actions: forgetting first, then the graph in its order."""
    actions: list[Action] = []
    for node, instance, reason in forgotten:
        known = work.node(node)
        if known is not None:
            actions.append(
                Action(
                    number=len(actions) + 1,
                    kind=ActionKind.FORGET,
                    node=known.name,
                    instance=instance,
                    reasons=(reason,),
                )
            )
    first = len(actions) + 1
    numbers = {step.number: first + place for place, step in enumerate(graph.steps)}
    actions += (_action(step, numbers, graph) for step in graph.steps)
    return tuple(actions)


def _action(step: Step, numbers: dict[int, int], graph: Graph) -> Action:
    assert step.node is not None
    operation = operation_of(step)
    kind = _KINDS[step.task]
    if step.task is Task.MONITOR and step.spec is None:
        kind = ActionKind.PROBE
    return Action(
        number=numbers[step.number],
        kind=kind,
        node=step.node.name,
        instance=operation.instance if operation is not None else None,
        operation=operation,
        after=tuple(sorted(numbers[each.number] for each in graph.after[step.number])),
        reasons=step.causes,
    )
