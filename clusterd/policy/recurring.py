"""Monitors to begin, to cancel and to begin anew (04, section 6)."""

from collections import Counter
from collections.abc import Iterator

from clusterd.model.reason import Reason
from clusterd.model.resource import OperationSpec
from clusterd.model.result import ExitCode
from clusterd.model.status import Operation, monitor_key
from clusterd.policy.digest import digest_of
from clusterd.policy.step import Step, Task, Tie
from clusterd.policy.steps import act, connect, find, new_step
from clusterd.policy.unit import Node, Rank, Unit, rank_of
from clusterd.policy.work import Work

_NEVER_RECURS = frozenset({"start", "stop", "promote", "demote", "reload-agent"})
_AFTER_START = Tie.FIRST_FORCES_THEN | Tie.FIRST_BLOCKS_THEN
_CHANGED = Reason(text="its interval, timeout or parameters changed", rule="HIS-103")
_EXPIRED = Reason(text="its failure has expired", rule="HIS-52")


def build_recurring(work: Work, unit: Unit) -> None:
    """Create the monitors of a primitive, and cancel those no longer wanted."""
    _cancel_unwanted(work, unit)
    if unit.blocked or unit.maintained or unit.primitive is None:
        return  # ACT-50
    for spec in _usable_specs(unit):
        if rank_of(spec.role) is Rank.STOPPED:
            _watch_absence(work, unit, spec)
        else:
            _watch_presence(work, unit, spec)


def _usable_specs(unit: Unit) -> Iterator[OperationSpec]:
    """Yield the recurring operations; of two alike neither is used (ACT-51)."""
    assert unit.primitive is not None
    alike = Counter(
        monitor_key(spec.name, spec.interval)
        for spec in unit.primitive.operations
        if spec.interval > 0
    )
    for spec in unit.primitive.recurring():
        key = monitor_key(spec.name, spec.interval)
        if spec.interval > 0 and spec.name not in _NEVER_RECURS and alike[key] == 1:
            yield spec


def _watch_presence(work: Work, unit: Unit, spec: OperationSpec) -> None:
    """Begin a monitor where the unit is going to run (ACT-52 to ACT-55)."""
    node = unit.node
    if node is None or node.maintenance is not None or not node.online:
        return
    if unit.next_role is Rank.STOPPED and unit.managed:
        return
    running = _is_running(work, unit, node, spec)
    if not _matches(unit, spec):
        if running:
            _cancel_before_change(work, unit, node, spec)
        return
    step = _monitor(work, unit, node, spec)
    step.expected = (
        ExitCode.PROMOTED if unit.next_role is Rank.PROMOTED else ExitCode.SUCCESS
    ).value
    start = act(work, unit, Task.START, node, optional=True)
    if running and start.optional:
        step.optional = True
    else:
        step.optional = False
        _explain(unit, node, spec, step, start)
    if unit.managed:
        connect(start, step, _AFTER_START)
        if unit.next_role is Rank.PROMOTED:
            _after(work, unit, Task.PROMOTE, node, step)
        elif unit.role is Rank.PROMOTED:
            _after(work, unit, Task.DEMOTE, node, step)


def _watch_absence(work: Work, unit: Unit, spec: OperationSpec) -> None:
    """Watch, where a unique unit does not run, that it stays so (ACT-56)."""
    if unit.number is not None or unit.next_role is Rank.UNKNOWN:
        return
    for node in work.nodes:
        running = _is_running(work, unit, node, spec, absent=True)
        if not node.online or node.maintenance is not None:
            continue
        if node is unit.node:
            if running:
                cancel = _cancel(
                    work, unit, node, monitor_key(spec.name, spec.interval)
                )
                start = find(work, unit, Task.START, node)
                if start is not None and cancel is not None:
                    connect(cancel, start, Tie.FIRST_BLOCKS_THEN)
            continue
        step = _monitor(work, unit, node, spec)
        step.expected = ExitCode.NOT_RUNNING.value
        step.optional = running
        for task in (Task.MONITOR, Task.STOP):
            _after(work, unit, task, node, step)


