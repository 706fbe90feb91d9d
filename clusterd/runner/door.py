"""The socket: one daemon at a time; the newest connection is the daemon."""

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from clusterd.host.runner_protocol import (
    LINE_MAX,
    Answer,
    Garbled,
    Message,
    Trouble,
    decode,
    encode,
)
from clusterd.runner.loop import Loop

CLOGGED = 1 << 20
"""Bytes unsent from which on results should rather wait where they are kept."""
UNSENT_MAX = 8 << 20
"""Bytes kept for a daemon that does not read; then it is hung up on, and gets
everything that matters again when it comes back."""

_RECEIVE_MAX = 64 << 10
_CREDENTIALS = struct.Struct("=iII")


class Door:
    """Listens at `path`; hands on what the daemon says, sends it what we say.

    `on_drained` is called when a daemon that was slow has read everything.
    """

    def __init__(
        self,
        loop: Loop,
        path: Path,
        on_connect: Callable[[], None],
        on_message: Callable[[Message], None],
        on_drained: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._on_connect = on_connect
        self._on_message = on_message
        self._on_drained = on_drained
        self._peer: _Peer | None = None
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(0.0)
        mask = os.umask(0o177)
        self._listener.bind(str(path))
        os.umask(mask)
        self._listener.listen(4)
        loop.on_readable(self._listener.fileno(), self._accept)

    @property
    def is_clogged(self) -> bool:
        """Tell whether the daemon should read before it gets more that is large."""
        return self._peer is not None and len(self._peer.unsent) >= CLOGGED

    def say(self, answer: Answer) -> None:
        """Send to the daemon; nothing happens if none is connected."""
        if self._peer is not None:
            self._peer.unsent += encode(answer)
            self._send()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # It changed its mind.
            return
        if not _is_trusted(connection):
            connection.close()
            return
        self._hang_up()
        connection.settimeout(0.0)
        self._peer = _Peer(connection)
        self._loop.on_readable(connection.fileno(), self._receive)
        self._on_connect()

    def _receive(self) -> None:
        peer = self._peer
        if peer is None:
            return
        try:
            chunk = peer.connection.recv(_RECEIVE_MAX)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._hang_up()
            return
        *lines, peer.unread = (peer.unread + chunk).split(b"\n")
        for line in lines:
            self._understand(line)
        if len(peer.unread) > LINE_MAX:
            self.say(Trouble(text=f"a line is longer than {LINE_MAX} bytes"))
            self._hang_up()

    def _understand(self, line: bytes) -> None:
        try:
            message = decode(line)
        except Garbled as fault:
            self.say(Trouble(text=str(fault)))
        else:
            self._on_message(message)

    def _send(self) -> None:
        peer = self._peer
        if peer is None:
            return
        try:
            while peer.unsent:
                sent = peer.connection.send(peer.unsent)
                del peer.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up()
            return
        if len(peer.unsent) > UNSENT_MAX:
            self._hang_up()
            return
        writable = self._send_more if peer.unsent else None
        self._loop.on_ready(peer.connection.fileno(), self._receive, writable)

    def _send_more(self) -> None:
        self._send()
        if self._peer is not None and not self._peer.unsent:
            self._on_drained()

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._loop.forget(self._peer.connection.fileno())
            with contextlib.suppress(OSError):
                self._peer.connection.close()
            self._peer = None


class _Peer:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unread = b""
        self.unsent = bytearray()


def _is_trusted(connection: socket.socket) -> bool:
    told = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
    )
    _, uid, _ = _CREDENTIALS.unpack(told)
    return uid in (0, os.geteuid())
