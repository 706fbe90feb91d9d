"""Where each instance is and shall be, with the scores and the reasons (explain)."""

from clusterd.model.names import InstanceName
from clusterd.model.reason import NodeScore, Placement, Reason, ScorePart
from clusterd.model.resource import Role
from clusterd.model.score import INFINITY
from clusterd.policy.graph import Graph
from clusterd.policy.step import Task
from clusterd.policy.steps import all_of, find
from clusterd.policy.unit import Node, Rank, Unit
from clusterd.policy.work import Work


def place_instances(work: Work, graph: Graph) -> tuple[Placement, ...]:
    """Return the placement of every primitive and copy that matters."""
    return tuple(
        _placement(work, graph, leaf)
        for leaf in work.leaves()
        if leaf.active or not leaf.removed
    )


def _placement(work: Work, graph: Graph, unit: Unit) -> Placement:
    reasons, node = _decision(work, graph, unit)
    return Placement(
        instance=InstanceName(unit.name),
        current=tuple(each.name for each in unit.active),
        node=node.name if node is not None else None,
        scores=tuple(_score(unit, each) for each in work.nodes),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _score(unit: Unit, node: Node) -> NodeScore:
    """Return a node's score; first what keeps the node from running anything."""
    why = _unavailable(node)
    score = unit.table.scores[node.index]
    parts = unit.table.parts[node.index]
    if why is not None:
        part = ScorePart(what=why, score=-INFINITY)
        return NodeScore(node=node.name, total=-INFINITY, parts=(part, *parts))
    if score is None:
        part = ScorePart(what="not allowed unless a location says so", score=-INFINITY)
        return NodeScore(node=node.name, total=-INFINITY, parts=(part,))
    return NodeScore(node=node.name, total=score, parts=parts)


def _unavailable(node: Node) -> str | None:
    if not node.online:
        return node.state.value
    for reason in (node.standby, node.maintenance):
        if reason is not None:
            return reason.text
    return None


def _decision(work: Work, graph: Graph, unit: Unit) -> tuple[list[Reason], Node | None]:
    """Return the reasons, the first blocking check first, and the node."""
    if not unit.managed:
        return _hands_off(unit), unit.node
    if work.state.configuration.properties.stop_all:
        return [
            Reason(text="all resources are to stop", rule="PLC-31", source="stop_all")
        ], None
    if unit.node is None or unit.next_role is Rank.STOPPED:
        return _nowhere(work, unit), None
    start = find(work, unit, Task.START, unit.node)
    if start is not None and not start.runnable:
        return [*start.reasons, *unit.notes], None
    reasons = [_chosen(work, unit, unit.node)]
    for task in (Task.START, Task.STOP):
        for step in all_of(work, unit, task):
            if step.number in graph.left_out:
                reasons.insert(0, graph.left_out[step.number])
    return [*reasons, *unit.notes], unit.node


def _hands_off(unit: Unit) -> list[Reason]:
    text = "blocked after a failure" if unit.blocked else "unmanaged"
    return [Reason(text=text, rule="PLC-161"), *unit.notes]


def _nowhere(work: Work, unit: Unit) -> list[Reason]:
    if unit.settings.target_role is Role.STOPPED:
        return [Reason(text="target_role is stopped", rule="PLC-160", source=unit.base)]
    if not any(work.available):
        return [Reason(text="no node is available", rule="PLC-10"), *unit.notes]
    if unit.table.scores and not any(
        (score or 0) >= 0 and score is not None for score in unit.table.scores
    ):
        return [Reason(text="every node is ruled out", rule="PLC-39"), *unit.notes]
    return [Reason(text="no available node may run it", rule="PLC-39"), *unit.notes]


def _chosen(work: Work, unit: Unit, node: Node) -> Reason:
    """Say what decided between the nodes (PLC-33, PLC-37)."""
    candidates = [
        each
        for each in work.nodes
        if each.available
        and (score := unit.table.scores[each.index]) is not None
        and score >= 0
    ]
    if len(candidates) <= 1:
        return Reason(text="the only candidate", rule="PLC-33")
    best = unit.table.scores[node.index]
    rivals = [each for each in candidates if unit.table.scores[each.index] == best]
    if len(rivals) == 1:
        return Reason(text="the highest score", rule="PLC-33")
    if node is unit.current():
        return Reason(text="as good as any, and it runs there", rule="PLC-37")
    return Reason(text="as good as any, with the fewest resources", rule="PLC-33")
