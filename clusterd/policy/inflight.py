"""Operations that nodes were told to carry out and have not answered: facts (D10)."""

from clusterd.model.names import ResourceName
from clusterd.model.reason import Reason
from clusterd.model.status import Operation
from clusterd.policy.step import Step, Task, Tie, key_of
from clusterd.policy.steps import act, connect
from clusterd.policy.unit import Node, Unit
from clusterd.policy.work import Work

_KNOWN = (Task.START, Task.STOP, Task.PROMOTE, Task.DEMOTE, Task.MONITOR)


def note_in_flight(work: Work) -> None:
    """Create a step for each operation on its way to or running on an online node.

    Such a step is never planned again; what needs its outcome has to wait.
    """
    for unit in list(work.leaves()):
        for index, history in sorted(unit.histories.items()):
            node = work.nodes[index]
            if not node.online:
                continue
            for operation in history.pending:
                _note(work, unit, node, operation)


def queue_behind_in_flight(work: Work) -> None:
    """Let all else of a resource on a node wait for what is under way there.

    The node carries out one operation of a resource at a time.
    """
    flying: dict[tuple[ResourceName, int], list[Step]] = {}
    for step in work.steps:
        if step.in_flight and step.unit is not None and step.node is not None:
            flying.setdefault((step.unit.base, step.node.index), []).append(step)
    if not flying:
        return
    for step in list(work.steps):
        if step.in_flight or step.unit is None or step.node is None or step.pseudo:
            continue
        for first in flying.get((step.unit.base, step.node.index), ()):
            connect(first, step, Tie.ORDERED)


def _note(work: Work, unit: Unit, node: Node, operation: Operation) -> None:
    task = next((task for task in _KNOWN if task.value == operation.operation), None)
    if task is None:
        return
    step = act(work, unit, task, node, optional=True)
    step.in_flight = True
    step.always = True
    step.allow()
    step.operation = operation
    step.reasons.clear()
    step.because(Reason(text=f"{step} is under way", rule="D10"))
    # A start under way does not restart its dependents; a stop does.
    step.optional = task is Task.START


def is_probing(work: Work, unit: Unit, node: Node) -> bool:
    """Tell whether the node was asked for the state of `unit` and has not answered."""
    steps = work.steps_of.get((unit, key_of(Task.MONITOR)), [])
    return any(step.in_flight and step.node is node for step in steps)
