"""The contract of the door; the behaviour of groups is in the golden scenarios."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import (
    ProposalDropped,
    RaftConfig,
    Refusal,
)
from clusterd.raft.message import TRANSFER_CONTEXT, Message, MessageKind
from clusterd.raft.ready import Ready, SoftState
from clusterd.raft.reconfiguration import InvalidChange
from clusterd.raft.replica import Role
from clusterd.raft.voters import Change, ChangeKind, ConfChange
from tests.unit.raft.machines import (
    CONFIG,
    ELECTION_TICKS,
    answer,
    kinds,
    lead,
    machine_of,
    obey,
)


def test_lone_voter_leads_and_commits_by_itself() -> None:
    """But only after its own disk has what it decides on."""
    machine = machine_of(1)
    machine.campaign()

    vote = machine.ready()
    role_before_save = machine.status().role
    machine.advance(vote)
    obey(machine)
    machine.propose(b"x")

    assert vote.hard_state == HardState(term=1, vote=1, commit=1)
    assert vote.must_sync
    assert role_before_save is Role.CANDIDATE
    assert obey(machine).committed_entries[-1].data == b"x"


@pytest.mark.parametrize(
    ("casts", "ticks"),
    [pytest.param(0, 10, id="shortest"), pytest.param(9, 19, id="longest")],
)
def test_follower_rises_when_its_dice_say(casts: int, ticks: int) -> None:
    """Between one and two election timeouts (paper, section 5.2)."""
    machine = machine_of(1, 2, 3, casts=casts)

    for _ in range(ticks - 1):
        machine.tick()
    before = machine.status().role
    machine.tick()

    assert before is Role.FOLLOWER
    assert machine.status().role is Role.CANDIDATE


def test_vote_is_sent_only_after_the_ready_that_saves_it() -> None:
    """It is in the same Ready as the hard state, whose rule is: save, then send."""
    machine = machine_of(1, 2, 3)
    request = Message(
        kind=MessageKind.VOTE, sender=2, to=1, term=4, log_term=1, index=1
    )

    machine.step(request)
    ready = machine.ready()

    assert ready.hard_state == HardState(term=4, vote=2, commit=1)
    assert ready.must_sync
    assert kinds(ready) == [MessageKind.VOTE_RESP]


def test_each_term_has_one_vote() -> None:
    """Paper, section 5.2."""
    machine = machine_of(1, 2, 3)
    for candidate in (2, 3):
        request = Message(
            kind=MessageKind.VOTE, sender=candidate, to=1, term=4, log_term=1, index=1
        )
        machine.step(request)

    answers = machine.ready().messages

    assert [(each.to, each.reject) for each in answers] == [(2, False), (3, True)]


def test_voters_of_a_live_leader_ignore_others_unless_it_hands_over() -> None:
    """Its lease (thesis, section 4.2.3)."""
    machine = machine_of(1, 2, 3)
    machine.step(Message(kind=MessageKind.HEARTBEAT, sender=2, to=1, term=4))
    obey(machine)
    vote = Message(kind=MessageKind.VOTE, sender=3, term=5, log_term=1, index=1)
    asked = Message(
        kind=MessageKind.VOTE,
        sender=3,
        term=5,
        log_term=1,
        index=1,
        context=TRANSFER_CONTEXT,
    )

    machine.step(vote)
    term_after_vote = machine.status().term
    machine.step(asked)

    assert term_after_vote == 4
    assert machine.status().vote == 3


def test_advance_belongs_to_the_latest_ready() -> None:
    """Saving something else proves nothing."""
    machine = machine_of(1)
    machine.campaign()
    machine.ready()

    with pytest.raises(AssertionError, match="latest ready"):
        machine.advance(Ready())
    with pytest.raises(AssertionError, match="ready before advance"):
        machine.ready()


def test_what_comes_while_saving_is_in_the_next_ready() -> None:
    """A save takes time; the group goes on meanwhile."""
    machine = machine_of(1, 2, 3)
    lead(machine)
    machine.propose(b"one")

    saving = machine.ready()
    machine.propose(b"two")
    machine.advance(saving)
    following = machine.ready()

    assert [entry.data for entry in saving.entries] == [b"one"]
    assert [entry.data for entry in following.entries] == [b"two"]


def test_entry_of_one_disk_is_not_committed_before_it_is_saved() -> None:
    """The leader's own copy counts only then."""
    machine = machine_of(1, 2, 3)
    lead(machine)
    machine.propose(b"one")
    saving = machine.ready()

    answer(machine, MessageKind.APP_RESP, index=3)
    commit_while_saving = machine.status().commit
    machine.advance(saving)

    assert commit_while_saving == 2
    assert machine.status().commit == 3


