"""Rules of a follower, as the Raft paper states them."""

import pytest

from clusterd.raft.entry import ConfState, Entry, Snapshot
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.replica import Role
from tests.unit.raft.machines import log_of, machine_of, obey


def append(  # The fields of the message.
    prev: tuple[int, int],
    *entries: Entry,
    term: int = 3,
    commit: int = 0,
    sender: int = 2,
    kind: MessageKind = MessageKind.APP,
) -> Message:
    """Return what the leader, node 2, says."""
    return Message(
        kind=kind,
        sender=sender,
        to=1,
        term=term,
        log_term=prev[0],
        index=prev[1],
        entries=entries,
        commit=commit,
    )


def test_only_what_the_message_proved_to_be_the_leaders_is_committed() -> None:
    """Behind it our log may differ from the leader's (figure 2, rule 5)."""
    follower = log_of(2, 2, 2)

    follower.step(append((2, 2), commit=4))

    assert follower.status().commit == 2


def test_refusal_says_where_the_logs_may_agree() -> None:
    """The last entry whose term is not larger than the leader's there."""
    follower = log_of(1, 2, 2)

    follower.step(append((3, 9)))
    refusal = obey(follower).messages[0]

    assert refusal.reject
    assert (refusal.index, refusal.reject_hint, refusal.log_term) == (9, 4, 2)


def test_what_is_committed_is_acknowledged_without_a_look() -> None:
    """An old message; committed entries are the leader's in any case."""
    follower = log_of(1, 1, commit=3)

    follower.step(append((1, 1), Entry(term=1, index=2)))
    answer = obey(follower).messages[0]

    assert (answer.kind, answer.index, answer.reject) == (
        MessageKind.APP_RESP,
        3,
        False,
    )


@pytest.mark.parametrize("kind", [MessageKind.APP, MessageKind.HEARTBEAT])
def test_leader_of_a_former_term_learns_of_ours(kind: MessageKind) -> None:
    """With leases our own campaigns are ignored: only so we come back."""
    follower = log_of(5)

    follower.step(append((1, 1), term=3, kind=kind))
    answers = obey(follower).messages

    assert [(each.kind, each.to, each.term) for each in answers] == [
        (MessageKind.APP_RESP, 2, 5)
    ]


def test_pre_vote_of_a_former_term_is_refused_aloud() -> None:
    """Or a candidate with an old log and a high term could block everybody."""
    follower = log_of(5)

    follower.step(Message(kind=MessageKind.PRE_VOTE, sender=2, term=4, index=9))
    answers = obey(follower).messages

    assert [(each.kind, each.term, each.reject) for each in answers] == [
        (MessageKind.PRE_VOTE_RESP, 5, True)
    ]


def test_snapshot_for_somebody_else_is_refused() -> None:
    """Taking it would make us forget the group."""
    follower = log_of(1)
    others = ConfState(voters=(7, 8))
    snapshot = Snapshot(index=9, term=2, conf_state=others)

    follower.step(Message(kind=MessageKind.SNAP, sender=2, term=2, snapshot=snapshot))

    assert follower.status().conf_state == ConfState(voters=(1, 2, 3))
    assert obey(follower).messages[0].index == 1


def test_snapshot_of_what_the_log_has_only_commits() -> None:
    """The entries are here already; nothing is thrown away."""
    follower = log_of(1, 1, 1)
    members = ConfState(voters=(1, 2, 3))
    snapshot = Snapshot(index=3, term=1, conf_state=members)

    follower.step(Message(kind=MessageKind.SNAP, sender=2, term=1, snapshot=snapshot))

    assert follower.status().commit == 3
    assert follower.status().last_index == 4


def test_empty_snapshot_message_is_harmless() -> None:
    """Whoever sent it; the answer says what we have."""
    follower = machine_of(1, 2, 3)

    follower.step(Message(kind=MessageKind.SNAP, sender=2, term=1))

    assert obey(follower).messages[0].index == 1


def test_candidate_that_hears_the_leader_of_its_term_follows() -> None:
    """It has lost (section 5.2)."""
    candidate = machine_of(1, 2, 3)
    candidate.campaign()
    obey(candidate)

    candidate.step(append((1, 1), term=candidate.status().term))

    assert candidate.status().role is Role.FOLLOWER
    assert candidate.status().leader == 2
