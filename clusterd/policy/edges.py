"""Orderings to edges (05, section 5)."""

from clusterd.policy.step import Ordering, Step, Task
from clusterd.policy.steps import all_of, connect, create_missing
from clusterd.policy.unit import Rank, Unit
from clusterd.policy.work import Work


def resolve_orderings(work: Work) -> None:
    """Make edges of all orderings, in the order they were drawn (ORD-20)."""
    for ordering in list(work.orderings):
        then = ordering.then
        if not isinstance(then, Step) and not all_of(work, then, ordering.then_task):
            continue  # Then sides are never created (ORD-21): no first side is needed.
        for first in _firsts(work, ordering):
            for last in _steps(work, then, ordering.then_task):
                connect(first, last, ordering.ties, ordering.source)


def _firsts(work: Work, ordering: Ordering) -> list[Step]:
    side, task = ordering.first, ordering.first_task
    if isinstance(side, Step):
        return [side]
    found = all_of(work, side, task)
    if found or ordering.then is side or _is_done(side, task):
        return list(found)
    # A first step that nobody planned blocks what comes after it (ORD-22).
    return [create_missing(work, side, task)]


def _steps(work: Work, side: Unit | Step, task: Task) -> list[Step]:
    return [side] if isinstance(side, Step) else list(all_of(work, side, task))


def _is_done(unit: Unit, task: Task) -> bool:
    role = unit.highest_role()
    if task is Task.STOP:
        return role is Rank.STOPPED
    return task is Task.DEMOTE and role is Rank.UNPROMOTED
