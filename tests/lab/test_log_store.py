"""The log on a disk that fills up: a small tmpfs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusterd.host.files import write_whole
from clusterd.host.log_store import LogStore, Record, Save
from clusterd.host.storage_fault import StorageDenied, StorageFull

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount"),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of half a megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "clusterd-test", str(tmp_path)]
    subprocess.run(mount, check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def _entry(index: int) -> Record:
    return Record(index=index, data=b"x" * 20_000)


def _fill(store: LogStore, saved: list[int]) -> None:
    for index in range(1, 1000):
        store.save(Save(hard_state=str(index).encode(), entries=(_entry(index),)))
        saved.append(index)


def test_a_full_disk_is_a_clear_fault_and_loses_nothing_saved(
    small_disk: Path,
) -> None:
    """What was acknowledged before is there, what failed is not, not even half."""
    path = small_disk / "log.db"
    store = LogStore(path)
    saved: list[int] = []

    with pytest.raises(StorageFull, match="full") as caught:
        _fill(store, saved)
    store.close()

    assert "free some space" in caught.value.hint
    store = LogStore(path)
    stored = store.load()
    store.close()
    assert len(saved) > 3
    assert [each.index for each in stored.entries] == saved
    assert stored.hard_state == str(saved[-1]).encode()


def test_a_read_only_disk_is_a_clear_fault(small_disk: Path) -> None:
    """What a file system does to itself after an error."""
    path = small_disk / "log.db"
    LogStore(path).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(StorageDenied) as caught:
        LogStore(path)

    assert "read-only" in caught.value.hint


def test_a_file_that_does_not_fit_leaves_the_former_one(small_disk: Path) -> None:
    """Nothing half, and no temporary file that keeps the disk full."""
    path = small_disk / "state"
    write_whole(path, b"old")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"x" * 2_000_000)

    assert path.read_bytes() == b"old"
    assert [each.name for each in small_disk.iterdir()] == ["state"]
