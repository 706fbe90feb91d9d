"""Fix or undo the decision where a unit runs (PLC-39 to PLC-41)."""

from clusterd.model.reason import Reason
from clusterd.model.score import INFINITY
from clusterd.policy.step import Task, key_of
from clusterd.policy.unit import Kind, Node, Rank, Unit
from clusterd.policy.work import Work


def settle(
    work: Work, unit: Unit, node: Node | None, *, forced: bool, final: bool = True
) -> None:
    """Decide that `unit` runs on `node`, or nowhere (PLC-39, PLC-40).

    Not forced, a node that may not be used counts as none. Not final, finding
    none leaves the role open.
    """
    if unit.kind is not Kind.PRIMITIVE:
        for child in unit.children:
            settle(work, child, node, forced=forced, final=final)
        unit.assigned = True
        return
    if not forced and node is not None and not _usable(unit, node):
        node = None
    unassign(unit)
    unit.assigned = True
    if node is not None:
        unit.node = node
        node.assigned += 1
    elif final:
        unit.next_role = Rank.STOPPED
        _withdraw(work, unit)


def unassign(unit: Unit) -> None:
    """Take a decision back (PLC-41)."""
    for child in unit.children:
        unassign(child)
    unit.assigned = False
    if unit.node is not None:
        unit.node.assigned -= 1
        unit.node = None


def ranked(work: Work, unit: Unit) -> list[Node]:
    """Return the nodes of a unit's table, the best first (PLC-33)."""
    current = unit.current()
    scores = unit.table.scores
    entries = [node for node in work.nodes if scores[node.index] is not None]
    entries.sort(key=lambda node: _place(work, unit, node, current))
    return entries


def assigned_nodes(unit: Unit) -> set[Node]:
    """Return where the primitives of a unit shall run."""
    return {leaf.node for leaf in unit.leaves() if leaf.node is not None}


def only_node(unit: Unit) -> Node | None:
    """Return the one node all of a unit shall run on, or None."""
    nodes = assigned_nodes(unit)
    return next(iter(nodes)) if len(nodes) == 1 else None


def _place(
    work: Work, unit: Unit, node: Node, current: Node | None
) -> tuple[int, int, bool, str]:
    score = unit.table.scores[node.index]
    if score is None or not work.available[node.index]:
        score = -INFINITY
    return (-score, node.assigned, node is not current, node.name)


def _usable(unit: Unit, node: Node) -> bool:
    score = unit.table.scores[node.index]
    return node.available and score is not None and score >= 0


def _withdraw(work: Work, unit: Unit) -> None:
    """Adjust the steps of a unit that loses its place late (PLC-40)."""
    reason = Reason(text="no node is left for it", rule="PLC-40")
    for step in work.steps_of.get((unit, key_of(Task.STOP)), []):
        step.require(reason)
    for step in work.steps_of.get((unit, key_of(Task.START)), []):
        step.block(reason)
    for step in work.steps:
        if step.unit is unit and step.task is Task.MONITOR and step.spec is not None:
            step.block(reason)
