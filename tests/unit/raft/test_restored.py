"""What a node finds on its disk."""

import pytest

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import RaftConfig, RaftMachine
from clusterd.raft.restored import LostLog, Restored, restore_log
from clusterd.raft.voters import Change, ChangeKind, ConfChange

MEMBERS = ConfState(voters=(1, 2, 3))
BORN = Snapshot(index=1, term=1, conf_state=MEMBERS)
CONFIG = RaftConfig(id=1, election_ticks=10, heartbeat_ticks=1)


def entry(index: int) -> Entry:
    """Return an ordinary entry."""
    return Entry(term=1, index=index)


def change_entry(index: int, *changes: Change) -> Entry:
    """Return an entry with a voter change."""
    data = ConfChange(changes=changes).to_bytes()
    return Entry(term=1, index=index, kind=EntryKind.CONF_CHANGE_V2, data=data)


@pytest.mark.parametrize(
    ("restored", "why"),
    [
        pytest.param(
            Restored(snapshot=BORN, entries=(entry(3),)),
            "has entry 3 where 2 belongs",
            id="gap",
        ),
        pytest.param(
            Restored(snapshot=BORN, hard_state=HardState(term=1, commit=5)),
            "ends at 1, but 5 was committed",
            id="end is missing",
        ),
        pytest.param(
            Restored(snapshot=BORN, entries=(entry(2),), applied=2),
            "2 was applied, 1 is committed",
            id="application ahead",
        ),
        pytest.param(
            Restored(snapshot=Snapshot(conf_state=MEMBERS)),
            "at index 1 or later",
            id="members without a place",
        ),
    ],
)
def test_disk_that_lost_something_is_refused(restored: Restored, why: str) -> None:
    """A node that forgot what it acknowledged could undo a commit."""
    with pytest.raises(LostLog, match=why):
        restore_log(restored)


def test_applied_changes_are_known_and_not_handed_out_again() -> None:
    """The application has them already; the machine needs them to count votes."""
    add = change_entry(2, Change(kind=ChangeKind.ADD_NODE, node=4))
    refused = change_entry(3)  # The end of a joint electorate, but there is none.
    restored = Restored(
        snapshot=BORN,
        entries=(add, refused, entry(4)),
        hard_state=HardState(term=1, commit=4),
        applied=3,
    )

    machine = RaftMachine(CONFIG, restored, lambda _: 0)

    assert machine.status().conf_state == ConfState(voters=(1, 2, 3, 4))
    assert machine.ready().committed_entries == (entry(4),)


def test_commit_index_may_lag_behind_the_snapshot() -> None:
    """It need not be on disk when a message goes out."""
    log = restore_log(Restored(snapshot=BORN, hard_state=HardState(term=1)))

    assert log.committed == 1


def test_restart_changes_nothing_that_must_be_saved() -> None:
    """So a machine that just started has nothing to do."""
    restored = Restored(snapshot=BORN, hard_state=HardState(term=3, vote=2, commit=1))

    machine = RaftMachine(CONFIG, restored, lambda _: 0)

    assert not machine.has_ready()
    assert machine.status().term == 3
    assert machine.status().vote == 2
