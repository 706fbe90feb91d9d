"""Where each instance is and shall be, with the scores and the reasons (explain)."""

from clusterd.model.names import InstanceName
from clusterd.model.reason import NodeScore, Placement, Reason, ScorePart
from clusterd.model.score import INFINITY
from clusterd.policy.graph import Graph
from clusterd.policy.objection import unavailable, why_nowhere
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
    why = unavailable(node)
    score = unit.table.scores[node.index]
    parts = unit.table.parts[node.index]
    if why is not None:
        part = ScorePart(what=why.text, score=-INFINITY, source=why.source)
        return NodeScore(node=node.name, total=-INFINITY, parts=(part, *parts))
    if score is None:
        part = ScorePart(what="not named by any location", score=-INFINITY)
        return NodeScore(node=node.name, total=-INFINITY, parts=(part,))
    return NodeScore(node=node.name, total=score, parts=parts)


def _decision(work: Work, graph: Graph, unit: Unit) -> tuple[list[Reason], Node | None]:
    """Return the reasons, the first blocking check first, and the node."""
    if not unit.managed:
        return _hands_off(unit), unit.node
    if unit.node is None or unit.next_role is Rank.STOPPED:
        return why_nowhere(work, unit), None
    start = find(work, unit, Task.START, unit.node)
    if start is not None and not start.runnable:
        return [*start.causes, *unit.notes], None
    if start is not None and start.number in graph.left_out:
        return [graph.left_out[start.number], *unit.notes], None
    steps = [*all_of(work, unit, Task.STOP), *all_of(work, unit, Task.START)]
    waits = [
        graph.waiting[each.number] for each in steps if each.number in graph.waiting
    ]
    return [_chosen(work, unit, unit.node), *waits, *unit.notes], unit.node


def _hands_off(unit: Unit) -> list[Reason]:
    text = "stays: blocked after a failure" if unit.blocked else "stays: unmanaged"
    return [Reason(text=text, rule="PLC-161"), *unit.notes]


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
        return Reason(text="chosen: the only candidate", rule="PLC-33")
    best = unit.table.scores[node.index]
    rivals = [each for each in candidates if unit.table.scores[each.index] == best]
    if len(rivals) == 1:
        return Reason(text="chosen: the highest score", rule="PLC-33")
    if node is unit.current():
        return Reason(text="chosen: as good as any, and it runs there", rule="PLC-37")
    return Reason(
        text="chosen: as good as any, with the fewest resources", rule="PLC-33"
    )
