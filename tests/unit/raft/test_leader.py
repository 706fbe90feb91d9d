"""Rules of a leader, as the Raft paper and thesis state them."""

from dataclasses import replace

import pytest

from clusterd.raft.entry import Entry
from clusterd.raft.machine import ProposalDropped, RaftMachine
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.progress import ProgressState
from clusterd.raft.read_only import ReadState
from clusterd.raft.replica import Role
from clusterd.raft.voters import Change, ChangeKind, ConfChange
from tests.unit.raft.machines import (
    CONFIG,
    ELECTION_TICKS,
    answer,
    kinds,
    lead,
    log_of,
    machine_of,
    obey,
)

HEARTBEAT_RESP = MessageKind.HEARTBEAT_RESP


def settled_leader(*voters: int) -> RaftMachine:
    """Return a leader that has committed an entry of its term, index 2."""
    leader = machine_of(*voters)
    lead(leader)
    answer(leader, MessageKind.APP_RESP, index=2)
    obey(leader)
    return leader


def test_entries_of_former_terms_are_committed_only_along_with_a_new_one() -> None:
    """A majority has them, and still they could be lost (figure 8)."""
    leader = log_of(1, 2)
    lead(leader)

    answer(leader, MessageKind.APP_RESP, index=3)
    commit_of_old = leader.status().commit
    answer(leader, MessageKind.APP_RESP, index=4)

    assert commit_of_old == 1
    assert leader.status().commit == 4


def test_read_waits_until_a_majority_has_confirmed_the_leader() -> None:
    """Another leader may have committed more (thesis, section 6.4)."""
    leader = machine_of(1, 2, 3, 4, 5)
    lead(leader)
    for sender in (2, 3):
        answer(leader, MessageKind.APP_RESP, sender=sender, index=2)
    leader.read_index(b"r")
    obey(leader)

    answer(leader, HEARTBEAT_RESP, sender=2, context=b"r")
    states_after_one = obey(leader).read_states
    answer(leader, HEARTBEAT_RESP, sender=3, context=b"r")
    states_after_two = obey(leader).read_states

    assert states_after_one == ()
    assert states_after_two == (ReadState(index=2, context=b"r"),)


def test_read_waits_for_the_first_commit_of_the_term() -> None:
    """Until then the leader does not know what its predecessor committed."""
    leader = log_of(1, 1)
    lead(leader)
    leader.read_index(b"r")
    is_asked_early = MessageKind.HEARTBEAT in kinds(obey(leader))

    answer(leader, MessageKind.APP_RESP, index=4)

    assert not is_asked_early
    assert MessageKind.HEARTBEAT in kinds(obey(leader))


def test_heartbeat_commits_only_what_the_follower_is_known_to_have() -> None:
    """Its log may differ beyond."""
    leader = settled_leader(1, 2, 3)

    leader.tick()
    commits = {each.to: each.commit for each in obey(leader).messages}

    assert commits == {2: 2, 3: 0}


def test_learners_do_not_keep_a_leader_in_office() -> None:
    """They cannot elect another one either."""
    leader = machine_of(1)
    lead(leader)
    for node in (2, 3):
        kind = ChangeKind.ADD_LEARNER
        change = Change(kind=kind, node=node)
        leader.propose_change(ConfChange(changes=(change,)))
        obey(leader)

    for _ in range(2 * ELECTION_TICKS):
        leader.tick()

    assert leader.status().role is Role.LEADER


def test_snapshot_is_not_thrown_after_a_silent_node() -> None:
    """It is large; the first sign of life brings it."""
    leader = settled_leader(1, 2, 3)
    answer(leader, MessageKind.APP_RESP, sender=3, index=2)
    leader.propose(b"x")
    obey(leader)
    answer(leader, MessageKind.APP_RESP, index=3)
    obey(leader)
    leader.compact(3, b"", keep_tail=0)
    for _ in range(ELECTION_TICKS):
        leader.tick()  # The quorum is checked: from now on 3 counts as silent.
    leader.report_unreachable(3)

    leader.propose(b"y")
    kinds_while_silent = kinds(obey(leader))
    answer(leader, HEARTBEAT_RESP, sender=3)

    assert MessageKind.SNAP not in kinds_while_silent
    assert MessageKind.SNAP in kinds(obey(leader))


