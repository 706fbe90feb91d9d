"""Which steps are carried out, and after which others (05, section 10; 06, section 1).

Ordering points vanish here: an action of the transition names the real actions
that must have succeeded before. What needs the outcome of something under way
is left out until that outcome is known (D10).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from clusterd.model.reason import Reason
from clusterd.policy.step import NO_TIE, Step, Task, Tie
from clusterd.policy.steps import all_of, is_collective
from clusterd.policy.unit import Kind, Node, Unit
from clusterd.policy.work import Work

_ONLY_ORDER = Tie.ORDERED | Tie.SERIALIZE | Tie.GRAPH_FIRST | Tie.GRAPH_THEN


@dataclass(slots=True)
class Graph:
    """The steps to be carried out in a possible order, and why others are not."""

    steps: list[Step] = field(default_factory=list)
    after: dict[int, list[Step]] = field(default_factory=dict)
    """By step number: the real steps that come before, the nearest only."""
    left_out: dict[int, Reason] = field(default_factory=dict)
    """By step number: why a needed step cannot be carried out."""
    waiting: dict[int, Reason] = field(default_factory=dict)
    """By step number: what a needed step waits for (D10)."""


def build_graph(work: Work) -> Graph:
    """Choose and order the steps of the transition."""
    included = {step.number: step for step in work.steps if _is_eligible(step)}
    _drop_cancels(work, included)
    inputs = {number: _inputs(step, included) for number, step in included.items()}
    graph = Graph()
    ordered = _sort(included, inputs, graph)
    ready = _ready(ordered, inputs, included, graph)
    _flatten(ready, inputs, graph)
    return graph


def _is_eligible(step: Step) -> bool:
    """Tell whether a step is to be carried out (OUT-10)."""
    if not step.runnable or step.in_flight or (step.optional and not step.always):
        return False
    unit = step.unit
    hands_off = unit is not None and not unit.managed and not is_collective(unit)
    if hands_off and step.task not in (Task.MONITOR, Task.CANCEL):
        return False
    if step.pseudo or step.task is Task.FENCE:
        return True
    return step.node is not None and step.node.online


def _drop_cancels(work: Work, included: dict[int, Step]) -> None:
    """Leave out cancels where a stop ends the monitors anyway."""
    for step in list(included.values()):
        if step.task is not Task.CANCEL or step.unit is None:
            continue
        stops = all_of(work, step.unit, Task.STOP)
        if any(stop.number in included and stop.node is step.node for stop in stops):
            del included[step.number]


def _inputs(step: Step, included: dict[int, Step]) -> list[Step]:
    """Return the steps that must come before (ORD-82, ORD-83)."""
    united: dict[int, tuple[Step, Tie]] = {}
    for edge in step.before:
        if edge.ties != NO_TIE:
            first, ties = united.get(edge.first.number, (edge.first, NO_TIE))
            united[first.number] = (first, ties | edge.ties)
    return [
        first
        for number, (first, ties) in sorted(united.items())
        if _counts(first, step, ties, included)
    ]


def _counts(first: Step, then: Step, ties: Tie, included: dict[int, Step]) -> bool:
    """Tell whether an edge really holds a step back (ORD-83)."""
    if not first.runnable and not ties & ~_ONLY_ORDER:
        return False
    if ties == Tie.ANTI_SAME_NODE:
        return first.node is then.node and not first.optional
    unit = first.unit
    stuck = unit is not None and unit.failed and not unit.managed
    if (
        stuck
        and first.task is Task.STOP
        and then.unit is not None
        and then.unit.clone is not None
    ):
        return False
    return not first.optional or first.always or first.number in included


def _sort(
    included: dict[int, Step], inputs: dict[int, list[Step]], graph: Graph
) -> list[Step]:
    """Return the steps so that none stands before its inputs; name loops (ORD-81)."""
    followers: dict[int, list[int]] = {}
    missing = dict.fromkeys(included, 0)
    for number, firsts in inputs.items():
        for first in firsts:
            if first.number in included:
                followers.setdefault(first.number, []).append(number)
                missing[number] += 1
    # Fencing comes first to the eye: others wait for it, it waits for nobody.
    rank = {number: _rank(step) for number, step in included.items()}
    ready = [rank[number] for number, count in missing.items() if not count]
    heapify(ready)
    ordered: list[Step] = []
    while ready:
        _, number = heappop(ready)
        ordered.append(included[number])
        for follower in followers.get(number, ()):
            missing[follower] -= 1
            if not missing[follower]:
                heappush(ready, rank[follower])
    stuck = [included[number] for number, count in sorted(missing.items()) if count]
    for step in stuck:
        loop = _loop_through(step, {each.number for each in stuck}, inputs)
        text = "order loop: " + ", ".join(str(each) for each in loop)
        graph.left_out[step.number] = Reason(text=text, rule="ORD-81")
    return ordered


def _rank(step: Step) -> tuple[int, int]:
    return (0 if step.task is Task.FENCE else 1, step.number)


def _loop_through(
    start: Step, stuck: set[int], inputs: dict[int, list[Step]]
) -> list[Step]:
    """Return a loop found by going back from `start`, in the order of its steps."""
    trail: list[Step] = []
    seen: dict[int, int] = {}
    step = start
    while step.number not in seen:
        seen[step.number] = len(trail)
        trail.append(step)
        step = next(first for first in inputs[step.number] if first.number in stuck)
    loop = trail[seen[step.number] :][::-1]
    first = min(range(len(loop)), key=lambda place: loop[place].number)
    loop = loop[first:] + loop[:first]
    return [each for each in loop if not each.pseudo] or loop


def _ready(
    ordered: list[Step],
    inputs: dict[int, list[Step]],
    included: dict[int, Step],
    graph: Graph,
) -> list[Step]:
    """Leave out what can never run, or must wait for something under way."""
    waiting: dict[int, list[Step]] = {}
    ready: list[Step] = []
    for step in ordered:
        reason = _blocker(step, inputs, included, graph)
        flying = list(_under_way(step, inputs, waiting))
        waiting[step.number] = flying
        if reason is not None:
            graph.left_out[step.number] = reason
        elif step.pseudo:
            ready.append(step)
        elif flying:
            first = flying[0]
            text = f"waits: {first} is under way"
            graph.waiting[step.number] = Reason(text=text, rule="D10")
        else:
            ready.append(step)
    return ready


def _blocker(
    step: Step, inputs: dict[int, list[Step]], included: dict[int, Step], graph: Graph
) -> Reason | None:
    for first in inputs[step.number]:
        if first.in_flight:
            continue
        if first.number in graph.left_out:
            return graph.left_out[first.number]
        if first.number in graph.waiting:
            continue
        if first.number not in included:
            return Reason(text=f"{first} is not possible", rule="ORD-83")
    return None


def _under_way(
    step: Step, inputs: dict[int, list[Step]], waiting: dict[int, list[Step]]
) -> Iterator[Step]:
    """Yield what is under way and must have ended before `step`.

    Where a copy of a clone runs already, copies starting on other nodes do not
    hold anything up: nobody waits for a slow start elsewhere (D10).
    """
    for first in inputs[step.number]:
        if first.in_flight:
            yield first
        for flying in waiting.get(first.number, ()):
            if not _is_served(first.unit, step.node, flying):
                yield flying


def _is_served(clone: Unit | None, node: Node | None, flying: Step) -> bool:
    if clone is None or clone.kind is not Kind.CLONE or node is None:
        return False
    if flying.node is node or flying.task is not Task.START:
        return False
    return any(
        node in leaf.active and node.index not in leaf.starting
        for leaf in clone.leaves()
    )


def _flatten(ready: list[Step], inputs: dict[int, list[Step]], graph: Graph) -> None:
    """Replace ordering points by what is before them; keep the nearest only."""
    reach: dict[int, int] = {}
    direct: dict[int, int] = {}
    real: list[Step] = []
    for step in ready:
        before, near = 0, 0
        for first in inputs[step.number]:
            before |= reach.get(first.number, 0)
            near |= direct.get(first.number, 0)
        if step.pseudo:
            reach[step.number], direct[step.number] = before, near
            continue
        nearest: list[Step] = []
        covered = 0
        for bit in sorted(_bits(near), reverse=True):
            if not covered >> bit & 1:
                nearest.append(real[bit])
            covered |= reach[real[bit].number] & ~(1 << bit)
        bit = len(real)
        real.append(step)
        reach[step.number], direct[step.number] = before | 1 << bit, 1 << bit
        graph.after[step.number] = nearest[::-1]
    graph.steps = real


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
