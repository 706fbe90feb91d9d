"""What nodes answered: who is believed, what counts as a failure, what is forgotten."""

import pytest

from clusterd.model.result import ExitCode, Outcome
from clusterd.model.score import INFINITY
from clusterd.state.command import CleanUp, Evict, Forget, Record
from tests.unit.state.log import DB, N1, N2, VIP, WEB, Log, a_result, admitted


@pytest.fixture
def log() -> Log:
    """Two nodes online, everything probed, nothing running."""
    log = admitted(N1, N2)
    log.probe(VIP, DB, WEB)
    return log


def counts(log: Log) -> dict[tuple[str, str], int]:
    """Return the fail counts by node and primitive."""
    return {(c.node, c.instance): c.count for c in log.state.status.fail_counts}


def test_a_started_resource_is_known_with_its_start(log: Log) -> None:
    """The parameters in force are those it was started with."""
    start = log.do(N1, "start", VIP)

    history = log.history(N1, VIP)
    assert history.pending == ()
    assert history.last_start is not None
    assert history.last_start.operation_id == start.operation_id


def test_an_answer_nobody_waits_for_is_ignored(log: Log) -> None:
    """It is a repetition, or belongs to a session that ended."""
    start = log.do(N1, "start", VIP)
    before = log.state.status

    reply = log.accepted(Record(results=(a_result(start, ExitCode.GENERIC_ERROR),)))

    assert reply.detail == 0
    assert log.state.status == before


def test_a_failed_start_bans_the_node_at_once(log: Log) -> None:
    """Pacemaker's start-failure-is-fatal."""
    log.answer(log.order(N1, "start", VIP), ExitCode.GENERIC_ERROR)

    assert counts(log) == {(N1, VIP): INFINITY}
    assert log.history(N1, VIP).failure is not None


def test_each_failed_monitor_counts_one(log: Log) -> None:
    """The migration threshold is about these."""
    log.do(N1, "start", DB)
    monitor = log.order(N1, "monitor", DB, interval=10.0)

    log.answer(monitor, ExitCode.NOT_RUNNING)
    log.answer(monitor, ExitCode.GENERIC_ERROR, finished_wall=20.0)

    assert counts(log) == {(N1, DB): 2}
    assert log.state.status.fail_counts[0].last_wall == 20.0


def test_a_probe_that_finds_it_running_is_no_failure(log: Log) -> None:
    """It found what it found: that is what probes are for."""
    log.answer(log.order(N1, "monitor", DB, expected=7), ExitCode.SUCCESS)

    assert counts(log) == {}
    assert log.history(N1, DB).failure is None
    assert log.history(N1, DB).last_start is not None


def test_a_probe_that_cannot_tell_is_a_failure(log: Log) -> None:
    """It may be active there, broken."""
    log.answer(log.order(N1, "monitor", DB, expected=7), ExitCode.GENERIC_ERROR)

    assert counts(log) == {(N1, DB): 1}


def test_a_monitor_that_succeeds_again_clears_its_own_failure(log: Log) -> None:
    """It got better by itself; the count stays."""
    log.do(N1, "start", DB)
    monitor = log.order(N1, "monitor", DB, interval=10.0)
    log.answer(monitor, ExitCode.GENERIC_ERROR)

    log.answer(monitor, ExitCode.SUCCESS, finished_wall=20.0)

    assert log.history(N1, DB).failure is None
    assert counts(log) == {(N1, DB): 1}


def test_a_cancelled_operation_says_nothing(log: Log) -> None:
    """It is not pending any more, and what was known before holds."""
    log.do(N1, "start", VIP)
    before = log.history(N1, VIP).last

    log.answer(log.order(N1, "stop", VIP), outcome=Outcome.CANCELLED)

    assert log.history(N1, VIP).last == before
    assert log.history(N1, VIP).pending == ()


def test_copies_of_a_clone_are_filed_under_their_primitive(log: Log) -> None:
    """They are interchangeable: what a node remembers is the primitive."""
    log.do(N1, "start", f"{WEB}:1")

    assert log.history(N1, WEB).instance == f"{WEB}:1"


def test_a_cleanup_forgets_failures_and_lets_probe_again(log: Log) -> None:
    """A history without anything pending is gone: nobody knows, so ask."""
    log.answer(log.order(N1, "start", VIP), ExitCode.GENERIC_ERROR)

    log.accepted(CleanUp(resource=VIP))

    assert counts(log) == {}
    assert log.state.status.of(N1, VIP) is None
    assert log.state.status.of(N2, DB) is not None


def test_a_cleanup_keeps_what_is_under_way(log: Log) -> None:
    """Its answer will come."""
    start = log.order(N1, "start", VIP)

    log.accepted(CleanUp())

    assert log.is_ordered(start)


def test_a_cleanup_forgets_nothing_of_a_lost_node(log: Log) -> None:
    """What it may still run decides how long others must wait."""
    log.do(N1, "start", DB)
    log.accepted(Evict(node=N1, session=log.member(N1).session, reason="silent"))

    log.accepted(CleanUp())

    assert log.state.status.of(N1, DB) is not None


def test_a_cleanup_of_one_node_leaves_the_others(log: Log) -> None:
    """The operator named it."""
    for node in (N1, N2):
        log.answer(log.order(node, "monitor", DB, expected=7), ExitCode.GENERIC_ERROR)

    log.accepted(CleanUp(node=N1))

    assert counts(log) == {(N2, DB): 1}


def test_an_expired_failure_is_forgotten(log: Log) -> None:
    """The count and what it counted."""
    log.do(N1, "start", DB)
    monitor = log.order(N1, "monitor", DB, interval=10.0)
    log.answer(monitor, ExitCode.GENERIC_ERROR)
    log.answer(monitor, ExitCode.SUCCESS, finished_wall=20.0)

    log.accepted(Forget(node=N1, instance=log.history(N1, DB).instance))

    assert counts(log) == {}
    assert log.history(N1, DB).last_failure is None


def test_failures_and_changes_are_told(log: Log) -> None:
    """Users read later what happened, where, and why."""
    start = log.order(N1, "start", VIP)
    log.answer(start, ExitCode.GENERIC_ERROR, reason="no such interface")

    entry = log.state.history[-1]
    assert (entry.kind, entry.node, entry.resource) == ("failed", N1, VIP)
    assert entry.cause == "no such interface"
