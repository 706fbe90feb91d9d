"""What counts as a failure. Source: OCF resource agent API 1.1."""

import pytest

from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import ExitCode, OperationResult, Outcome, exit_code


def _result(
    code: ExitCode,
    *,
    expected: ExitCode = ExitCode.SUCCESS,
    outcome: Outcome = Outcome.DONE,
) -> OperationResult:
    return OperationResult(
        operation_id="1.1",
        node=NodeName("n1"),
        instance=InstanceName("vip"),
        operation="monitor",
        outcome=outcome,
        code=code,
        expected=expected,
    )


@pytest.mark.parametrize(
    ("code", "expected", "is_failure"),
    [
        pytest.param(0, 0, False, id="success"),
        pytest.param(7, 7, False, id="a stopped resource where none is expected"),
        pytest.param(7, 0, True, id="stopped where it should run"),
        pytest.param(0, 7, True, id="running where none is expected"),
        pytest.param(190, 0, False, id="degraded runs"),
        pytest.param(191, 8, False, id="degraded and promoted is promoted"),
        pytest.param(190, 8, True, id="degraded is not promoted"),
        pytest.param(1, 0, True, id="an error"),
    ],
)
def test_an_answer_fails_when_it_is_not_the_expected_one(
    code: int, expected: int, *, is_failure: bool
) -> None:
    """Exit 0 alone says nothing: a probe hopes for 7."""
    result = _result(ExitCode(code), expected=ExitCode(expected))

    assert result.is_failure is is_failure


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.ERROR, Outcome.LOST])
def test_without_an_answer_even_success_is_a_failure(outcome: Outcome) -> None:
    """A code that came from nobody must not be believed."""
    assert _result(ExitCode.SUCCESS, outcome=outcome).is_failure


@pytest.mark.parametrize("outcome", [Outcome.PENDING, Outcome.CANCELLED])
def test_what_has_not_happened_has_not_failed(outcome: Outcome) -> None:
    """It must not count towards a migration threshold."""
    assert not _result(ExitCode.GENERIC_ERROR, outcome=outcome).is_failure


@pytest.mark.parametrize("number", [10, 42, 127, 255, -9])
def test_an_undefined_exit_status_is_a_generic_error(number: int) -> None:
    """Foreign agents exit as they like; "when in doubt" is generic."""
    assert exit_code(number) is ExitCode.GENERIC_ERROR


def test_defined_exit_codes_mean_themselves() -> None:
    """Each one, so that no entry of the table is lost."""
    assert [exit_code(each.value) for each in ExitCode] == list(ExitCode)
