"""Where to look before acting (04, section 5; 05, section 8)."""

from collections.abc import Iterator

from clusterd.model.reason import Reason
from clusterd.model.result import ExitCode
from clusterd.policy.inflight import is_probing
from clusterd.policy.step import Step, Task, Tie
from clusterd.policy.steps import act, all_of, connect, order
from clusterd.policy.unit import Kind, Node, Unit
from clusterd.policy.work import Work


def build_probes(work: Work) -> None:
    """Ask every online node for what it was never asked (ACT-40).

    What is still being asked (D10) is ordered like a fresh question.
    """
    for node in work.nodes:
        if node.online:
            for top in work.tops:
                _probe(work, top, node)


def order_around_probes(work: Work) -> None:
    """Let nothing that may be restarted stop before the answer is there (ORD-75)."""
    for leaf in work.leaves():
        probes = _probes_of(work, leaf)
        if not probes:
            continue
        for stop in _restarted_stops(work, leaf, probes[0]):
            for probe in probes:
                connect(probe, stop, Tie.ORDERED)


def order_after_stops(work: Work) -> None:
    """Let what follows a stop also follow the probes of what is stopped (ORD-76)."""
    for each in list(work.orderings):
        first, then = each.first, each.then
        if (
            not isinstance(first, Unit)
            or each.first_task is not Task.STOP
            or then is first
        ):
            continue
        if not isinstance(then, Unit):
            continue
        anti = each.ties == Tie.ANTI_SAME_NODE
        for leaf in first.leaves() if first.kind is Kind.PRIMITIVE else ():
            for probe in _probes_of(work, leaf):
                for step in all_of(work, then, each.then_task):
                    connect(probe, step, Tie.ANTI_SAME_NODE if anti else Tie.ORDERED)


def _probe(work: Work, unit: Unit, node: Node) -> None:
    match unit.kind:
        case Kind.PRIMITIVE:
            _probe_primitive(work, unit, node)
        case Kind.GROUP:
            for member in unit.children:
                _probe(work, member, node)
        case Kind.CLONE:
            _probe(work, _copy_to_probe(work, unit, node), node)


def _copy_to_probe(work: Work, clone: Unit, node: Node) -> Unit:
    """Return the one copy that is asked for, as they cannot be told apart (ACT-44)."""
    copies = sorted(clone.children, key=lambda copy: copy.number or 0)
    for copy in copies:
        if any(is_probing(work, leaf, node) for leaf in copy.leaves()):
            return copy
    for copy in copies:
        if any(node.index in leaf.known for leaf in copy.leaves()):
            return copy
    for copy in copies:
        if any(leaf.node is node for leaf in copy.leaves()):
            return copy
    return copies[0]


def _probe_primitive(work: Work, unit: Unit, node: Node) -> None:
    """Create a probe unless the answer is known (ACT-41 to ACT-43)."""
    top = unit.top
    start_of = top if top.kind is Kind.CLONE else unit
    if is_probing(work, unit, node):
        order(
            work,
            _in_flight(work, unit, node),
            Task.MONITOR,
            start_of,
            Task.START,
            Tie.ORDERED,
        )
        return
    # Copies cannot be told apart: what is known of one is known of all.
    copies = work.named[unit.base]
    if unit.removed or any(node.index in copy.known for copy in copies):
        return
    if unit.histories.get(node.index) is not None and node in unit.active:
        return
    step = act(
        work,
        unit,
        Task.MONITOR,
        node,
        optional=False,
        reason=Reason(text="its state there is not known", rule="ACT-42"),
    )
    step.optional = False  # Also of what is unmanaged: looking is not acting.
    active = node in unit.active
    step.expected = (ExitCode.SUCCESS if active else ExitCode.NOT_RUNNING).value
    order(work, step, Task.MONITOR, start_of, Task.START, Tie.ORDERED)


def _in_flight(work: Work, unit: Unit, node: Node) -> Step:
    steps = all_of(work, unit, Task.MONITOR)
    return next(step for step in steps if step.in_flight and step.node is node)


def _probes_of(work: Work, leaf: Unit) -> list[Step]:
    return all_of(work, leaf, Task.MONITOR)


def _restarted_stops(work: Work, leaf: Unit, probe: Step) -> Iterator[Step]:
    """Yield the stops of what restarts if the probed unit starts (ORD-75)."""
    seen: set[int] = set()
    queue = [edge.then for edge in probe.after]
    while queue:
        step = queue.pop()
        if step.number in seen:
            continue
        seen.add(step.number)
        unit = step.unit
        if step.task is Task.START and unit is not None and unit is not leaf:
            stops = all_of(work, unit, Task.STOP)
            yield from (stop for stop in stops if not stop.pseudo)
        queue += [
            edge.then
            for edge in step.after
            if _leads_on(edge.ties, step, leaf, edge.then)
        ]


def _leads_on(ties: Tie, step: Step, leaf: Unit, then: Step) -> bool:
    if Tie.FIRST_FORCES_THEN in ties:
        return True
    unit = step.unit
    if unit is None or unit.kind is Kind.PRIMITIVE or unit is leaf.parent:
        return False
    return then.unit is not None and then.unit.parent is unit
