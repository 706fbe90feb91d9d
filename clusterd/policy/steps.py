"""Find or create steps (04, section 1)."""

from clusterd.model.configuration import NoQuorumPolicy
from clusterd.model.reason import Reason
from clusterd.policy.step import NO_TIE, Edge, Ordering, Step, Task, Tie, key_of
from clusterd.policy.unit import Kind, Node, Unit
from clusterd.policy.work import Work


def act(  # noqa: PLR0913  # What identifies a step (ACT-2).
    work: Work,
    unit: Unit,
    task: Task,
    node: Node | None,
    *,
    optional: bool,
    interval: float = 0.0,
    reason: Reason | None = None,
) -> Step:
    """Return the step of `unit` with that task on `node`, created if need be (ACT-2).

    A step once required stays required; one of an unmanaged unit is optional,
    unless it recurs (ACT-3).
    """
    step = find(work, unit, task, node, interval=interval)
    if step is None:
        step = _create(work, unit, task, node, interval)
    elif step.node is None and node is not None and not step.pseudo:
        step.node = node
        step.allow()
        _check_runnable(work, step)
    if step.in_flight:
        return step
    if not unit.managed and step.node is not None and not step.pseudo and not interval:
        step.optional = True
    elif not optional:
        step.optional = False
        if reason is not None:
            step.because(reason)
    return step


def find(
    work: Work, unit: Unit, task: Task, node: Node | None, *, interval: float = 0.0
) -> Step | None:
    """Return the newest step with that key on `node`, or not yet on any (ACT-2)."""
    for step in reversed(work.steps_of.get((unit, key_of(task, interval)), ())):
        if node is None or step.node is None or step.node is node:
            return step
    return None


def all_of(work: Work, unit: Unit, task: Task) -> list[Step]:
    """Return every one-off step of a unit with that task, oldest first."""
    return work.steps_of.get((unit, key_of(task)), [])


def add_pseudo(work: Work, unit: Unit, task: Task, *, runnable: bool = True) -> Step:
    """Return the ordering point of a collective, created optional (ACT-7)."""
    step = find(work, unit, task, None)
    if step is None:
        step = _create(work, unit, task, None, 0.0, pseudo=True)
    step.runnable = runnable
    return step


def create_missing(work: Work, unit: Unit, task: Task) -> Step:
    """Create a first step nobody planned: it will never run, and so blocks (ORD-20)."""
    step = _create(work, unit, task, None, 0.0)
    step.blockers.append(Reason(text=why_absent(unit), rule="ORD-20"))
    return step


def new_step(
    work: Work, task: Task, node: Node, key: str, unit: Unit | None = None
) -> Step:
    """Create a step that is not an operation of a unit, required and runnable."""
    step = Step(
        number=len(work.steps), task=task, key=key, node=node, unit=unit, optional=False
    )
    work.steps.append(step)
    return step


def connect(first: Step, then: Step, ties: Tie, source: str = "") -> bool:
    """Add an edge, unless one with a common tie exists (ORD-25 to ORD-27)."""
    if ties == NO_TIE or first is then:
        return False
    for edge in then.before:
        if edge.first is first and edge.ties & ties:
            return False
    edge = Edge(first, then, ties, source)
    first.after.append(edge)
    then.before.append(edge)
    return True


def order(  # noqa: PLR0913, PLR0917  # The two sides of an ordering.
    work: Work,
    first: Unit | Step,
    first_task: Task,
    then: Unit | Step,
    then_task: Task,
    ties: Tie,
    source: str = "",
) -> None:
    """Queue an ordering; it becomes edges when all steps exist (ORD-24)."""
    work.orderings.append(
        Ordering(
            first=first,
            then=then,
            first_task=first_task,
            then_task=then_task,
            ties=ties,
            source=source,
        )
    )


def why_absent(unit: Unit) -> str:
    """Return why a unit does not start, as far as it is known."""
    if unit.notes:
        return f"{unit.name} does not run: {unit.notes[0].text}"
    return f"{unit.name} does not run"


def _create(
    work: Work,
    unit: Unit,
    task: Task,
    node: Node | None,
    interval: float,
    *,
    pseudo: bool = False,
) -> Step:
    key = key_of(task, interval)
    step = Step(
        number=len(work.steps), task=task, key=key, unit=unit, node=node, pseudo=pseudo
    )
    work.steps.append(step)
    work.steps_of.setdefault((unit, key), []).append(step)
    if not pseudo:
        _check_runnable(work, step)
    return step


def _check_runnable(work: Work, step: Step) -> None:
    """Decide whether a step can be carried out at all (ACT-5)."""
    node, unit = step.node, step.unit
    assert unit is not None
    if node is None:
        step.runnable = False
    elif not node.online:
        step.block(Reason(text=f"{node.name} is {node.state.value}", rule="ACT-5"))
    elif step.task in (Task.START, Task.PROMOTE) and not work.state.has_quorum:
        _check_quorum(work, step, unit)


def _check_quorum(work: Work, step: Step, unit: Unit) -> None:
    """Without quorum nothing starts, or nothing new (ACT-5.5)."""
    match work.state.configuration.properties.no_quorum_policy:
        case NoQuorumPolicy.STOP:
            step.block(Reason(text="no quorum", rule="ACT-5"))
        case NoQuorumPolicy.FREEZE:
            if not unit.active or unit.next_role > unit.role:
                step.block(Reason(text="no quorum: frozen", rule="ACT-5"))
        case NoQuorumPolicy.IGNORE:
            pass


def is_collective(unit: Unit) -> bool:
    """Tell whether a unit is made of others (OVR-10)."""
    return unit.kind is not Kind.PRIMITIVE
