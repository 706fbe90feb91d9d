"""From where a unit is to where it shall be: its steps (04, sections 2 to 4)."""

from clusterd.model.reason import Reason
from clusterd.policy.objection import why_moving, why_nowhere
from clusterd.policy.recurring import build_recurring
from clusterd.policy.step import Task
from clusterd.policy.steps import act, add_pseudo, all_of
from clusterd.policy.unit import Kind, Node, Rank, Unit
from clusterd.policy.work import Work

_PATH = {
    (Rank.STOPPED, Rank.STARTED): (Rank.STARTED, Task.START),
    (Rank.STOPPED, Rank.UNPROMOTED): (Rank.UNPROMOTED, Task.START),
    (Rank.STOPPED, Rank.PROMOTED): (Rank.UNPROMOTED, Task.START),
    (Rank.STARTED, Rank.STOPPED): (Rank.STOPPED, Task.STOP),
    (Rank.STARTED, Rank.PROMOTED): (Rank.PROMOTED, Task.PROMOTE),
    (Rank.UNPROMOTED, Rank.STOPPED): (Rank.STOPPED, Task.STOP),
    (Rank.UNPROMOTED, Rank.STARTED): (Rank.STOPPED, Task.STOP),
    (Rank.UNPROMOTED, Rank.PROMOTED): (Rank.PROMOTED, Task.PROMOTE),
    (Rank.PROMOTED, Rank.STOPPED): (Rank.UNPROMOTED, Task.DEMOTE),
    (Rank.PROMOTED, Rank.STARTED): (Rank.UNPROMOTED, Task.DEMOTE),
    (Rank.PROMOTED, Rank.UNPROMOTED): (Rank.UNPROMOTED, Task.DEMOTE),
}
"""From a role towards another, one step at a time (ACT-12)."""


def build_actions(work: Work) -> None:
    """Create the steps of every resource, in base order (ACT-10.4)."""
    for top in work.tops:
        _build(work, top)


def is_moving(unit: Unit) -> bool:
    """Tell whether it leaves its node for another one (ACT-16)."""
    current = unit.current()
    return (
        current is not None
        and unit.node is not None
        and current is not unit.node
        and unit.next_role >= Rank.STARTED
    )


def is_multiply_active(unit: Unit) -> bool:
    """Tell whether it runs in more places than one (ACT-18)."""
    if unit.waits:
        return len(unit.active) > 1
    return sum(1 for node in unit.active if node.online) > 1


def _build(work: Work, unit: Unit) -> None:
    match unit.kind:
        case Kind.PRIMITIVE:
            _build_primitive(work, unit)
        case Kind.GROUP:
            for member in unit.children:
                _build(work, member)
            for task in (Task.START, Task.RUNNING, Task.STOP, Task.STOPPED):
                add_pseudo(work, unit, task)
        case Kind.CLONE:
            for copy in unit.children:
                _build(work, copy)
            _add_clone_points(work, unit)


def _build_primitive(work: Work, unit: Unit) -> None:
    if unit.next_role is Rank.UNKNOWN:
        unit.next_role = (
            Rank.STARTED if unit.node is not None else Rank.STOPPED
        )  # ACT-13
    need_stop = _needs_stop(work, unit)
    _restart_chain(work, unit, need_stop=need_stop)
    _transition_chain(work, unit)
    build_recurring(work, unit)


def _needs_stop(work: Work, unit: Unit) -> Reason | None:
    """Return why it must not simply go on as it is, or None (ACT-16 to ACT-22)."""
    current, new = unit.current(), unit.node
    if is_moving(unit):
        assert current is not None
        assert new is not None
        return why_moving(unit, current, new)
    if is_multiply_active(unit):
        names = ", ".join(node.name for node in unit.active)
        return Reason(text=f"it is active on {names} at once", rule="ACT-20")
    if any(node.index in unit.stopping for node in unit.active if node.online):
        return Reason(text="it is being stopped", rule="D10")
    if unit.failed or unit.blocked:
        failure = Reason(text="it failed", rule="ACT-22")
        return next(iter(unit.notes), failure) if unit.must_stop else None
    if unit.role < Rank.STARTED or current is None or new is None:
        return None
    start = act(work, unit, Task.START, new, optional=True)
    restarts = Reason(text="it must restart", rule="ACT-22")
    return None if start.optional else next(iter(start.reasons), restarts)


