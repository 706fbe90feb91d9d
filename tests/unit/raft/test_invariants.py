"""The watch finds what it is there for: groups made to break each promise."""

import pytest

from clusterd.raft.entry import ConfState, Entry, HardState, Snapshot
from clusterd.raft.invariants import Invariants, InvariantViolated
from clusterd.raft.machine import RaftConfig, RaftMachine, Restored


def node(node_id: int, *entries: Entry, term: int = 1, commit: int = 1) -> RaftMachine:
    """Return a node that was restored with these entries."""
    config = RaftConfig(id=node_id, election_ticks=10, heartbeat_ticks=1)
    alone = Snapshot(index=1, term=1, conf_state=ConfState(voters=(node_id,)))
    hard_state = HardState(term=term, commit=commit)
    restored = Restored(snapshot=alone, entries=entries, hard_state=hard_state)
    return RaftMachine(config, restored, lambda _: 0)


def entry(term: int, index: int, data: bytes = b"") -> Entry:
    """Return an ordinary entry."""
    return Entry(term=term, index=index, data=data)


def elect(machine: RaftMachine) -> RaftMachine:
    """Let a lone voter become leader, without committing anything new."""
    machine.campaign()
    for _ in range(2):
        machine.advance(machine.ready())
    return machine


def test_two_leaders_of_a_term_are_found() -> None:
    """Even if they never meet: the watch remembers."""
    watch = Invariants()
    watch.observe([elect(node(1))])

    with pytest.raises(InvariantViolated, match="election safety: 1 and 2"):
        watch.observe([elect(node(2))])


def test_logs_that_agree_late_but_not_early_are_found() -> None:
    """Same term at the end, another one before it."""
    one = node(1, entry(1, 2), entry(2, 3), entry(3, 4))
    other = node(2, entry(1, 2), entry(1, 3), entry(3, 4))

    with pytest.raises(InvariantViolated, match="log matching"):
        Invariants().observe([one, other])


def test_different_commits_at_an_index_are_found() -> None:
    """Two applications would differ for ever."""
    one = node(1, entry(1, 2), term=3, commit=2)
    other = node(2, entry(3, 2), term=3, commit=2)

    with pytest.raises(InvariantViolated, match="state machine safety"):
        Invariants().observe([one, other])


def test_leader_without_a_committed_entry_is_found() -> None:
    """It would make the others forget it."""
    watch = Invariants()
    watch.observe([node(1, entry(1, 2, b"kept"), term=1, commit=2)])

    with pytest.raises(InvariantViolated, match="leader completeness: 2"):
        watch.observe([elect(node(2, term=4))])


def test_sound_group_passes_again_and_again() -> None:
    """Also after a restart, when less is committed than before."""
    watch = Invariants()
    log = (entry(1, 2, b"a"), entry(1, 3, b"b"))

    watch.observe([node(1, *log, commit=3), node(2, *log, commit=2)])
    watch.restarted(1)
    watch.observe([node(1, *log, commit=2), node(2, *log, commit=3)])
