"""Who must be fenced, and what waits for it (04, section 8).

Fencing here means: make sure that a lost node holds nothing, by its lease, a
device or the operator. Unlike the field's schedulers, only what may be active
on that very node waits; everything else goes on at once (D10).
"""

from clusterd.model.exclusive import release_in_force
from clusterd.model.reason import Reason
from clusterd.policy.step import Step, Task, Tie
from clusterd.policy.steps import all_of, connect, new_step
from clusterd.policy.unit import Kind, Node, Unit
from clusterd.policy.work import Work

_NEEDS = Tie.ORDERED | Tie.FIRST_BLOCKS_THEN


def build_fencing(work: Work) -> None:
    """Fence every lost node, and make starts wait for it (ACT-85, ACT-87)."""
    for node in work.nodes:
        if not node.lost:
            continue
        fence = _fence(work, node)
        for leaf in work.leaves():
            _imply_stops(work, leaf, node)
            if leaf.waits and leaf.managed and _may_be_active(work, leaf, node):
                _wait(work, leaf, node, fence)
        for top in work.tops:
            _imply_group_stop(work, top, node, fence)


def _fence(work: Work, node: Node) -> Step:
    """Create the step that fences a node. Without quorum nobody may."""
    fence = new_step(work, Task.FENCE, node, f"fence-{node.name}")
    work.fences[node.index] = fence
    fence.because(
        Reason(text=f"{node.name} is lost and may still run resources", rule="ACT-85")
    )
    if not work.state.has_quorum:
        fence.block(Reason(text="no quorum", rule="ACT-82"))
    return fence


def _may_be_active(work: Work, leaf: Unit, node: Node) -> bool:
    """Tell whether a unit may run on a lost node: nobody asked, or it did.

    Unless the node is known to have let go of everything of its release class.
    """
    history = leaf.histories.get(node.index)
    release = release_in_force(work.state.configuration, leaf.base, history)
    if release in node.cleared:
        return False
    return node in leaf.active or node.index not in leaf.known


def _imply_stops(work: Work, leaf: Unit, node: Node) -> None:
    """Turn stops on a lost node into moments: the fencing implies them (ACT-87)."""
    for task in (Task.STOP, Task.DEMOTE):
        for step in all_of(work, leaf, task):
            if step.node is node and leaf.managed:
                step.pseudo = True
                step.allow()
                step.reasons = [Reason(text=f"{node.name} is lost", rule="ACT-87")]


def _wait(work: Work, leaf: Unit, node: Node, fence: Step) -> None:
    """Order what needs the proof after the fencing (ACT-87)."""
    for task in (Task.START, Task.PROMOTE):
        for step in all_of(work, leaf, task):
            connect(fence, step, _NEEDS, f"fencing of {node.name}")
    for task in (Task.STOP, Task.DEMOTE):
        for step in all_of(work, leaf, task):
            if step.node is node:
                connect(fence, step, _NEEDS, f"fencing of {node.name}")


def _imply_group_stop(work: Work, top: Unit, node: Node, fence: Step) -> None:
    """Let the stop of a group wait like those of its members (ACT-87)."""
    if top.kind is not Kind.GROUP or not any(leaf.waits for leaf in top.leaves()):
        return
    if node not in top.active:
        return
    for step in all_of(work, top, Task.STOP):
        connect(fence, step, Tie.ORDERED)
