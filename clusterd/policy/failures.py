"""What an operation's failure leads to, and how often it happened (02, 5 and 7)."""

from enum import IntEnum

from clusterd.model.names import NodeName, history_name
from clusterd.model.reason import Reason
from clusterd.model.resource import OnFail, OperationSpec
from clusterd.model.result import FailCount, OperationResult
from clusterd.policy.step import Task
from clusterd.policy.unit import Unit
from clusterd.policy.work import Work


class Recovery(IntEnum):
    """What a failure leads to, the gravest last (HIS-56.2)."""

    IGNORE = 0
    RESTART = 1
    BLOCK = 2
    STOP = 3
    STANDBY = 4


def recovery_of(unit: Unit, task: str, interval: float) -> Recovery:
    """Return what a failure of this operation leads to (HIS-60 to HIS-64).

    An online node cannot be fenced here: `fence` means stop (HIS-62), and a
    failed stop blocks (HIS-64).
    """
    spec = operation_spec(unit, task, interval)
    wanted = spec.on_fail if spec is not None else None
    if task == Task.STOP.value:
        return Recovery.IGNORE if wanted is OnFail.IGNORE else Recovery.BLOCK
    match wanted:
        case None | OnFail.RESTART | OnFail.DEMOTE:
            return Recovery.RESTART
        case OnFail.IGNORE:
            return Recovery.IGNORE
        case OnFail.BLOCK:
            return Recovery.BLOCK
        case OnFail.STOP | OnFail.FENCE:
            return Recovery.STOP
        case OnFail.STANDBY:
            return Recovery.STANDBY


def operation_spec(unit: Unit, task: str, interval: float) -> OperationSpec | None:
    """Return the configured operation of that name and interval, disabled or not."""
    if unit.primitive is None:
        return None
    key = _key(task, interval)
    return next(
        (
            spec
            for spec in unit.primitive.operations
            if _key(spec.name, spec.interval) == key
        ),
        None,
    )


def is_expired(work: Work, unit: Unit, result: OperationResult, node: NodeName) -> bool:
    """Tell whether a failure is old enough to be forgotten (HIS-44, HIS-45).

    Notes when it will be. As long as the fail count has not expired, neither
    have the failures it counted.
    """
    timeout = failure_timeout(work, unit)
    if timeout <= 0:
        return False
    ends = result.finished_wall + timeout
    for count in _counts(work, unit):
        if count.node == node:
            ends = max(ends, count.last_wall + timeout)
    if work.state.now_wall < ends:
        work.rechecks.append(ends)
        return False
    return True


def fail_count(work: Work, unit: Unit, index: int) -> int:
    """Return the effective fail count of a unit on a node (HIS-86, HIS-89)."""
    timeout = failure_timeout(work, unit)
    total = 0
    for count in _counts(work, unit):
        if count.node != work.nodes[index].name:
            continue
        ends = count.last_wall + timeout
        if timeout <= 0 or work.state.now_wall < ends:
            total += count.count
        if timeout > 0 and work.state.now_wall < ends:
            work.rechecks.append(ends)
    return total


def forget_expired(work: Work) -> list[tuple[FailCount, Reason]]:
    """Return the fail counts to be cleared, with the reason (HIS-45, ACT-10.3)."""
    cleared: list[tuple[FailCount, Reason]] = []
    for count in sorted(
        work.state.status.fail_counts, key=lambda c: (c.instance, c.node)
    ):
        units = work.named.get(history_name(count.instance), [])
        if not units or units[0].primitive is None:
            cleared.append(
                (count, Reason(text="it is no longer configured", rule="ACT-10"))
            )
            continue
        timeout = failure_timeout(work, units[0])
        if 0 < timeout <= work.state.now_wall - count.last_wall:
            cleared.append(
                (count, Reason(text="its failures have expired", rule="HIS-45"))
            )
    return cleared


def failure_timeout(work: Work, unit: Unit) -> float:
    """Return the time (seconds) after which failures expire; 0: never.

    A failure of an operation with `on_fail: block` never expires (HIS-87, HIS-88).
    """
    timeout = unit.settings.failure_timeout
    if timeout > 0 and _blocks(work, unit):
        return 0.0
    return timeout


def _blocks(work: Work, unit: Unit) -> bool:
    if unit.primitive is None:
        return False
    blocking = {
        _key(spec.name, spec.interval)
        for spec in unit.primitive.operations
        if spec.on_fail is OnFail.BLOCK
    }
    if not blocking:
        return False
    for node in work.nodes:
        history = work.state.status.of(node.name, unit.base)
        failure = history.last_failure if history is not None else None
        if (
            failure is not None
            and _key(failure.operation, failure.interval) in blocking
        ):
            return True
    return False


def _counts(work: Work, unit: Unit) -> list[FailCount]:
    return work.counts_of.get(unit.base, [])


def _key(task: str, interval: float) -> str:
    return f"{task}-{round(interval * 1000)}"