def test_proposal_without_a_leader_is_dropped() -> None:
    """Nobody would ever put it in the log."""
    machine = machine_of(1, 2, 3)

    with pytest.raises(ProposalDropped, match="no leader"):
        machine.propose(b"x")


def test_follower_forwards_proposals_and_reads() -> None:
    """Under its own name, so that the answer comes back."""
    machine = machine_of(1, 2, 3)
    machine.step(Message(kind=MessageKind.HEARTBEAT, sender=2, to=1, term=4))
    obey(machine)

    machine.propose(b"x")
    machine.read_index(b"r")
    forwarded = machine.ready().messages

    assert [(each.kind, each.sender, each.to) for each in forwarded] == [
        (MessageKind.PROP, 1, 2),
        (MessageKind.READ_INDEX, 1, 2),
    ]


def test_follower_that_may_not_forward_says_who_leads() -> None:
    """So that the caller can go there."""
    machine = machine_of(1, 2, 3, config=replace(CONFIG, forward_proposals=False))
    machine.step(Message(kind=MessageKind.HEARTBEAT, sender=2, to=1, term=4))

    with pytest.raises(ProposalDropped, match="that is 2"):
        machine.propose(b"x")


def test_leader_refuses_what_it_could_not_hold() -> None:
    """Until something is applied; an empty record always fits."""
    machine = machine_of(1, 2, 3, config=replace(CONFIG, max_uncommitted_bytes=10))
    lead(machine)
    machine.propose(b"x" * 20)

    with pytest.raises(ProposalDropped, match="uncommitted"):
        machine.propose(b"y")
    machine.propose(b"")

    obey(machine)
    answer(machine, MessageKind.APP_RESP, index=4)
    obey(machine)
    machine.propose(b"y")


def test_second_change_while_one_is_pending_becomes_empty() -> None:
    """One at a time, or majorities might not overlap."""
    machine = machine_of(1, 2, 3)
    lead(machine)
    answer(machine, MessageKind.APP_RESP, index=2)
    obey(machine)
    for node in (4, 5):
        add = Change(kind=ChangeKind.ADD_NODE, node=node)
        machine.propose_change(ConfChange(changes=(add,)))

    entries = machine.ready().entries

    assert [entry.kind for entry in entries] == [
        EntryKind.CONF_CHANGE_V2,
        EntryKind.NORMAL,
    ]
    assert entries[1].data == b""


def test_unreadable_change_from_another_node_becomes_empty() -> None:
    """A leader must not fall over what a newer version proposes."""
    machine = machine_of(1)
    lead(machine)
    strange = Entry(kind=EntryKind.CONF_CHANGE_V2, data=b"\xff\xff\xff\xff")

    machine.step(Message(kind=MessageKind.PROP, sender=2, to=1, entries=(strange,)))

    assert machine.ready().entries[0].kind is EntryKind.NORMAL


def test_change_that_cannot_follow_leaves_the_electorate() -> None:
    """The caller learns why; all nodes do the same."""
    machine = machine_of(1)
    remove = Change(kind=ChangeKind.REMOVE_NODE, node=1)

    with pytest.raises(InvalidChange):
        machine.apply_change(ConfChange(changes=(remove,)))

    assert machine.status().conf_state.voters == (1,)


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        pytest.param(
            Message(kind=MessageKind.HUP, sender=2), Refusal.LOCAL_KIND, id="local"
        ),
        pytest.param(
            Message(kind=MessageKind.APP_RESP, sender=9, term=1),
            Refusal.UNKNOWN_PEER,
            id="stranger",
        ),
        pytest.param(
            Message(kind=MessageKind.PROP, sender=2, entries=(Entry(),)),
            Refusal.PROPOSAL_DROPPED,
            id="proposal for a leader",
        ),
    ],
)
def test_message_without_effect_says_why(message: Message, refusal: Refusal) -> None:
    """And is otherwise ignored: the network is full of those."""
    assert machine_of(1, 2, 3).step(message) is refusal


def test_leader_that_is_not_heard_gives_up_handing_over() -> None:
    """After an election timeout it takes proposals again."""
    machine = machine_of(1, 2, 3, config=replace(CONFIG, check_quorum=False))
    lead(machine)
    machine.transfer(2)

    with pytest.raises(ProposalDropped, match="handed to 2"):
        machine.propose(b"x")
    for _ in range(ELECTION_TICKS):
        machine.tick()

    machine.propose(b"x")