def _is_running(
    work: Work, unit: Unit, node: Node, spec: OperationSpec, *, absent: bool = False
) -> bool:
    """Tell whether the node carries this monitor out as configured (ACT-53)."""
    history = unit.histories.get(node.index)
    if history is None or unit.primitive is None:
        return False
    if not absent and node not in unit.active:
        return False
    key = monitor_key(spec.name, spec.interval)
    result = history.monitors.get(key)
    if result is None or (node.index, key) in unit.stale:
        return False
    return not result.digest or result.digest == digest_of(unit.primitive, spec)


def _explain(
    unit: Unit, node: Node, spec: OperationSpec, step: Step, start: Step
) -> None:
    key = monitor_key(spec.name, spec.interval)
    history = unit.histories.get(node.index)
    if not start.optional:
        step.because(Reason(text=f"{unit.name} starts", rule="ACT-55"))
    elif (node.index, key) in unit.stale:
        step.because(_EXPIRED)
    elif history is not None and key in history.monitors:
        step.because(_CHANGED)
    else:
        step.because(Reason(text="it is not watched yet", rule="ACT-55"))


def _monitor(work: Work, unit: Unit, node: Node, spec: OperationSpec) -> Step:
    """Return the step of a recurring operation; its name need not be `monitor`."""
    step = new_step(
        work, Task.MONITOR, node, monitor_key(spec.name, spec.interval), unit
    )
    step.spec = spec
    return step


def _matches(unit: Unit, spec: OperationSpec) -> bool:
    """Tell whether an operation is for the role the unit is to have (ACT-52)."""
    if spec.role is None:
        return unit.next_role is not Rank.PROMOTED
    wanted = rank_of(spec.role)
    return wanted is unit.next_role


def _after(work: Work, unit: Unit, task: Task, node: Node, step: Step) -> None:
    first = find(work, unit, task, node)
    if first is not None and first.node is node:
        connect(first, step, Tie.ORDERED | Tie.FIRST_BLOCKS_THEN)


def _cancel_unwanted(work: Work, unit: Unit) -> None:
    """Cancel what is not configured any more, in maintenance all (HIS-102)."""
    wanted = set() if unit.primitive is None else set(_keys(unit))
    for node in unit.active:
        history = unit.histories.get(node.index)
        if history is None or not node.online:
            continue
        frozen = unit.maintained or node.maintenance is not None
        for key in sorted(history.monitors):
            if frozen or key not in wanted:
                _cancel(work, unit, node, key)


def _keys(unit: Unit) -> Iterator[str]:
    for spec in _usable_specs(unit):
        yield monitor_key(spec.name, spec.interval)


def _cancel_before_change(
    work: Work, unit: Unit, node: Node, spec: OperationSpec
) -> None:
    """End a monitor of a role that is left (ACT-54)."""
    cancel = _cancel(work, unit, node, monitor_key(spec.name, spec.interval))
    if cancel is None:
        return
    task = Task.DEMOTE if unit.role is Rank.PROMOTED else Task.PROMOTE
    step = find(work, unit, task, node)
    if step is not None:
        connect(cancel, step, Tie.FIRST_BLOCKS_THEN)


def _cancel(work: Work, unit: Unit, node: Node, key: str) -> Step | None:
    """Create the step that ends a monitor; a stop ends it as well."""
    stop = find(work, unit, Task.STOP, node)
    if stop is not None and not stop.optional:
        return None
    history = unit.histories[node.index]
    known = history.monitors[key]
    step = new_step(work, Task.CANCEL, node, f"cancel-{key}", unit)
    step.operation = history.recurring.get(key) or Operation(
        operation_id="",
        node=node.name,
        session=0,
        instance=history.instance,
        operation=known.operation,
        interval=known.interval,
    )
    text = "maintenance" if unit.maintained else "it is no longer configured"
    step.because(Reason(text=text, rule="HIS-102"))
    return step
