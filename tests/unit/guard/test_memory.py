"""What a restarted guard finds, and what it must not believe."""

import json
from pathlib import Path

from clusterd.guard.memory import Memory, MemoryFile
from clusterd.host.guard_protocol import Hold, Lease
from clusterd.host.netlink import Address

VIP = Hold(
    resource="vip",
    address=Address(ip="192.0.2.9", prefix=24, nic="eth0", label="eth0:vip"),
)


def _recall(socket_path: Path) -> Memory:
    file = MemoryFile(socket_path)
    try:
        return file.recall()
    finally:
        file.close()


def _note(socket_path: Path, memory: Memory) -> None:
    file = MemoryFile(socket_path)
    file.note_deadline(memory.lease.until)
    file.note(memory)
    file.close()


def test_what_was_noted_is_recalled(tmp_path: Path) -> None:
    """Addresses with all their parts, the exclusive ones, and the deadline."""
    memory = Memory(
        held=(VIP,),
        lease=Lease(until=812.25, session=4, exclusive={"db": "process"}),
        forfeited=3,
        released=2,
    )

    _note(tmp_path / "guard.sock", memory)

    assert _recall(tmp_path / "guard.sock") == memory


def test_a_first_guard_recalls_nothing(tmp_path: Path) -> None:
    """No files, no lease."""
    assert _recall(tmp_path / "guard.sock") == Memory()


def test_the_deadline_of_another_boot_is_worthless(tmp_path: Path) -> None:
    """The clock began anew: an old deadline would be a lease nobody granted."""
    path = tmp_path / "guard.sock"
    _note(path, Memory(held=(VIP,), lease=Lease(until=99999.0, session=1)))
    held = tmp_path / "guard.sock.held"
    held.write_text(json.dumps({**json.loads(held.read_text()), "boot": "other"}))

    assert _recall(path) == Memory()


def test_an_unreadable_memory_is_none(tmp_path: Path) -> None:
    """Better to hold nothing: the kernel's clocks end what is there."""
    path = tmp_path / "guard.sock"
    _note(path, Memory(held=(VIP,), lease=Lease(until=5.0, session=1)))
    (tmp_path / "guard.sock.held").write_text("{half")

    assert _recall(path) == Memory()
