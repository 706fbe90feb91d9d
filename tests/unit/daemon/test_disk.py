"""The node's values on a real log store, and back."""

import asyncio
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clusterd.daemon.disk import LogDisk, begin_log, open_log
from clusterd.host.storage_fault import MissingLog, StorageFault
from clusterd.node.effects import Persist
from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import Restored

HARD_STATE = HardState(term=3, vote=2, commit=4)
ENTRIES = tuple(Entry(term=3, index=i, data=f"entry {i}".encode()) for i in (2, 3, 4))
VOTERS = ConfState(voters=(1, 2, 3), learners=(4,))


@dataclass
class Saved:
    """What the disk told the node."""

    tickets: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def _write(path: Path, *persists: Persist) -> Saved:
    """Save all of this through the writer, and wait for the disk."""
    told = Saved()

    async def write() -> None:
        disk = LogDisk(open_log(path), told.tickets.append, told.faults.append)
        for each in persists:
            disk.save(each)
        await disk.close()
        await asyncio.sleep(0)  # What the thread told last is called now.

    asyncio.run(write())
    return told


def _read(path: Path) -> Restored:
    log = open_log(path)
    log.store.close()
    return log.restored


def test_a_founders_log_begins_with_its_state_and_its_own_vote(tmp_path: Path) -> None:
    """Index 1, term 1, committed: there is nothing to agree on with anybody."""
    path = tmp_path / "log.db"

    begin_log(path, b"the first state")

    assert _read(path) == Restored(
        hard_state=HardState(term=1, vote=0, commit=1),
        snapshot=Snapshot(
            index=1,
            term=1,
            conf_state=ConfState(voters=(1,)),
            data=b"the first state",
        ),
    )


def test_a_joiners_log_is_empty(tmp_path: Path) -> None:
    """It may vote for nobody before a leader has taught it the members."""
    path = tmp_path / "log.db"

    begin_log(path, None)

    assert _read(path) == Restored()


def test_a_new_log_forgets_an_earlier_membership(tmp_path: Path) -> None:
    """Votes and entries of another cluster would be poison in this one."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    _write(path, Persist(ticket=1, hard_state=HARD_STATE, entries=ENTRIES))

    begin_log(path, None)

    assert _read(path) == Restored()


def test_what_was_persisted_is_restored(tmp_path: Path) -> None:
    """Term, vote, commit, and every entry with its kind."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    change = Entry(term=3, index=5, kind=EntryKind.CONF_CHANGE_V2, data=b"\x01\x02")

    told = _write(
        path,
        Persist(ticket=1, hard_state=HARD_STATE, entries=ENTRIES),
        Persist(ticket=2, entries=(change,)),
    )

    assert told == Saved(tickets=[1, 2])
    restored = _read(path)
    assert restored.hard_state == HARD_STATE
    assert restored.entries == (*ENTRIES, change)


def test_new_entries_replace_the_tail_from_their_first_index_on(tmp_path: Path) -> None:
    """Another leader's entries contradict what follows them."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    newer = Entry(term=4, index=3, data=b"other")

    _write(
        path,
        Persist(ticket=1, entries=ENTRIES),
        Persist(ticket=2, entries=(newer,)),
    )

    assert _read(path).entries == (ENTRIES[0], newer)


def test_an_own_snapshot_keeps_the_entries_behind_it(tmp_path: Path) -> None:
    """The log is folded below `compact_to`; what came after is still the log."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    snapshot = Snapshot(index=3, term=3, conf_state=VOTERS, data=b"folded")

    _write(
        path,
        Persist(ticket=1, hard_state=HARD_STATE, entries=ENTRIES),
        Persist(ticket=0, snapshot=snapshot, compact_to=2),
    )

    restored = _read(path)
    assert restored.snapshot == snapshot
    assert restored.entries == (ENTRIES[2],)
    assert restored.hard_state == HARD_STATE


def test_a_leaders_snapshot_stands_for_the_whole_log(tmp_path: Path) -> None:
    """Own entries beyond it were never committed, or are in it."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    snapshot = Snapshot(index=3, term=5, conf_state=VOTERS, data=b"from the leader")

    _write(
        path,
        Persist(ticket=1, entries=ENTRIES),
        Persist(ticket=2, snapshot=snapshot),
    )

    restored = _read(path)
    assert restored.snapshot == snapshot
    assert restored.entries == ()


def test_a_missing_log_is_not_made_silently(tmp_path: Path) -> None:
    """An empty log in its place would vote twice in one term."""
    path = tmp_path / "log.db"

    with pytest.raises(MissingLog):
        open_log(path)

    assert not path.exists()


def test_entries_that_cannot_be_read_end_the_membership(tmp_path: Path) -> None:
    """They may have been acknowledged: voting without them could undo a commit."""
    path = tmp_path / "log.db"
    begin_log(path, b"state")
    _write(path, Persist(ticket=1, hard_state=HARD_STATE, entries=ENTRIES))
    database = sqlite3.connect(path)
    with database:
        database.execute("UPDATE entries SET data = x'00' WHERE id = 4")
    database.close()

    with pytest.raises(StorageFault) as caught:
        open_log(path)

    assert str(path) in str(caught.value)
