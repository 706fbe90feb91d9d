"""What happens to whom and why, one line each (04, section 12)."""

from collections.abc import Iterator

from clusterd.model.reason import Reason
from clusterd.model.transition import Summary, Verb
from clusterd.policy.actions import is_moving
from clusterd.policy.graph import Graph
from clusterd.policy.step import Step, Task
from clusterd.policy.steps import all_of, find
from clusterd.policy.unit import Node, Rank, Unit
from clusterd.policy.work import Work


def summarize(work: Work, graph: Graph) -> tuple[Summary, ...]:
    """Return a line for each fenced node, then for each primitive that changes."""
    lines = [_fencing(step) for _, step in sorted(work.fences.items())]
    for leaf in work.leaves():
        lines += _lines(work, graph, leaf)
    return tuple(lines)


def _fencing(step: Step) -> Summary:
    assert step.node is not None
    verb = Verb.FENCE if step.runnable else Verb.BLOCKED
    return Summary(
        verb=verb,
        subject=step.node.name,
        source=step.node.name,
        reasons=step.causes,
    )


def _lines(work: Work, graph: Graph, unit: Unit) -> Iterator[Summary]:
    """Return the lines of one primitive (ACT-121 to ACT-124)."""
    if unit.blocked:
        yield _line(unit, Verb.BLOCKED, unit.current(), None, tuple(unit.notes))
        return
    if not unit.managed:
        return
    current, new = unit.current(), unit.node
    start = find(work, unit, Task.START, new) if new is not None else None
    stops = [step for step in all_of(work, unit, Task.STOP) if not step.optional]
    cannot = start is not None and (
        not start.runnable or start.number in graph.left_out
    )
    if not unit.active:
        if start is not None and unit.next_role > Rank.STOPPED:
            verb = Verb.BLOCKED if cannot else Verb.START
            yield _line(unit, verb, None, new, _reasons(graph, start))
        return
    if stops and (new is None or unit.next_role is Rank.STOPPED or cannot):
        yield from _stop_lines(graph, unit, stops, start if cannot else None)
    elif stops and start is not None:
        verb = _change(unit, current, new)
        yield _line(unit, verb, current, new, _reasons(graph, stops[0], start))


def _stop_lines(
    graph: Graph, unit: Unit, stops: list[Step], start: Step | None
) -> Iterator[Summary]:
    for stop in stops:
        reasons = _reasons(graph, *([stop] if start is None else [start, stop]))
        verb = Verb.STOP if stop.runnable else Verb.BLOCKED
        yield _line(unit, verb, stop.node, None, reasons)


def _change(unit: Unit, current: Node | None, new: Node | None) -> Verb:
    if is_moving(unit) and current is not new:
        return Verb.RECOVER if unit.failed else Verb.MOVE
    return Verb.RECOVER if unit.failed else Verb.RESTART


def _line(
    unit: Unit,
    verb: Verb,
    source: Node | None,
    target: Node | None,
    reasons: tuple[Reason, ...],
) -> Summary:
    return Summary(
        verb=verb,
        subject=unit.name,
        source=source.name if source is not None else None,
        target=target.name if target is not None else None,
        reasons=reasons,
    )


def _reasons(graph: Graph, *steps: Step) -> tuple[Reason, ...]:
    """Return why these steps cannot be done, or wait, and why they are due.

    Of several steps the first one's cause counts; each text appears once.
    """
    blocking = [graph.left_out[s.number] for s in steps if s.number in graph.left_out]
    blocking += [reason for step in steps for reason in step.blockers]
    if blocking:
        return _once(blocking)
    waiting = [graph.waiting[s.number] for s in steps if s.number in graph.waiting]
    due = (step.reasons for step in steps if step.reasons and not step.in_flight)
    return _once([*waiting, *next(due, [])])


def _once(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple({reason.text: reason for reason in reversed(reasons)}.values())[::-1]
