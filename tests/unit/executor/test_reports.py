"""Results wait for the log, in bounded number and at a bounded rate."""

from clusterd.executor.reports import AT_ONCE_MAX, COUNT_MAX, Reports
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import OperationResult


def a_result(name: str, wall: float = 0.0) -> OperationResult:
    """Return a result with an id."""
    return OperationResult(
        operation_id=name,
        node=NodeName("n1"),
        instance=InstanceName("vip"),
        operation="start",
        finished_wall=wall,
    )


def test_a_report_is_due_again_after_a_second() -> None:
    """Not earlier: the log needs a round trip."""
    reports = Reports()

    reports.add(a_result("1"), None, 10.0)

    assert reports.due(10.5) == []
    assert reports.deadline() == 11.0
    assert reports.due(11.0) == [a_result("1")]
    assert reports.deadline() == 12.0


def test_recording_takes_out_exactly_that_result() -> None:
    """One id may have several results: monitors."""
    reports = Reports()
    reports.add(a_result("1", 5.0), "run", 10.0)
    reports.add(a_result("1", 6.0), None, 10.0)
    reports.add(a_result("2", 5.0), "other", 10.0)

    runs = reports.record("1", 5.0)

    assert runs == ["run"]
    assert reports.due(11.0) == [a_result("1", 6.0), a_result("2", 5.0)]


def test_the_oldest_result_is_given_up_and_named() -> None:
    """Memory is bounded; what is lost is told."""
    reports = Reports()

    dropped = [
        reports.add(a_result(str(number)), None, 0.0) for number in range(COUNT_MAX + 2)
    ]

    assert [each for each in dropped if each] == [a_result("0"), a_result("1")]


def test_many_results_come_in_portions() -> None:
    """A cluster that comes back is not flooded; nothing is left out."""
    reports = Reports()
    for number in range(2 * AT_ONCE_MAX):
        reports.add(a_result(str(number)), None, 0.0)

    first = reports.due(5.0)
    at_once = reports.due(5.0)
    due = reports.deadline()
    second = reports.due(5.1)

    assert (len(first), at_once, due) == (AT_ONCE_MAX, [], 5.1)
    assert {each.operation_id for each in (*first, *second)} == {
        str(number) for number in range(2 * AT_ONCE_MAX)
    }