def test_delivered_snapshot_is_followed_by_patience() -> None:
    """The follower answers by itself when it has it."""
    leader = settled_leader(1, 2, 3)
    leader.compact(2, b"", keep_tail=0)
    leader.step(Message(kind=HEARTBEAT_RESP, sender=3, term=1))
    obey(leader)

    leader.report_snapshot(3, ok=True)
    progress = leader.status().progress[3]

    assert progress.state is ProgressState.PROBE
    assert progress.next == 3
    assert progress.is_paused


def test_throttled_follower_still_gets_empty_appends() -> None:
    """If all of a full window was lost, nothing else would ever be sent."""
    leader = machine_of(1, 2, config=replace(CONFIG, max_inflight=1))
    lead(leader)
    answer(leader, MessageKind.APP_RESP, index=2)
    leader.propose(b"lost")
    leader.propose(b"waits")
    obey(leader)

    answer(leader, HEARTBEAT_RESP)
    sent = obey(leader).messages

    assert [(each.kind, each.entries) for each in sent] == [(MessageKind.APP, ())]


def test_handing_over_waits_for_the_last_entry() -> None:
    """A successor without it could not be elected."""
    leader = settled_leader(1, 2, 3)
    leader.propose(b"x")
    obey(leader)

    leader.transfer(2)
    kinds_before = kinds(obey(leader))
    answer(leader, MessageKind.APP_RESP, index=3)

    assert MessageKind.TIMEOUT_NOW not in kinds_before
    assert MessageKind.TIMEOUT_NOW in kinds(obey(leader))


@pytest.mark.parametrize(
    "to", [pytest.param(1, id="itself"), pytest.param(9, id="stranger")]
)
def test_handing_over_to_nobody_new_changes_nothing(to: int) -> None:
    """Proposals are still taken."""
    leader = settled_leader(1, 2, 3)

    leader.transfer(to)

    leader.propose(b"x")


def test_successor_that_is_removed_is_forgotten() -> None:
    """Or the leader would wait for it."""
    leader = settled_leader(1, 2, 3)
    remove = Change(kind=ChangeKind.REMOVE_NODE, node=3)
    leader.propose_change(ConfChange(changes=(remove,)))
    leader.transfer(3)
    obey(leader)

    answer(leader, MessageKind.APP_RESP, index=3)
    obey(leader)

    assert leader.status().transfer_to == 0


def test_removed_leader_that_stays_takes_no_proposals() -> None:
    """Its successor will."""
    config = replace(CONFIG, step_down_on_removal=False)
    leader = machine_of(1, 2, 3, config=config)
    lead(leader)
    answer(leader, MessageKind.APP_RESP, index=2)
    remove = Change(kind=ChangeKind.REMOVE_NODE, node=1)
    leader.propose_change(ConfChange(changes=(remove,)))
    obey(leader)
    for sender in (2, 3):
        leader.step(Message(kind=MessageKind.APP_RESP, sender=sender, term=1, index=3))
    obey(leader)

    with pytest.raises(ProposalDropped, match="removed"):
        leader.propose(b"x")
    assert leader.status().role is Role.LEADER


def test_smaller_electorate_may_commit_at_once() -> None:
    """What two of four had not, two of three have."""
    leader = settled_leader(1, 2, 3)
    assert leader.status().commit == 2
    leader.propose(b"x")
    obey(leader)
    only_us = leader.status().commit

    for node in (2, 3):
        leader.apply_change(
            ConfChange(changes=(Change(kind=ChangeKind.REMOVE_NODE, node=node),))
        )

    assert only_us == 2
    assert leader.status().commit == 3


def test_forwarded_proposals_keep_their_order() -> None:
    """One message may carry several."""
    leader = settled_leader(1, 2, 3)
    entries = (Entry(data=b"a"), Entry(data=b"b"))

    leader.step(Message(kind=MessageKind.PROP, sender=2, entries=entries))

    taken = leader.ready().entries
    assert [(each.index, each.data) for each in taken] == [(3, b"a"), (4, b"b")]
