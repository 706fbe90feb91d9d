"""Results wait in bounded memory."""

from clusterd.host.runner_protocol import Exited
from clusterd.runner.results import Results


def test_results_are_kept_until_they_are_dropped() -> None:
    """In the order in which they came."""
    results = Results()
    for run in ("1", "2", "3"):
        results.add(Exited(run=run, status=0))

    results.drop("2")
    results.drop("2")

    assert [each.run for each in results] == ["1", "3"]
    assert results.get("2") is None


def test_the_oldest_outputs_go_before_any_result() -> None:
    """An exit code is worth more than what was printed."""
    results = Results(output_max=10)

    for run in ("1", "2", "3"):
        results.add(Exited(run=run, status=7, stdout="abc", stderr="de"))

    kept = list(results)
    assert [each.status for each in kept] == [7, 7, 7]
    assert [each.stdout for each in kept] == ["", "abc", "abc"]
    assert kept[0].lost_bytes == 5


def test_too_many_results_lose_the_oldest() -> None:
    """A daemon that never collects cannot fill the memory."""
    results = Results(count_max=2)

    for run in ("1", "2", "3"):
        results.add(Exited(run=run))

    assert [each.run for each in results] == ["2", "3"]
