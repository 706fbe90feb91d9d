"""The consensus log and its companions on disk: one SQLite file, records checksummed.

SQLite keeps transactions whole (WAL, synchronous FULL: a commit returns after the
sync); the checksums find what disks do to bytes at rest. One row, the head, says
what must be there, so that a record that vanished is found as well as one that
changed. Contents are opaque here; `clusterd.wire.raft` gives them meaning.

    head      hard state, index of the snapshot, first and last index of the log
    entries   one row per log entry
    snapshot  the newest one
    identity  who this node is

A `LogStore` belongs to one thread at a time. Who saves from an event loop wants
`clusterd.host.log_writer`.
"""

import contextlib
import sqlite3
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from clusterd.host.files import sync_folder
from clusterd.host.storage_fault import (
    CorruptedLog,
    MissingLog,
    NotADatabase,
    UnknownFormat,
    fault_of,
)

FORMAT = 1
"""The version of the layout below; a file of another version is refused."""

_APPLICATION = 0x636C7573
_WAL_LIMIT_BYTES = 4 << 20
_BOUNDS = struct.Struct(">QQQ")
_LAYOUT = (
    "CREATE TABLE head (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER)",
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER)",
    "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER)",
    "CREATE TABLE identity (id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER)",
)
_PUT = {
    table: f"INSERT OR REPLACE INTO {table} (id, data, sum) VALUES (?, ?, ?)"  # noqa: S608  # Names from this list.
    for table in ("head", "entries", "snapshot", "identity")
}
_GET = {
    table: f"SELECT id, data, sum FROM {table} WHERE id > ? AND id <= ? ORDER BY id"  # noqa: S608  # Names from this list.
    for table in ("head", "entries", "snapshot", "identity")
}
_INDEX_MAX = (1 << 63) - 1

