"""What single results mean."""

from dataclasses import replace

import pytest

from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import history_key
from clusterd.model.transition import ActionKind
from clusterd.policy.reading import Verdict, judge
from clusterd.policy.settings import resolve
from clusterd.policy.unit import Kind, Table, Unit
from tests.unit.policy.cluster import Cluster, cluster, lines, monitor, primitive


def a_result(
    operation: str, code: int, expected: int = 0, interval: float = 0.0
) -> OperationResult:
    """Return a finished result."""
    return OperationResult(
        operation_id="",
        node=NodeName("n1"),
        instance=InstanceName("vip"),
        operation=operation,
        interval=interval,
        code=ExitCode(code),
        expected=ExitCode(expected),
    )


def a_unit(*, managed: bool = True) -> Unit:
    """Return a unit nobody knows anything about."""
    return Unit(
        name=InstanceName("vip"),
        base=ResourceName("vip"),
        kind=Kind.PRIMITIVE,
        settings=resolve((), cloned=False),
        table=Table.of_size(1, 0),
        managed=managed,
    )


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        pytest.param(a_result("start", 0), Verdict.DONE, id="success"),
        pytest.param(a_result("start", 1), Verdict.ERROR, id="a plain failure"),
        pytest.param(a_result("monitor", 0, 7), Verdict.DONE, id="a probe found it"),
        pytest.param(a_result("monitor", 7, 0), Verdict.DONE, id="a probe missed it"),
        pytest.param(
            a_result("monitor", 5, 7), Verdict.MASKED, id="a probe without agent"
        ),
        pytest.param(a_result("monitor", 2, 7), Verdict.MASKED, id="a probe refused"),
        pytest.param(a_result("monitor", 1, 7), Verdict.ERROR, id="a probe failed"),
        pytest.param(a_result("monitor", 7, 0, 10.0), Verdict.ERROR, id="it died"),
        pytest.param(
            a_result("monitor", 190, 0, 10.0), Verdict.DONE, id="degraded is fine"
        ),
        pytest.param(
            a_result("monitor", 3, 0, 10.0), Verdict.ERROR, id="cannot be watched"
        ),
        pytest.param(a_result("start", 2), Verdict.HARD, id="wrong here"),
        pytest.param(a_result("start", 4), Verdict.HARD, id="forbidden here"),
        pytest.param(a_result("start", 5), Verdict.HARD, id="not installed here"),
        pytest.param(a_result("start", 6), Verdict.FATAL, id="wrong everywhere"),
        pytest.param(
            replace(a_result("start", 5), outcome=Outcome.TIMEOUT),
            Verdict.ERROR,
            id="too late",
        ),
    ],
)
def test_exit_codes_mean_what_ocf_says(
    result: OperationResult, verdict: Verdict
) -> None:
    """HIS-43 to HIS-51; OCF.md section 3."""
    assert judge(a_unit(), result) is verdict


def test_a_dead_unmanaged_resource_is_no_failure() -> None:
    """HIS-51: the operator may stop what is unmanaged."""
    died = a_result("monitor", 7, 0, 10.0)

    assert judge(a_unit(managed=False), died) is Verdict.DONE


def lose(told: Cluster, operation: str) -> None:
    """Let the answer to the last `operation` on n1 be lost."""
    key = history_key(NodeName("n1"), ResourceName("vip"))
    history = replace(
        told.status.history[key], monitors={}, recurring={}, last_start=None
    )
    lost = replace(a_result(operation, 0), outcome=Outcome.LOST)
    told.status = replace(
        told.status,
        history={**told.status.history, key: replace(history, last=lost, failure=lost)},
    )


@pytest.mark.parametrize("operation", ["start", "stop", "monitor"])
def test_after_a_lost_answer_somebody_looks(operation: str) -> None:
    """Nobody knows how it ended: no guess, no block, a new probe."""
    told = cluster(["n1", "n2"], [primitive("vip", monitor())]).settle()

    lose(told, operation)

    first, *rest = told.plan().actions
    assert (first.kind, first.node) == (ActionKind.PROBE, "n1")
    assert all(first.number in a.after for a in rest if a.kind is ActionKind.START)


def test_a_failed_monitor_that_recovered_by_itself_is_forgotten() -> None:
    """HIS-58: a success of the same operation clears it."""
    told = cluster(["n1"], [primitive("vip", monitor())]).settle()
    (history,) = told.status.history.values()
    (watch,) = history.recurring.values()
    told.fault = lambda _: ExitCode.GENERIC_ERROR
    told.finish(watch)
    told.fault = lambda _: None
    broken = lines(told.plan())

    told.finish(watch)

    assert broken != []
    assert lines(told.plan()) == []
