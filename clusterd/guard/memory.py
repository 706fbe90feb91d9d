"""What a restarted guard must know: what it holds, and until when.

Two files beside the socket, in a folder that a reboot empties. The deadline has
its own, because it changes several times a second: 8 bytes written in place cost
a microsecond. Both are worthless after a reboot, and carry the boot's identity.
"""

import contextlib
import json
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from clusterd.host.files import write_whole
from clusterd.host.guard_protocol import Hold, Lease, MalformedMessage, parse_request

_DEADLINE = struct.Struct("=d")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What was in force: addresses by resource, exclusive instances, deadline.

    `forfeited`: the newest session that gets nothing any more; `released`: the
    newest one of which certainly nothing is left.
    """

    held: tuple[Hold, ...] = ()
    lease: Lease = field(default_factory=lambda: Lease(until=0.0, session=0))
    forfeited: int = 0
    released: int = 0


class MemoryFile:
    """The two files, `<socket>.held` and `<socket>.until`."""

    def __init__(self, socket_path: Path) -> None:
        self._held = socket_path.with_name(f"{socket_path.name}.held")
        self._boot = _BOOT.read_text(encoding="ascii").strip()
        self._until = os.open(
            socket_path.with_name(f"{socket_path.name}.until"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            0o600,
        )

    def recall(self) -> Memory:
        """Return what the guard before us knew; nothing if that is unreadable."""
        try:
            return self._read()
        except (OSError, ValueError, TypeError, KeyError, struct.error):
            # Lifetimes and timeouts in the kernel end without our help.
            return Memory()

    def note_deadline(self, until: float) -> None:
        """Remember the end of the lease."""
        os.pwrite(self._until, _DEADLINE.pack(until), 0)

    def note(self, memory: Memory) -> None:
        """Remember what is held; called before it is taken and after it is gone."""
        content = {
            "boot": self._boot,
            "held": [
                {
                    "verb": "hold",
                    "resource": each.resource,
                    "address": each.address.ip,
                    "prefix": each.address.prefix,
                    "nic": each.address.nic,
                    "label": each.address.label,
                }
                for each in memory.held
            ],
            "exclusive": dict(memory.lease.exclusive),
            "session": memory.lease.session,
            "forfeited": memory.forfeited,
            "released": memory.released,
        }
        write_whole(self._held, json.dumps(content).encode())

    def close(self) -> None:
        """Close the files; they stay."""
        os.close(self._until)

    def _read(self) -> Memory:
        content = json.loads(self._held.read_bytes())
        if content["boot"] != self._boot:
            return Memory()
        (until,) = _DEADLINE.unpack(os.pread(self._until, _DEADLINE.size, 0))
        held = []
        for each in content["held"]:
            with contextlib.suppress(MalformedMessage):
                request = parse_request(json.dumps(each).encode())
                if isinstance(request, Hold):
                    held.append(request)
        return Memory(
            held=tuple(held),
            lease=Lease(
                until=until,
                session=int(content["session"]),
                exclusive=dict(content["exclusive"]),
            ),
            forfeited=int(content["forfeited"]),
            released=int(content["released"]),
        )
