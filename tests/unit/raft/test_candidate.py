"""Rules of elections, as the Raft paper states them."""

from dataclasses import replace

import pytest

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import ProposalDropped, RaftMachine, Restored
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.replica import Role
from clusterd.raft.voters import Change, ChangeKind, ConfChange
from tests.unit.raft.machines import CONFIG, answer, kinds, log_of, machine_of, obey


@pytest.mark.parametrize(
    ("term", "index"),
    [
        pytest.param(1, 9, id="longer but of an older term"),
        pytest.param(2, 2, id="of the same term but shorter"),
    ],
)
def test_nobody_votes_for_a_log_that_is_behind_its_own(term: int, index: int) -> None:
    """A leader must have all that is committed (section 5.4.1)."""
    voter = log_of(2, 2)

    voter.step(
        Message(kind=MessageKind.VOTE, sender=2, term=5, log_term=term, index=index)
    )
    answers = obey(voter).messages

    assert [each.reject for each in answers] == [True]
    assert voter.status().vote == 0


def test_granted_vote_is_for_one_candidate_only() -> None:
    """And it survives in the hard state; a second request of the same is granted."""
    voter = log_of(2)
    requests = [
        Message(kind=MessageKind.VOTE, sender=sender, term=5, log_term=2, index=2)
        for sender in (2, 3, 2)
    ]

    for request in requests:
        voter.step(request)
    ready = voter.ready()

    assert [each.reject for each in ready.messages] == [False, True, False]
    assert ready.hard_state == HardState(term=5, vote=2, commit=1)


def test_pre_vote_changes_neither_term_nor_vote() -> None:
    """Whoever asks learns whether it would win, and nobody is disturbed."""
    voter = log_of(2)

    voter.step(
        Message(kind=MessageKind.PRE_VOTE, sender=2, term=5, log_term=2, index=2)
    )
    ready = voter.ready()

    assert ready.hard_state is None
    assert [(each.term, each.reject) for each in ready.messages] == [(5, False)]


def test_pre_candidate_rises_with_a_majority() -> None:
    """Only now its term grows."""
    candidate = machine_of(1, 2, 3, config=replace(CONFIG, pre_vote=True))
    candidate.campaign()
    obey(candidate)
    term_before = candidate.status().term

    candidate.step(Message(kind=MessageKind.PRE_VOTE_RESP, sender=2, term=1))

    assert term_before == 0
    assert candidate.status().term == 1
    assert kinds(obey(candidate)) == [MessageKind.VOTE, MessageKind.VOTE]


@pytest.mark.parametrize("pre_vote", [True, False])
def test_refused_candidate_follows(pre_vote: bool) -> None:  # noqa: FBT001  # A case.
    """A majority against it cannot become one for it."""
    candidate = machine_of(1, 2, 3, config=replace(CONFIG, pre_vote=pre_vote))
    candidate.campaign()
    obey(candidate)
    kind = MessageKind.PRE_VOTE_RESP if pre_vote else MessageKind.VOTE_RESP
    term = candidate.status().term

    for sender in (2, 3):
        candidate.step(Message(kind=kind, sender=sender, term=term, reject=True))

    assert candidate.status().role is Role.FOLLOWER
    assert candidate.status().term == term


def test_late_answers_of_another_campaign_do_not_count() -> None:
    """A pre-vote is no vote."""
    candidate = machine_of(1, 2, 3)
    candidate.campaign()
    obey(candidate)

    answer(candidate, MessageKind.PRE_VOTE_RESP)

    assert candidate.status().role is Role.CANDIDATE


def test_nobody_rises_who_does_not_know_who_votes() -> None:
    """A committed change that is not applied may have changed that."""
    add = ConfChange(changes=(Change(kind=ChangeKind.ADD_NODE, node=4),))
    entry = Entry(term=1, index=2, kind=EntryKind.CONF_CHANGE_V2, data=add.to_bytes())
    restored = Restored(
        snapshot=Snapshot(index=1, term=1, conf_state=ConfState(voters=(1, 2, 3))),
        entries=(entry,),
        hard_state=HardState(term=1, commit=2),
    )
    node = RaftMachine(CONFIG, restored, lambda _: 0)

    node.campaign()
    role_before = node.status().role
    obey(node)
    node.campaign()

    assert role_before is Role.FOLLOWER
    assert node.status().role is Role.CANDIDATE


def test_candidate_takes_no_proposals() -> None:
    """It may lose."""
    candidate = machine_of(1, 2, 3)
    candidate.campaign()

    with pytest.raises(ProposalDropped, match="election is under way"):
        candidate.propose(b"x")
