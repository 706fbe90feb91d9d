"""The log under what disks and crashes do, and what a commit costs."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterd.host.log_store import LogStore, Record, Save, Stored
from clusterd.host.log_writer import LogWriter
from clusterd.host.storage_fault import StorageFault

pytestmark = pytest.mark.process

_WRITER = """
import sys
from pathlib import Path
from clusterd.host.log_store import LogStore, Record, Save

store = LogStore(Path(sys.argv[1]))
index = 0
while True:
    first, index = index + 1, index + 3
    entries = tuple(
        Record(index=i, data=f"entry {i} ".encode() * 40)
        for i in range(first, index + 1)
    )
    store.save(Save(hard_state=str(index).encode(), entries=entries))
    if index % 30 == 0:
        snapshot = Record(index=index - 5, data=f"state {index - 5}".encode())
        store.save(Save(snapshot=snapshot, compact_to=index - 10))
    print(index, flush=True)
"""


def _entry(index: int, mark: str = "") -> Record:
    return Record(index=index, data=f"entry {index}{mark} ".encode() * 20)


def _history() -> list[Save]:
    """Return saves that use every table, with a conflict and a compaction."""
    return [
        Save(hard_state=b"term 1", entries=tuple(_entry(i) for i in range(1, 9))),
        Save(hard_state=b"term 2", entries=(_entry(7, "'"), _entry(8, "'"))),
        Save(snapshot=Record(index=3, data=b"state " * 900), compact_to=2),
        Save(hard_state=b"term 3", entries=tuple(_entry(i) for i in range(9, 15))),
    ]


@dataclass(frozen=True, slots=True)
class Pristine:
    """A cleanly closed file; the two files of an open one; each state there was."""

    closed: bytes
    open: bytes
    wal: bytes
    states: list[Stored]


@pytest.fixture(scope="module")
def pristine() -> Iterator[Pristine]:
    """Write the history once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        store = LogStore(path)
        states = [store.load()]
        for save in _history():
            store.save(save)
            states.append(store.load())
        open_, wal = path.read_bytes(), path.with_name("log.db-wal").read_bytes()
        store.close()
        yield Pristine(path.read_bytes(), open_, wal, states)


def _load(content: bytes, wal: bytes | None = None) -> Stored | None:
    """Load these files; None when they were refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        path.write_bytes(content)
        if wal is not None:
            path.with_name("log.db-wal").write_bytes(wal)
        try:
            store = LogStore(path)
        except StorageFault:
            return None
        try:
            return store.load()
        except StorageFault:
            return None
        finally:
            store.close()


def _flipped(content: bytes, bit: int) -> bytes:
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def test_undamaged_files_are_loaded(pristine: Pristine) -> None:
    """Also those a crash left: a main file and its write-ahead log."""
    assert _load(pristine.closed) == pristine.states[-1]
    assert _load(pristine.open, pristine.wal) == pristine.states[-1]


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_flipped_bit_gives_a_prefix_that_is_told_or_a_fault(
    pristine: Pristine, data: st.DataObject
) -> None:
    """Never anything that was not saved, and never a silent loss."""
    saved = pristine.states[-1]
    bit = data.draw(st.integers(0, len(pristine.closed) * 8 - 1))

    found = _load(_flipped(pristine.closed, bit))

    if found is None or found == saved:
        return
    assert found.cut is not None
    assert found.entries == saved.entries[: len(found.entries)]
    assert found.cut.first == saved.entries[0].index + len(found.entries)
    assert (found.hard_state, found.snapshot) == (saved.hard_state, saved.snapshot)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_flipped_bit_in_the_write_ahead_log_gives_an_earlier_state_or_a_fault(
    pristine: Pristine, data: st.DataObject
) -> None:
    """SQLite replays its log up to the damage: whole transactions, in order."""
    bit = data.draw(st.integers(0, len(pristine.wal) * 8 - 1))

    found = _load(pristine.open, _flipped(pristine.wal, bit))

    assert found is None or found in pristine.states


@pytest.mark.parametrize("after", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, after: int) -> None:
    """A process is killed while it writes; its word before that holds."""
    path = tmp_path / "log.db"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    with writer.stdout as words:
        for _ in range(after):
            promised = int(words.readline())
        writer.send_signal(signal.SIGKILL)
        rest = words.read().split()
    writer.wait()
    promised = int(rest[-1]) if rest else promised

    store = LogStore(path)
    stored = store.load()
    store.close()

    last = stored.entries[-1].index
    assert stored.cut is None
    assert last >= promised
    assert stored.hard_state is not None
    assert int(stored.hard_state) == last, "entries and hard state are one transaction"
    assert all(
        each.data == f"entry {each.index} ".encode() * 40 for each in stored.entries
    )


def test_the_writer_tells_every_ticket_in_order_and_groups_commits(
    tmp_path: Path,
) -> None:
    """Saves queued at once are far fewer syncs than saves."""
    told: list[tuple[int, ...]] = []
    raised: list[StorageFault] = []

    async def write() -> None:
        done = asyncio.Event()

        def saved(tickets: tuple[int, ...]) -> None:
            told.append(tickets)
            if tickets[-1] == 200:
                done.set()

        writer = LogWriter(LogStore(tmp_path / "log.db"), saved, raised.append)
        for ticket in range(1, 201):
            writer.save(ticket, Save(entries=(_entry(ticket),)))
        await asyncio.wait_for(done.wait(), 10)
        await writer.close()

    asyncio.run(write())

    store = LogStore(tmp_path / "log.db")
    stored = store.load()
    store.close()
    assert [ticket for group in told for ticket in group] == list(range(1, 201))
    assert len(told) < 20
    assert raised == []
    assert [each.index for each in stored.entries] == list(range(1, 201))


def test_the_writer_fails_once_and_writes_nothing_after(tmp_path: Path) -> None:
    """A gap is a bug; like a broken disk it ends all writing."""
    told: list[tuple[int, ...]] = []
    failures: list[StorageFault] = []

    async def write() -> None:
        failed = asyncio.Event()

        def fail(fault: StorageFault) -> None:
            failures.append(fault)
            failed.set()

        store = LogStore(tmp_path / "log.db")
        store.close()  # From here on every write fails.
        writer = LogWriter(store, told.append, fail)
        writer.save(1, Save(entries=(_entry(1),)))
        await asyncio.wait_for(failed.wait(), 10)
        writer.save(2, Save(entries=(_entry(1),)))
        await writer.close()

    asyncio.run(write())

    assert told == []
    assert len(failures) == 1


def test_a_commit_is_measured(tmp_path: Path) -> None:
    """One entry of 800 bytes per transaction, 200 times, synced each time."""
    store = LogStore(tmp_path / "log.db")
    costs = []
    for index in range(1, 201):
        started = time.perf_counter()
        entry = Record(index=index, data=os.urandom(800))
        store.save(Save(hard_state=b"t", entries=(entry,)))
        costs.append(time.perf_counter() - started)
    store.close()

    costs.sort()
    p50, p99, worst = (1000 * costs[each] for each in (100, 198, 199))
    sys.stdout.write(f"commit: p50 {p50:.2f}, p99 {p99:.2f}, max {worst:.2f} ms\n")
    assert p50 < 50, "a disk this slow cannot carry a cluster"
