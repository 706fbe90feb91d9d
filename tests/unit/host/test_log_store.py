"""The log on disk: what was saved is loaded, and damage is never taken for data."""

import sqlite3
from pathlib import Path

import pytest

from clusterd.host.log_store import CutTail, LogStore, Record, Save, Stored
from clusterd.host.storage_fault import (
    CorruptedLog,
    MissingLog,
    NotADatabase,
    StorageBusy,
    StorageDenied,
    UnknownFormat,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the database will be."""
    return tmp_path / "log.db"


def _entries(first: int, last: int, mark: str = "") -> tuple[Record, ...]:
    return tuple(
        Record(index=i, data=f"entry {i}{mark}".encode())
        for i in range(first, last + 1)
    )


def _write(path: Path, *saves: Save) -> None:
    store = LogStore(path)
    store.save_all(saves)
    store.close()


def _read(path: Path) -> Stored:
    store = LogStore(path)
    try:
        return store.load()
    finally:
        store.close()


def _damage(path: Path, statement: str) -> None:
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()


def test_a_new_store_is_empty(path: Path) -> None:
    """Nothing was promised, so nothing is remembered."""
    assert _read(path) == Stored()


def test_what_was_saved_is_loaded_after_opening_anew(path: Path) -> None:
    """Hard state, entries and identity survive a restart."""
    store = LogStore(path)
    store.save(Save(hard_state=b"term 3", entries=_entries(1, 5)))
    store.save_identity(b"node1")
    store.close()

    assert _read(path) == Stored(
        hard_state=b"term 3", entries=_entries(1, 5), identity=b"node1"
    )


def test_entries_replace_everything_from_the_first_one_on(path: Path) -> None:
    """Raft, section 5.3: a conflicting entry and all that follow are deleted."""
    _write(path, Save(entries=_entries(1, 5)), Save(entries=_entries(3, 3, "'")))

    assert _read(path).entries == (*_entries(1, 2), *_entries(3, 3, "'"))


def test_an_empty_hard_state_is_not_the_same_as_none(path: Path) -> None:
    """`None` in a save keeps the former one."""
    _write(path, Save(hard_state=b""), Save(entries=_entries(1, 1)))

    assert _read(path).hard_state == b""


def test_compacted_entries_are_gone_and_the_rest_follows_the_snapshot(
    path: Path,
) -> None:
    """Loaded entries begin right behind the snapshot, whatever tail was kept."""
    snapshot = Record(index=4, data=b"state at 4")
    _write(path, Save(entries=_entries(1, 6)), Save(snapshot=snapshot, compact_to=2))

    stored = _read(path)

    assert stored.snapshot == snapshot
    assert stored.entries == _entries(5, 6)


def test_a_snapshot_from_the_leader_stands_for_the_whole_log(path: Path) -> None:
    """Raft, section 7: entries that contradict it go, also those beyond it."""
    snapshot = Record(index=4, data=b"another state at 4")
    _write(
        path,
        Save(entries=_entries(1, 6)),
        Save(snapshot=snapshot, entries=_entries(5, 5, "'"), replaces_log=True),
    )

    assert _read(path) == Stored(snapshot=snapshot, entries=_entries(5, 5, "'"))


def test_a_snapshot_beyond_the_log_replaces_it(path: Path) -> None:
    """There is no log with a gap, so the next entry follows the snapshot."""
    snapshot = Record(index=90, data=b"state at 90")
    _write(
        path,
        Save(entries=_entries(1, 3)),
        Save(snapshot=snapshot),
        Save(entries=_entries(91, 92)),
    )

    assert _read(path) == Stored(snapshot=snapshot, entries=_entries(91, 92))


def test_a_gap_is_never_saved(path: Path) -> None:
    """It would be a bug of the caller, and nothing of that save is kept."""
    store = LogStore(path)
    store.save(Save(entries=_entries(1, 2)))

    with pytest.raises(AssertionError, match="leaves a gap"):
        store.save(Save(hard_state=b"new", entries=_entries(4, 4)))

    assert store.load() == Stored(entries=_entries(1, 2))
    store.close()


def test_a_damaged_last_entry_is_cut_and_told(path: Path) -> None:
    """A torn write at the end is lost; the log before it is good."""
    _write(path, Save(hard_state=b"t", entries=_entries(1, 5)))
    _damage(path, "UPDATE entries SET data = x'00' WHERE id = 5")

    stored = _read(path)
    again = _read(path)

    assert stored.entries == _entries(1, 4)
    assert stored.cut == CutTail(first=5, last=5)
    assert again.cut is None, "told once; from then on the log simply ends there"
    assert again.entries == stored.entries


def test_vanished_last_entries_are_told(path: Path) -> None:
    """The head knows how long the log was."""
    _write(path, Save(entries=_entries(1, 5)))
    _damage(path, "DELETE FROM entries WHERE id > 3")

    assert _read(path).cut == CutTail(first=4, last=5)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = x'00' WHERE id = 3",
        "UPDATE entries SET sum = 7 WHERE id = 3",
        "DELETE FROM entries WHERE id = 3",
    ],
)
def test_damage_before_a_valid_entry_is_refused_with_place_and_hint(
    path: Path, statement: str
) -> None:
    """Nothing was torn here: something acknowledged is wrong."""
    _write(path, Save(entries=_entries(1, 5)))
    _damage(path, statement)

    with pytest.raises(CorruptedLog) as caught:
        _read(path)

    assert caught.value.place == "entry 3"
    assert str(path) in str(caught.value)
    assert "join again" in caught.value.hint


def test_entries_that_changed_places_are_refused(path: Path) -> None:
    """The checksum covers the place of a record."""
    _write(path, Save(entries=_entries(1, 4)))
    _damage(path, "UPDATE entries SET data = 'x', id = 9 WHERE id = 2")
    _damage(path, "UPDATE entries SET id = 2 WHERE id = 3")
    _damage(path, "UPDATE entries SET id = 3 WHERE id = 9")

    with pytest.raises(CorruptedLog):
        _read(path)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE head SET data = zeroblob(40)", "head"),
        ("DELETE FROM head", "head"),
        ("UPDATE snapshot SET data = x'00'", "snapshot 2"),
        ("DELETE FROM snapshot", "snapshot 2"),
        ("UPDATE identity SET sum = 1", "identity"),
    ],
)
def test_a_damaged_single_record_is_refused(
    path: Path, statement: str, place: str
) -> None:
    """A forgotten vote or a lost snapshot cannot be cut off."""
    store = LogStore(path)
    store.save(Save(entries=_entries(1, 3)))
    store.save(Save(snapshot=Record(index=2, data=b"s"), compact_to=2))
    store.save_identity(b"me")
    store.close()
    _damage(path, statement)

    with pytest.raises(CorruptedLog) as caught:
        _read(path)

    assert caught.value.place == place


def test_another_kind_of_file_is_refused(path: Path) -> None:
    """Somebody's notes are not overwritten."""
    path.write_bytes(b"these are my notes, not a database\n" * 100)

    with pytest.raises(NotADatabase):
        LogStore(path)

    assert path.read_bytes().startswith(b"these are my notes")


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    """Its tables are left alone."""
    _damage(path, "CREATE TABLE theirs (x)")

    with pytest.raises(NotADatabase, match="not one of clusterd"):
        LogStore(path)


def test_a_newer_format_is_refused(path: Path) -> None:
    """An older program does not guess what a newer one wrote."""
    _write(path, Save(hard_state=b"t"))
    _damage(path, "PRAGMA user_version = 99")

    with pytest.raises(UnknownFormat, match="format 99") as caught:
        LogStore(path)

    assert "version of clusterd" in caught.value.hint


@pytest.mark.parametrize("content", [None, b""])
def test_a_missing_log_is_a_fault_where_one_must_be(
    path: Path, content: bytes | None
) -> None:
    """A member whose log vanished must not start as if it had never voted."""
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MissingLog):
        LogStore(path, create=False)


def test_a_folder_that_does_not_exist_is_a_clear_fault(path: Path) -> None:
    """Place and hint instead of `unable to open database file`."""
    with pytest.raises(StorageDenied) as caught:
        LogStore(path / "deeper" / "log.db")

    assert caught.value.hint


def test_a_second_opener_is_refused(path: Path) -> None:
    """Two daemons on one folder would vote for two."""
    store = LogStore(path)
    store.save(Save(hard_state=b"t"))

    with pytest.raises(StorageBusy, match="locked"):
        LogStore(path)

    store.close()