_Row: TypeAlias = tuple[object, object, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something with a place in the log: an entry, or the snapshot of its index."""

    index: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """What is to be made durable as one.

    `entries` are contiguous and replace everything from the first one's index on.
    `compact_to`: entries up to this index are dropped; the snapshot covers them.
    `replaces_log`: the snapshot came from the leader and stands for the whole log,
    also for entries beyond it, which contradict it; `entries` go behind it. One
    beyond the end of the log always does.
    """

    hard_state: bytes | None = None
    entries: tuple[Record, ...] = ()
    snapshot: Record | None = None
    compact_to: int | None = None
    replaces_log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTail:
    """Entries at the very end that were unreadable, with nothing valid after them.

    They may have been acknowledged: whoever loads them must not vote before it
    knows that a majority has at least as much.
    """

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was on disk. `entries` begin right after the snapshot (or at 1).

    `hard_state` and `identity` are None until they were first saved.
    """

    hard_state: bytes | None = None
    snapshot: Record | None = None
    entries: tuple[Record, ...] = ()
    identity: bytes | None = None
    cut: CutTail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """`compacted`: entries up to here are gone; `last` equals it when none is left."""

    hard_state: bytes | None = None
    snapshot: int = 0
    compacted: int = 0
    last: int = 0

    def pack(self) -> bytes:
        bounds = _BOUNDS.pack(self.snapshot, self.compacted, self.last)
        state = b"\0" if self.hard_state is None else b"\1" + self.hard_state
        return bounds + state

    @classmethod
    def unpack(cls, data: bytes) -> "_Head":
        snapshot, compacted, last = _BOUNDS.unpack_from(data)
        rest = data[_BOUNDS.size :]
        return cls(
            hard_state=rest[1:] if rest[:1] == b"\1" else None,
            snapshot=snapshot,
            compacted=compacted,
            last=last,
        )


class LogStore:
    """One open file. Every error is a `StorageFault`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open `path`; with `create` a missing one is made, else `MissingLog`."""
        self._path = path
        self._head = _Head()
        with self._faults():
            if not create and not (path.exists() and path.stat().st_size):
                raise MissingLog(path, "there is no log here")
            self._database = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        try:
            with self._faults():
                self._prepare()
        except BaseException:
            self._database.close()
            raise

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    def close(self) -> None:
        """Close the file; everything saved is in it."""
        self._database.close()

    def load(self) -> Stored:
        """Return what is stored, every record verified.

        Unreadable entries at the end, with nothing valid after them, are cut off
        and told (`Stored.cut`). Anything else that is wrong is `CorruptedLog`:
        never is something returned that was not saved.
        """
        with self._faults():
            self._check_structure()
            self._head = self._read_head()
            snapshot = self._read_snapshot()
            entries = tuple(self._read_entries())
            begin = max(self._head.compacted, self._head.snapshot)
            cut = self._cut(begin + len(entries))
            return Stored(
                hard_state=self._head.hard_state,
                snapshot=snapshot,
                entries=entries,
                identity=self._read_identity(),
                cut=cut,
            )

    def save(self, save: Save) -> None:
        """Make `save` durable; after an error nothing of it is."""
        self.save_all([save])

    def save_all(self, saves: Sequence[Save]) -> None:
        """Make several saves durable, in order, in one transaction and one sync."""
        head = self._head
        with self._faults(), self._transaction():
            for each in saves:
                head = self._apply(head, each)
            self._put("head", 1, head.pack())
        self._head = head

    def save_identity(self, identity: bytes) -> None:
        """Remember who this node is."""
        with self._faults(), self._transaction():
            self._put("identity", 1, identity)

    # How a save changes the tables.

    def _apply(self, head: _Head, save: Save) -> _Head:
        """Carry out one save inside the transaction; return the head after it."""
        hard_state = head.hard_state if save.hard_state is None else save.hard_state
        kept, compacted, last = head.snapshot, head.compacted, head.last
        if save.snapshot is not None:
            kept = save.snapshot.index
            self._database.execute("DELETE FROM snapshot")
            self._put("snapshot", kept, save.snapshot.data)
            if save.replaces_log or kept > last:
                self._database.execute("DELETE FROM entries")
                compacted = last = kept
        if save.compact_to is not None and save.compact_to > compacted:
            assert save.compact_to <= kept, "the snapshot must cover what is dropped"
            compacted, last = save.compact_to, max(last, save.compact_to)
            self._database.execute("DELETE FROM entries WHERE id <= ?", (compacted,))
        if save.entries:
            last = self._append(save.entries, compacted, last)
        return _Head(
            hard_state=hard_state, snapshot=kept, compacted=compacted, last=last
        )

    def _append(self, entries: Sequence[Record], compacted: int, last: int) -> int:
        first = entries[0].index
        assert compacted < first <= last + 1, (
            f"entry {first} leaves a gap: the log has {compacted + 1} to {last}"
        )
        self._database.execute("DELETE FROM entries WHERE id >= ?", (first,))
        for expected, each in enumerate(entries, start=first):
            assert each.index == expected, "entries are contiguous"
        self._database.executemany(
            _PUT["entries"],
            [(e.index, e.data, _checksum("entries", e.index, e.data)) for e in entries],
        )
        return entries[-1].index

    def _put(self, table: str, index: int, data: bytes) -> None:
        row = (index, data, _checksum(table, index, data))
        self._database.execute(_PUT[table], row)

    # How records are read and judged.

    def _check_structure(self) -> None:
        """Let SQLite look for damage between the records."""
        said = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if said != ("ok",):
            raise CorruptedLog(self._path, "database", str(said[0] if said else said))

    def _read_head(self) -> _Head:
        data = self._single("head", 1)
        if data is None:
            raise CorruptedLog(self._path, "head", "the row is missing")
        return _Head.unpack(data)

    def _read_snapshot(self) -> Record | None:
        index = self._head.snapshot
        if not index:
            return None
        data = self._single("snapshot", index)
        if data is None:
            raise CorruptedLog(self._path, f"snapshot {index}", "the row is missing")
        return Record(index=index, data=data)

    def _read_identity(self) -> bytes | None:
        return self._single("identity", 1)

    def _single(self, table: str, index: int) -> bytes | None:
        row = self._database.execute(_GET[table], (index - 1, index)).fetchone()
        if row is None:
            return None
        record = _verified(table, row)
        if record is None or record.index != index:
            place = table if table in {"head", "identity"} else f"{table} {index}"
            raise CorruptedLog(self._path, place, "the checksum does not match")
        return record.data

    def _read_entries(self) -> Iterator[Record]:
        """Yield the entries up to the first that is damaged or missing.

        Raises CorruptedLog when a valid one follows that.
        """
        begin = max(self._head.compacted, self._head.snapshot)
        expected = begin + 1
        broken = False
        for row in self._database.execute(_GET["entries"], (begin, self._head.last)):
            record = _verified("entries", row)
            if record is None or (not broken and record.index != expected):
                broken = True
            if record is not None and broken:
                raise CorruptedLog(
                    self._path,
                    f"entry {expected}",
                    f"it is damaged or missing, and entry {record.index} is valid",
                )
            if record is not None:
                yield record
                expected += 1

    def _cut(self, last: int) -> CutTail | None:
        """Drop what the head promises beyond `last` and cannot be read."""
        if last >= self._head.last:
            return None
        cut = CutTail(first=last + 1, last=self._head.last)
        head = _Head(
            hard_state=self._head.hard_state,
            snapshot=self._head.snapshot,
            compacted=min(self._head.compacted, last),
            last=last,
        )
        with self._transaction():
            self._database.execute("DELETE FROM entries WHERE id > ?", (last,))
            self._put("head", 1, head.pack())
        self._head = head
        return cut

    # The file itself.

    def _prepare(self) -> None:
        """Set the file up for us, and make the tables of a new one."""
        run = self._database.execute
        # Exclusive: a second daemon on the same file fails at once, and no shared
        # memory file is needed beside it.
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA trusted_schema = OFF")
        run("PRAGMA cell_size_check = ON")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        with self._transaction():
            tables = run("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            application = run("PRAGMA application_id").fetchone()[0]
            found = run("PRAGMA user_version").fetchone()[0]
            if not tables and not application:
                self._create()
                return
        if application != _APPLICATION:
            raise NotADatabase(self._path, "a database, but not one of clusterd")
        if found != FORMAT:
            raise UnknownFormat(
                self._path, f"format {found}; this program knows format {FORMAT}"
            )
        self._head = self._read_head()

    def _create(self) -> None:
        for statement in _LAYOUT:
            self._database.execute(statement)
        self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
        self._database.execute(f"PRAGMA user_version = {FORMAT}")
        self._put("head", 1, self._head.pack())
        sync_folder(self._path.parent)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # The first error counts.
                    self._database.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, struct.error, UnicodeError) as error:
            # UnicodeError: SQLite quotes from a damaged schema in its own words.
            raise fault_of(self._path, error) from error


def _checksum(table: str, index: int, data: bytes) -> int:
    """Cover the place too: a record that wandered elsewhere is no record."""
    return zlib.crc32(data, zlib.crc32(f"{table} {index} ".encode()))


def _verified(table: str, row: _Row) -> Record | None:
    """Return the record of a row; None when it is not what was written."""
    index, data, checksum = row
    if not isinstance(index, int) or not isinstance(data, bytes):
        return None
    if checksum != _checksum(table, index, data):
        return None
    return Record(index=index, data=data)