def test_leader_steps_down_when_nobody_answers() -> None:
    """Check-quorum: those who cannot reach us may have another leader by now."""
    machine = machine_of(1, 2, 3)
    lead(machine)

    for _ in range(ELECTION_TICKS):
        machine.tick()

    assert machine.ready().soft_state == SoftState(leader=0, role=Role.FOLLOWER)


def test_snapshot_names_the_electorate_of_its_index() -> None:
    """Even when later changes are applied already."""
    machine = machine_of(1)
    lead(machine)
    machine.propose(b"x")
    machine.propose_change(
        ConfChange(changes=(Change(kind=ChangeKind.ADD_LEARNER, node=2),))
    )
    obey(machine)

    old = machine.compact(3, b"", keep_tail=9)
    new = machine.compact(4, b"", keep_tail=9)

    assert old.conf_state == ConfState(voters=(1,))
    assert new.conf_state == ConfState(voters=(1,), learners=(2,))


def test_compaction_keeps_a_tail_for_those_slightly_behind() -> None:
    """They get entries, not a snapshot."""
    machine = machine_of(1)
    lead(machine)
    for _ in range(5):
        machine.propose(b"x")
    obey(machine)

    snapshot = machine.compact(7, b"state", keep_tail=2)

    assert snapshot == Snapshot(
        index=7, term=1, conf_state=ConfState(voters=(1,)), data=b"state"
    )
    assert [entry.index for entry in machine.entries(1, 99)] == [6, 7]


@pytest.mark.parametrize(
    "index", [pytest.param(0, id="old"), pytest.param(9, id="new")]
)
def test_snapshot_of_what_is_not_applied_is_refused(index: int) -> None:
    """Nobody can know that state."""
    with pytest.raises(ValueError, match="must be in"):
        machine_of(1).compact(index, b"", keep_tail=0)


def test_member_newer_than_the_snapshot_makes_the_leader_want_a_new_one() -> None:
    """The old one does not name it: it would refuse it for ever."""
    machine = machine_of(1)
    lead(machine)
    machine.compact(2, b"", keep_tail=0)
    machine.propose_change(
        ConfChange(changes=(Change(kind=ChangeKind.ADD_LEARNER, node=2),))
    )
    obey(machine)
    refusal = Message(
        kind=MessageKind.APP_RESP, sender=2, to=1, term=1, index=2, reject=True
    )

    machine.step(refusal)
    is_wanted = machine.ready().wants_snapshot

    assert is_wanted


def test_wanted_snapshot_is_sent_with_the_next_sign_of_life() -> None:
    """The heartbeat's answer tries again."""
    machine = machine_of(1)
    lead(machine)
    machine.compact(2, b"", keep_tail=0)
    machine.propose_change(
        ConfChange(changes=(Change(kind=ChangeKind.ADD_LEARNER, node=2),))
    )
    obey(machine)
    machine.step(
        Message(kind=MessageKind.APP_RESP, sender=2, to=1, term=1, index=2, reject=True)
    )
    obey(machine)

    snapshot = machine.compact(3, b"new", keep_tail=0)
    answer(machine, MessageKind.HEARTBEAT_RESP)

    sent = machine.ready().messages
    assert [(each.kind, each.snapshot) for each in sent] == [
        (MessageKind.SNAP, snapshot)
    ]


def test_read_needs_a_name() -> None:
    """Its proof comes back under that name."""
    with pytest.raises(ValueError, match="needs a name"):
        machine_of(1).read_index(b"")


def test_lone_voter_reads_at_once() -> None:
    """It is its own majority."""
    machine = machine_of(1)
    lead(machine)

    machine.read_index(b"r")

    assert machine.ready().read_states[0].index == 2


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(lambda: replace(CONFIG, id=0), "not positive", id="nobody"),
        pytest.param(
            lambda: replace(CONFIG, heartbeat_ticks=0), "below 1", id="no heartbeat"
        ),
        pytest.param(
            lambda: replace(CONFIG, election_ticks=1), "not above", id="hasty"
        ),
        pytest.param(
            lambda: replace(CONFIG, max_inflight=0), "below 1", id="no window"
        ),
        pytest.param(
            lambda: replace(CONFIG, read_only_lease=True, check_quorum=False),
            "it is the lease",
            id="no lease",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(
    make: Callable[[], RaftConfig], why: str
) -> None:
    """At the start, not in the night."""
    with pytest.raises(ValueError, match=why):
        make()
