"""What the steps of groups and clones amount to (05, ORD-40, ORD-41)."""

from dataclasses import dataclass

from clusterd.model.reason import Reason
from clusterd.policy.step import COMPLETION, ORIGIN, Step, Task
from clusterd.policy.steps import all_of, find
from clusterd.policy.unit import Kind, Node, Unit
from clusterd.policy.work import Work


@dataclass(frozen=True, slots=True)
class Flags:
    """Whether a step is needed and possible, as seen from one node."""

    optional: bool
    runnable: bool


def flags_of(work: Work, step: Step, node: Node | None) -> Flags:
    """Return the flags of a step for an order with something on `node` (ORD-41).

    Those of a collective follow from its parts; what they show is kept in the
    step itself.
    """
    unit = step.unit
    if unit is None or unit.kind is Kind.PRIMITIVE:
        return Flags(step.optional, step.runnable)
    if unit.kind is Kind.GROUP:
        within_clone = unit.parent is not None
        return _group_flags(work, unit, step, node if within_clone else None)
    overall = _clone_flags(work, unit, step, None)
    if node is None:
        return overall
    there = _clone_flags(work, unit, step, node)
    return Flags(there.optional, there.runnable or overall.runnable)


def completion_of(work: Work, step: Step) -> Step:
    """Return the moment at which a step of a collective is through (ORD-40)."""
    unit = step.unit
    if unit is None or unit.kind is Kind.PRIMITIVE or step.task not in COMPLETION:
        return step
    return find(work, unit, COMPLETION[step.task], None) or step


def _group_flags(work: Work, group: Unit, step: Step, node: Node | None) -> Flags:
    optional, runnable = True, True
    task = ORIGIN.get(step.task, step.task)
    for member in group.children:
        found = _part(work, member, task, node)
        if found is None:
            runnable = runnable and task in (Task.STOP, Task.DEMOTE)
            continue
        if not found.optional:
            optional = False
            if step.optional:
                step.require(Reason(text=str(found), rule="ORD-41"))
        if task is not step.task and not found.runnable:
            runnable = False
            if step.runnable:
                step.block(Reason(text=f"{found} is not possible", rule="ORD-41"))
    return Flags(optional, runnable)


def _clone_flags(work: Work, clone: Unit, step: Step, node: Node | None) -> Flags:
    optional, runnable = True, False
    task = ORIGIN.get(step.task, step.task)
    for copy in clone.children:
        flags = _copy_flags(work, copy, step.task, task, node)
        if flags is None:
            continue
        if not flags.optional:
            optional = False
            if step.optional:
                text = f"{task.value} of {copy.name}"
                step.require(Reason(text=text, rule="ORD-41"))
        runnable = runnable or flags.runnable
    if not runnable and node is None:
        step.block(
            Reason(text=f"no copy of {clone.base} can {task.value}", rule="ORD-41")
        )
    return Flags(optional, runnable)


def _copy_flags(
    work: Work, copy: Unit, asked: Task, task: Task, node: Node | None
) -> Flags | None:
    if copy.kind is Kind.PRIMITIVE:
        found = _part(work, copy, task, node)
        return None if found is None else Flags(found.optional, found.runnable)
    step = find(work, copy, asked, None)
    return None if step is None else _group_flags(work, copy, step, node)


def _part(work: Work, unit: Unit, task: Task, node: Node | None) -> Step | None:
    """Return the newest step of a part with that task, on `node` if one is given."""
    steps = all_of(work, unit, task)
    for step in reversed(steps):
        if node is None or step.node is node:
            return step
    return None
