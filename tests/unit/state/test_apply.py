"""The only way the replicated state changes."""

from dataclasses import replace

from clusterd.model.status import Hold, HoldKind
from clusterd.state.apply import REQUESTS_KEPT, apply, skip
from clusterd.state.command import Admit, ClearHold, Configure, Proposal, SetHold
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted
from tests.unit.state.log import CONFIGURATION, N1, N2, Log, admitted, joined

STANDBY = SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N1))


def test_the_same_proposals_give_the_same_state() -> None:
    """Every replica must come to the same: nothing but the arguments counts."""
    assert admitted(N1, N2).state == admitted(N1, N2).state


def test_a_request_seen_before_does_nothing() -> None:
    """Proposals are repeated when an answer gets lost; the second is harmless."""
    log = joined(N1)
    log.put(STANDBY, request="n1/1/1")
    log.put(ClearHold(node=N1), request="n1/1/2")

    reply = log.put(STANDBY, request="n1/1/1")

    assert isinstance(reply, Accepted)
    assert log.state.status.holds == ()


def test_without_a_request_id_nothing_is_remembered() -> None:
    """Only who waits for an answer asks twice."""
    log = joined(N1)

    log.put(STANDBY)

    assert log.state.done == ()


def test_only_so_many_requests_are_remembered() -> None:
    """The state has a bound."""
    log = joined(N1)
    for number in range(REQUESTS_KEPT + 10):
        log.put(ClearHold(node=N1), request=f"n1/1/{number}")

    assert len(log.state.done) == REQUESTS_KEPT
    assert log.state.done[-1] == f"n1/1/{REQUESTS_KEPT + 9}"


def test_an_entry_without_a_command_moves_the_index_alone() -> None:
    """A new leader's mark, or a voter change."""
    state = joined(N1).state

    assert skip(state, 99) == replace(state, index=99)


def test_a_refused_command_changes_nothing_but_the_index() -> None:
    """The loser of a compare-and-swap leaves no trace."""
    log = admitted(N1)

    log.refused(Configure(text="x", configuration=CONFIGURATION, base=41))


def test_history_entries_bear_the_index_of_their_command() -> None:
    """Who reads on from an index misses nothing and sees nothing twice."""
    state, _ = apply(
        joined(N1).state, 50, Proposal(request="", command=Admit(node=N1, boot="b"))
    )

    assert state.history[-1].index == 50


def test_an_empty_state_has_no_version() -> None:
    """Version 0 is "before the first configuration"."""
    assert Replicated().version == 0
    assert Log().state.view(has_quorum=False, now_wall=1.0).version == 0
