"""What the results of one node say about one unit (02, sections 3 to 5)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from clusterd.model.reason import Reason, ScorePart
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.score import INFINITY
from clusterd.model.status import NodeHistory, monitor_key
from clusterd.policy.failures import Recovery, is_expired, recovery_of
from clusterd.policy.step import Task
from clusterd.policy.unit import Node, Rank, Unit
from clusterd.policy.work import Work

_HARD = frozenset(
    {
        ExitCode.UNIMPLEMENTED,
        ExitCode.NOT_INSTALLED,
        ExitCode.BAD_ARGUMENTS,
        ExitCode.NO_PERMISSION,
    }
)
_MASKED = frozenset({ExitCode.NOT_INSTALLED, ExitCode.BAD_ARGUMENTS})


class Verdict(Enum):
    """What one result means, after comparing it with what was expected (HIS-51)."""

    DONE = "done"
    MASKED = "masked"
    """A probe that could not look: taken as stopped, and the node is ruled out."""
    ERROR = "error"
    HARD = "hard"
    """This node will not do."""
    FATAL = "fatal"
    """No node will do."""


@dataclass(slots=True)
class Reading:
    """The state of a unit on one node, as far as it has been read (HIS-33)."""

    role: Rank = Rank.UNKNOWN
    recovery: Recovery = Recovery.IGNORE
    stops: bool = False
    """A failure asks that it runs nowhere."""
    failure: OperationResult | None = None
    reason: Reason | None = None
    stale: set[str] = field(default_factory=set)


def read_results(work: Work, unit: Unit, node: Node, history: NodeHistory) -> Reading:
    """Read the results of one history, oldest first (HIS-30)."""
    reading = Reading()
    for result in _oldest_first(history):
        _read(work, unit, node, reading, result)
    for key, monitor in history.monitors.items():
        if monitor.outcome is Outcome.LOST:
            reading.stale.add(key)
    return reading


def failure_text(result: OperationResult) -> str:
    """Return `monitor on n1: exit 7 (not running): no process`."""
    if result.outcome is Outcome.DONE:
        what = (
            f"exit {result.code.value} ({result.code.name.lower().replace('_', ' ')})"
        )
    else:
        what = result.outcome.value
    because = f": {result.reason}" if result.reason else ""
    return f"{result.operation} failed on {result.node}: {what}{because}"


def _oldest_first(history: NodeHistory) -> Iterator[OperationResult]:
    """Yield older failure, last start, last change, monitors, open failure.

    A failure is filed beside the result it came from; each result counts once.
    """
    monitors = [history.monitors[key] for key in sorted(history.monitors)]
    recent = [history.last, *monitors]
    older = [
        each for each in (history.last_failure, history.last_start) if each is not None
    ]
    for result in older:
        if result not in recent and result != history.failure:
            yield result
    for each in recent:
        if each is not None:
            yield each
    if history.failure is not None and history.failure not in recent:
        yield history.failure


def _read(
    work: Work, unit: Unit, node: Node, reading: Reading, result: OperationResult
) -> None:
    if result.outcome in (Outcome.PENDING, Outcome.CANCELLED):
        return
    if result.outcome is Outcome.LOST:
        # Nobody knows how it ended, so somebody has to look (a new probe).
        reading.role = reading.role if result.interval else Rank.UNKNOWN
        return
    verdict = judge(unit, result)
    if verdict is not Verdict.DONE and is_expired(work, unit, result, node.name):
        _skip_expired(node, reading, result, verdict)
        return
    _note_promotion(reading, result)
    match verdict:
        case Verdict.DONE:
            _succeed(unit, reading, result, result.code)
        case Verdict.MASKED:
            _mask(unit, node, reading, result)
        case Verdict.ERROR | Verdict.HARD | Verdict.FATAL:
            _fail(unit, node, reading, result, verdict)


def judge(  # noqa: PLR0911  # One line a case of HIS-51.
    unit: Unit, result: OperationResult
) -> Verdict:
    """Compare a result with what was expected (HIS-43, HIS-48 to HIS-51)."""
    probe = _is_probe(result)
    if probe and result.code in _MASKED and result.outcome is not Outcome.TIMEOUT:
        return Verdict.MASKED
    if result.outcome is Outcome.TIMEOUT:
        return Verdict.ERROR
    if result.code is ExitCode.NOT_CONFIGURED:
        return Verdict.FATAL
    if result.code in _HARD:
        unsupported = result.code is ExitCode.UNIMPLEMENTED and result.interval
        return Verdict.ERROR if unsupported else Verdict.HARD
    if result.outcome is Outcome.ERROR:
        return Verdict.ERROR
    if not result.is_failure or (probe and _tells_role(result.code)):
        return Verdict.DONE
    if result.code is ExitCode.NOT_RUNNING and not unit.managed:
        return Verdict.DONE
    return Verdict.ERROR


def _skip_expired(
    node: Node, reading: Reading, result: OperationResult, verdict: Verdict
) -> None:
    """Ignore an expired failure; a monitor that failed is begun anew (HIS-52)."""
    if result.interval and node.online:
        reading.stale.add(monitor_key(result.operation, result.interval))
    if verdict is Verdict.MASKED and reading.role <= Rank.STOPPED:
        reading.role = Rank.UNKNOWN


def _note_promotion(reading: Reading, result: OperationResult) -> None:
    """Note that an exit code tells it is promoted, even in a failure (HIS-51)."""
    promoted = (ExitCode.PROMOTED, ExitCode.PROMOTED_FAILED, ExitCode.PROMOTED_DEGRADED)
    if result.code in promoted:
        reading.role = Rank.PROMOTED


def _succeed(
    unit: Unit, reading: Reading, result: OperationResult, code: ExitCode
) -> None:
    """Take in a success (HIS-58)."""
    clears = True
    if code is ExitCode.NOT_RUNNING:
        reading.role = Rank.STOPPED
        reading.recovery = Recovery.IGNORE
        reading.stops = False
    elif result.operation == Task.MONITOR.value:
        reading.role = max(reading.role, _active(unit))
        clears = _same_operation(reading.failure, result)
    elif result.operation == Task.STOP.value:
        reading.role = Rank.STOPPED
    elif result.operation == Task.PROMOTE.value:
        reading.role = Rank.PROMOTED
    elif result.operation == Task.DEMOTE.value:
        reading.role, clears = Rank.UNPROMOTED, False
    else:
        reading.role = Rank.STARTED
    if clears and reading.recovery in (Recovery.BLOCK, Recovery.RESTART):
        reading.recovery = Recovery.IGNORE


def _mask(unit: Unit, node: Node, reading: Reading, result: OperationResult) -> None:
    """Take a probe that could not look as "not running", and ban the node (HIS-53)."""
    reading.role = Rank.STOPPED
    _ban(unit, node.index, failure_text(result), unit.shared)


def _fail(
    unit: Unit, node: Node, reading: Reading, result: OperationResult, verdict: Verdict
) -> None:
    """Take in a failure (HIS-56, HIS-57)."""
    recovery = recovery_of(unit, result.operation, result.interval)
    if verdict is Verdict.HARD and result.operation == Task.STOP.value:
        recovery = Recovery.BLOCK
    if recovery is Recovery.IGNORE:
        unit.failures_ignored = True
        _succeed(unit, reading, result, result.expected)
        return
    reading.failure = result
    text = failure_text(result)
    if recovery >= reading.recovery:
        reading.recovery = recovery
        reading.reason = Reason(text=text, rule="HIS-56", source=str(unit.base))
    _note_failed_change(unit, node, reading, result)
    if recovery is Recovery.STOP:
        reading.stops = True
        unit.shared.forbid(text, unit.base)
    if verdict is Verdict.HARD:
        _ban(unit, node.index, text, unit.shared)
    elif verdict is Verdict.FATAL:
        unit.shared.forbid(text, unit.base)


def _note_failed_change(
    unit: Unit, node: Node, reading: Reading, result: OperationResult
) -> None:
    """Take in what the failed operation leaves behind (HIS-56.3, HIS-56.4)."""
    if result.operation == Task.STOP.value:
        _ban(unit, node.index, failure_text(result), unit)
    elif result.operation == Task.PROMOTE.value:
        reading.role = Rank.PROMOTED
    elif result.operation == Task.DEMOTE.value:
        stopped = result.code is ExitCode.NOT_RUNNING
        reading.role = Rank.STOPPED if stopped else Rank.UNPROMOTED
        return
    # An unexpected answer means: possibly active.
    if reading.role < Rank.STARTED:
        reading.role = _active(unit)


def _ban(unit: Unit, index: int, text: str, target: Unit) -> None:
    part = ScorePart(what=text, score=-INFINITY, source=unit.base)
    target.bias(index, part)


def _active(unit: Unit) -> Rank:
    """Return the role "active" means (HIS-59): there are no promotable clones yet."""
    return Rank.UNPROMOTED if unit.role >= Rank.UNPROMOTED else Rank.STARTED


def _is_probe(result: OperationResult) -> bool:
    return result.operation == Task.MONITOR.value and not result.interval


def _tells_role(code: ExitCode) -> bool:
    return code in (
        ExitCode.SUCCESS,
        ExitCode.NOT_RUNNING,
        ExitCode.PROMOTED,
        ExitCode.DEGRADED,
        ExitCode.PROMOTED_DEGRADED,
    )


def _same_operation(failure: OperationResult | None, result: OperationResult) -> bool:
    return failure is None or (failure.operation, failure.interval) == (
        result.operation,
        result.interval,
    )
