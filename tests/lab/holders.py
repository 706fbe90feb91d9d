"""The observer: who holds the address, seen from outside, every few milliseconds.

It keeps a netlink socket inside each node's network namespace and lists the
addresses there. It shares no code with what it watches.
"""

import ctypes
import os
import socket
import struct
import threading
import time
from pathlib import Path

PERIOD = 0.005
_CLONE_NEWNET = 0x40000000
_RTM_GETADDR, _NLMSG_DONE = 22, 3
_REQUEST_DUMP = 0x301
_DUMP = struct.pack("=LHHLL8B", 24, _RTM_GETADDR, _REQUEST_DUMP, 1, 0, *([0] * 8))


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Holders:
    """Watches one IPv4 address on several hosts."""

    def __init__(self, address: str) -> None:
        """Begin without hosts."""
        self._needle = socket.inet_aton(address)
        self._sockets: dict[str, socket.socket] = {}
        self._lock = threading.Lock()
        self._now: tuple[str, ...] = ()
        self._doubles: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def watch(self, name: str, pid: int) -> None:
        """Watch the network namespace of that process under this name."""
        found: list[socket.socket] = []
        # The namespace of a thread is its own: one that ends takes it along.
        thread = threading.Thread(target=lambda: found.append(_netlink_in(pid)))
        thread.start()
        thread.join()
        with self._lock:
            self._sockets[name] = found[0]

    def unwatch(self, name: str) -> None:
        """Forget a host: without power, its port unplugged, it holds nothing."""
        with self._lock:
            channel = self._sockets.pop(name, None)
            if channel is not None:
                channel.close()

    @property
    def now(self) -> tuple[str, ...]:
        """Who holds the address at this moment."""
        return self._now

    def double_seconds(self, since: float) -> float:
        """For how long, since then, more than one host held the address."""
        return sum(
            end - max(start, since) for start, end in self._doubles if end > since
        )

    def stop(self) -> None:
        """End the observation."""
        self._ended.set()
        self._thread.join()
        for name in list(self._sockets):
            self.unwatch(name)

    def _watch(self) -> None:
        before = _now()
        while not self._ended.wait(PERIOD):
            with self._lock:
                holders = [n for n, s in self._sockets.items() if self._holds(s)]
            now = _now()
            self._now = tuple(holders)
            if len(holders) > 1:
                # A look can only tell that it was so since the look before.
                self._doubles.append((before, now))
            before = now

    def _holds(self, channel: socket.socket) -> bool:
        channel.send(_DUMP)
        found = False
        while True:
            data = channel.recv(65536)
            found = found or self._needle in data
            if _is_last(data):
                return found


def _is_last(data: bytes) -> bool:
    offset = 0
    while offset + 16 <= len(data):
        length, kind = struct.unpack_from("=LH", data, offset)
        if kind == _NLMSG_DONE:
            return True
        offset += (length + 3) & ~3
    return False


def _netlink_in(pid: int) -> socket.socket:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(Path(f"/proc/{pid}/ns/net"), os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    finally:
        os.close(descriptor)