def _restart_chain(work: Work, unit: Unit, *, need_stop: Reason | None) -> None:
    """Create the stop and start of what stays: orders may need them later (ACT-23)."""
    role = unit.role
    while role is not Rank.STOPPED:
        role, task = _next(role, Rank.STOPPED)
        _down(work, unit, task, optional=need_stop is None, reason=need_stop)
    if unit.role > unit.next_role or unit.blocked or unit.node is None:
        return
    while role < unit.role:
        before = role
        role, task = _next(role, unit.role)
        if task is None or role is before:
            break
        _up(work, unit, task, unit.node, optional=need_stop is None, reason=need_stop)


def _transition_chain(work: Work, unit: Unit) -> None:
    """Create what leads from the present role to the next one (ACT-24)."""
    role = unit.role
    reason = _why_change(work, unit)
    while role is not unit.next_role:
        before = role
        role, task = _next(role, unit.next_role)
        if task is None or role is before:
            break
        if task in (Task.STOP, Task.DEMOTE):
            _down(work, unit, task, optional=False, reason=reason)
        elif unit.node is not None:
            _up(work, unit, task, unit.node, optional=False, reason=reason)


def _why_change(work: Work, unit: Unit) -> Reason:
    if unit.next_role > unit.role:
        return Reason(text="it shall run", rule="ACT-24")
    default = Reason(text="it shall not run", rule="ACT-24")
    return next(iter(why_nowhere(work, unit)), default)


def _next(role: Rank, target: Rank) -> tuple[Rank, Task | None]:
    if role is Rank.UNKNOWN:
        return Rank.STOPPED, Task.STOP
    if (role, target) == (Rank.STARTED, Rank.UNPROMOTED):
        return Rank.UNPROMOTED, None
    return _PATH.get((role, target), (role, None))


def _down(
    work: Work, unit: Unit, task: Task | None, *, optional: bool, reason: Reason | None
) -> None:
    """Stop or demote on every node where it is active (ACT-26, ACT-29)."""
    assert task is not None
    for node in unit.active:
        step = act(work, unit, task, node, optional=optional, reason=reason)
        if not unit.managed and not step.in_flight:
            step.runnable = False


def _up(  # What a step needs.
    work: Work,
    unit: Unit,
    task: Task,
    node: Node,
    *,
    optional: bool,
    reason: Reason | None,
) -> None:
    """Start or promote on the assigned node (ACT-27, ACT-28).

    A start that cannot run stays optional: it is shown, and blocks.
    """
    if task is Task.PROMOTE and any(
        not step.runnable for step in all_of(work, unit, Task.START)
    ):
        return
    step = act(work, unit, task, node, optional=True)
    if step.runnable and not optional:
        act(work, unit, task, node, optional=False, reason=reason)


def _add_clone_points(work: Work, clone: Unit) -> None:
    """Create the moments of a clone (ACT-33)."""
    starts = [
        step for leaf in clone.leaves() for step in all_of(work, leaf, Task.START)
    ]
    stops = [step for leaf in clone.leaves() for step in all_of(work, leaf, Task.STOP)]
    starting = any(not step.optional and step.runnable for step in starts)
    stopping = any(
        not step.optional and (step.runnable or step.pseudo) for step in stops
    )
    runs = starting or any(leaf.active for leaf in clone.leaves())
    for task in (Task.START, Task.RUNNING):
        point = add_pseudo(work, clone, task, runnable=task is Task.START or runs)
        point.optional = not starting
    for task in (Task.STOP, Task.STOPPED):
        add_pseudo(work, clone, task).optional = not stopping
