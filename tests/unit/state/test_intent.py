"""The last check of at-most-one: it trusts no plan, only what is committed."""

import pytest

from clusterd.model.membership import Proof
from clusterd.model.names import NodeName
from clusterd.model.result import ExitCode, Outcome
from clusterd.state.command import Admit, Configure, Evict, Intend, Release
from clusterd.state.intent import why_not
from tests.unit.state.log import CONFIGURATION, DB, N1, N2, N3, VIP, WEB, Log, admitted


@pytest.fixture
def log() -> Log:
    """Three nodes online, everything probed, nothing running."""
    log = admitted(N1, N2, N3)
    log.probe()
    return log


def _lose(log: Log, node: NodeName) -> None:
    log.accepted(Evict(node=node, session=log.member(node).session, reason="silent"))


def _release(log: Log, node: NodeName) -> None:
    session = log.member(node).session
    log.accepted(Release(node=node, session=session, proof=Proof.LEASE))


def test_an_exclusive_start_goes_ahead_where_nothing_else_can_run(log: Log) -> None:
    """Everybody was asked, and everybody said "not here"."""
    assert log.is_ordered(log.order(N1, "start", VIP))


def test_what_runs_elsewhere_is_not_started(log: Log) -> None:
    """Whatever a mistaken plan says."""
    log.do(N1, "start", VIP)

    assert not log.is_ordered(log.order(N2, "start", VIP))


def test_what_is_being_started_elsewhere_is_not_started(log: Log) -> None:
    """The first order may be under way, with no answer yet."""
    log.order(N1, "start", VIP)

    assert not log.is_ordered(log.order(N2, "start", VIP))


def test_of_two_starts_in_one_order_one_goes_ahead(log: Log) -> None:
    """A plan that contradicts itself does no harm."""
    first = log.order(N1, "start", DB)
    log.answer(first, ExitCode.GENERIC_ERROR)
    log.answer(log.order(N1, "stop", DB))
    both = Intend(
        operations=tuple(
            # Made by hand: `order` would put them into the log one by one.
            type(first)(
                operation_id=f"x-{node}",
                node=node,
                session=log.member(node).session,
                instance=first.instance,
                operation="start",
            )
            for node in (N1, N2)
        )
    )

    reply = log.accepted(both)

    assert reply.detail == 1


def test_a_failed_start_may_have_left_something_behind(log: Log) -> None:
    """Only a successful stop proves that it is gone."""
    log.answer(log.order(N1, "start", VIP), ExitCode.GENERIC_ERROR)
    before = log.order(N2, "start", VIP)

    log.do(N1, "stop", VIP)
    after = log.order(N2, "start", VIP)

    assert not log.is_ordered(before)
    assert log.is_ordered(after)


def test_a_failed_stop_blocks_every_other_node(log: Log) -> None:
    """It may still be active there."""
    log.do(N1, "start", VIP)
    log.answer(log.order(N1, "stop", VIP), ExitCode.GENERIC_ERROR)

    assert not log.is_ordered(log.order(N2, "start", VIP))


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.LOST, Outcome.ERROR])
def test_a_stop_that_did_not_end_well_proves_nothing(
    log: Log, outcome: Outcome
) -> None:
    """Even if the exit code happens to be 0."""
    log.do(N1, "start", VIP)
    log.answer(log.order(N1, "stop", VIP), outcome=outcome)

    assert not log.is_ordered(log.order(N2, "start", VIP))


def test_a_member_that_was_never_asked_may_run_it() -> None:
    """A node that comes up may have been left running by an earlier life."""
    log = admitted(N1, N2)
    log.answer(log.order(N1, "monitor", VIP, expected=7), ExitCode.NOT_RUNNING)

    assert not log.is_ordered(log.order(N1, "start", VIP))


def test_a_probe_that_is_out_leaves_it_open(log: Log) -> None:
    """Nobody knows yet."""
    log.accepted(Admit(node=N2, boot="another"))
    log.order(N2, "monitor", VIP, expected=7)

    assert not log.is_ordered(log.order(N1, "start", VIP))


def test_a_lost_node_keeps_what_it_may_run(log: Log) -> None:
    """Until something proves that it is gone."""
    log.do(N1, "start", VIP)
    _lose(log, N1)

    assert not log.is_ordered(log.order(N2, "start", VIP))


def test_a_released_node_holds_nothing(log: Log) -> None:
    """That is what the proof is for."""
    log.do(N1, "start", VIP)
    _lose(log, N1)
    _release(log, N1)

    assert log.is_ordered(log.order(N2, "start", VIP))


def test_nothing_is_ordered_from_a_lost_node(log: Log) -> None:
    """It would not hear of it; and if it did, it must not obey."""
    _lose(log, N1)

    assert not log.is_ordered(log.order(N1, "monitor", VIP))


def test_an_order_for_an_ended_session_is_dropped(log: Log) -> None:
    """It was planned before the node came back."""
    old = log.member(N1).session
    log.accepted(Evict(node=N1, session=old, reason="silent"))
    log.accepted(Release(node=N1, session=old, proof=Proof.LEASE))
    log.accepted(Admit(node=N1, boot="n1-boot"))

    assert not log.is_ordered(log.order(N1, "monitor", VIP, session=old))


def test_one_change_at_a_time(log: Log) -> None:
    """A plan that was made before the pending change was ordered is too old."""
    log.order(N1, "start", VIP)

    assert not log.is_ordered(log.order(N1, "stop", VIP))


def test_the_same_operation_ordered_twice_is_one(log: Log) -> None:
    """Proposals are repeated when the answer gets lost."""
    operation = log.order(N1, "start", VIP)

    reply = log.accepted(Intend(operations=(operation,)))

    assert reply.detail == 0
    assert log.history(N1, VIP).pending == (operation,)


def test_copies_of_a_clone_may_run_everywhere(log: Log) -> None:
    """Each is bound to its node: there is no second copy of it elsewhere."""
    for node in (N1, N2, N3):
        assert log.is_ordered(log.order(node, "start", WEB))


def test_what_is_no_longer_configured_counts_as_exclusive(log: Log) -> None:
    """Nobody can say that it is not."""
    log.do(N1, "start", DB)
    without = Configure(text="", configuration=type(CONFIGURATION)())
    log.accepted(without)

    reason = why_not(log.state, log.order(N2, "start", DB))

    assert reason == "db may be active on n1"


def test_a_change_ends_the_monitors(log: Log) -> None:
    """The executor ends them before it begins the change."""
    log.do(N1, "start", VIP)
    monitor = log.order(N1, "monitor", VIP, interval=10.0)
    assert log.is_ordered(monitor)

    log.order(N1, "stop", VIP)

    assert not log.is_ordered(monitor)
    assert log.history(N1, VIP).monitors == {}


def test_a_cancelled_monitor_is_forgotten(log: Log) -> None:
    """Its interval was changed, say."""
    log.do(N1, "start", VIP)
    monitor = log.order(N1, "monitor", VIP, interval=10.0)

    log.accepted(Intend(cancels=(monitor,)))

    assert not log.is_ordered(monitor)


def test_a_plan_is_told_once_in_words(log: Log) -> None:
    """The history says why something happened."""
    log.accepted(Intend(summary=("start vip n1",), transition="7-1", wall=3.0))

    entry = log.state.history[-1]
    assert (entry.kind, entry.text, entry.transition) == (
        "decided",
        "start vip n1",
        "7-1",
    )
