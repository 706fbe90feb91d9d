"""The daemon's end of the guard: send leases, hear what the guard did.

The guard outlives the daemon, so it is looked for before it is started; one that
dies is replaced within `CONNECT_EVERY`. Nothing here waits: a lease is sent at
once or, while there is no connection, as the first thing on the next one, and
only the newest counts. A daemon that cannot reach its guard loses what it holds
by the clocks of the kernel: that is the guard's design, not a case to handle.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from clusterd.host.clock import boot_time
from clusterd.host.guard_protocol import (
    LARGEST,
    Enforcement,
    Lease,
    MalformedMessage,
    Object,
    encode,
    lease_datagram,
    parse_object,
)
from clusterd.model.names import InstanceName
from clusterd.model.note import Level, Note

CONNECT_EVERY = 0.05
"""Seconds between attempts to connect while there is no connection."""

SPAWN_EVERY = 1.0
"""Seconds between attempts to start a guard: one needs 0.1 s to listen."""


class AttachedCallback(Protocol):
    """Hears of each new connection to a guard."""

    def __call__(self, *, has_filter: bool, forfeited: int) -> None:
        """`has_filter`: nftables works; `forfeited`: the newest released session."""


class GuardClient:
    """Keeps one connection to the guard; call `start` inside the running loop.

    `on_attached`: (again) connected, and this is how the guard enforces.
    `on_released(at, session)`: everything exclusive of this session is gone, at
    this boot-time instant, and the guard grants nothing to it any more.
    `on_note`: what else happened, for the journal.
    """

    def __init__(
        self,
        socket_path: Path,
        *,
        on_attached: AttachedCallback,
        on_released: Callable[[float, int], None],
        on_note: Callable[[Note], None],
        arguments: Sequence[str] = (),
    ) -> None:
        self._path = socket_path.absolute()
        self._on_attached = on_attached
        self._on_released = on_released
        self._on_note = on_note
        self._arguments = tuple(arguments)
        self._socket: socket.socket | None = None
        self._lease: Lease | None = None
        self._process: int | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._spawn_not_before = 0.0

    @property
    def is_connected(self) -> bool:
        """Tell whether the guard hears us."""
        return self._socket is not None

    def start(self) -> None:
        """Connect, and start the guard if nobody answers; returns at once."""
        self._connect()

    async def close(self) -> None:
        """Hang up. The guard goes on, and lets go when the lease ends."""
        self._hang_up()

    def end_guard(self) -> None:
        """Let the guard release everything and end: this is no member any more.

        The connection is over with it; call `close` afterwards.
        """
        self._lease = None
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.send(encode({"verb": "end"}))
        self._hang_up()

    def hold_lease(
        self, until: float, session: int, exclusive: Mapping[InstanceName, str]
    ) -> None:
        """Tell the guard that the lease is valid until then (boot-time seconds).

        An `until` in the past releases everything in `exclusive` at once.
        """
        named = {str(name): release for name, release in exclusive.items()}
        self._lease = Lease(until=until, session=session, exclusive=named)
        self._flush()

    def _hang_up(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _connect(self) -> None:
        self._retry = None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(0)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            self._spawn()
            self._connect_later(CONNECT_EVERY)
            return
        self._socket = connection
        asyncio.get_running_loop().add_reader(connection, self._hear)
        self._send(encode({"verb": "attach"}))
        self._flush()

    def _connect_later(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        self._retry = loop.call_later(delay, self._connect)

    def _spawn(self) -> None:
        """Start a guard in a session of its own; it inherits our priority.

        By posix_spawn: the loop stands still for less than a millisecond, and
        nobody is asked to wait for a process that shall outlive us.
        """
        self._reap()
        now = boot_time()
        if now < self._spawn_not_before:
            return
        self._spawn_not_before = now + SPAWN_EVERY
        command = [sys.executable, "-m", "clusterd.guard", "--socket", str(self._path)]
        null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)
        try:
            self._process = os.posix_spawn(
                sys.executable,
                [*command, *self._arguments],
                os.environ,
                file_actions=[null, (os.POSIX_SPAWN_DUP2, 0, 1)],
                setsid=True,
                setsigmask=(),
            )
        except OSError as error:
            self._say(Level.ERROR, "guard-not-started", str(error))
        else:
            self._say(Level.INFO, "guard-started", f"process {self._process}")

    def _reap(self) -> None:
        """Collect the exit status of a guard of ours that has ended."""
        if self._process is None:
            return
        try:
            ended, status = os.waitpid(self._process, os.WNOHANG)
        except ChildProcessError:
            ended, status = self._process, 0
        if ended:
            self._process = None
            code = os.waitstatus_to_exitcode(status)
            self._say(Level.WARNING, "guard-ended", f"the guard ended ({code})")

    def _flush(self) -> None:
        """Send the newest lease, if the guard reads; the next one comes soon."""
        if self._lease is not None:
            self._send(lease_datagram(replace(self._lease, sent=boot_time())))

    def _send(self, datagram: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(datagram)
        except BlockingIOError:
            # Frozen with a full buffer. The next renewal is the next attempt.
            return
        except OSError:
            self._lose()

    def _hear(self) -> None:
        while self._socket is not None:
            try:
                datagram = self._socket.recv(LARGEST)
            except BlockingIOError:
                return
            except OSError:
                datagram = b""
            if not datagram:
                self._lose()
                return
            try:
                self._take(parse_object(datagram))
            except (MalformedMessage, ValueError) as error:
                self._say(Level.ERROR, "guard-misunderstood", str(error))

    def _take(self, heard: Object) -> None:
        match heard:
            case {"event": "released", "at": float() as at, "session": int() as over}:
                self._on_released(at, over)
            case {"event": "attached", "enforcement": name, "released": int() as over}:
                has_filter = name == Enforcement.NFT.value
                self._on_attached(has_filter=has_filter, forfeited=over)
            case {"event": "stuck", "resources": resources}:
                self._say(Level.ERROR, "guard-stuck", f"cannot release {resources}")
            case {"event": "lost", "resource": name, "address": ip}:
                self._say(Level.WARNING, "address-lost", f"{ip} of `{name}` vanished")
            case {"event": "trouble", "text": str() as text}:
                self._say(Level.WARNING, "guard-trouble", text)
            case {"event": "superseded"}:
                self._say(Level.ERROR, "guard-taken", "another daemon leads the guard")
            case _:
                self._say(Level.WARNING, "guard-answer", f"not understood: {heard}")

    def _lose(self) -> None:
        """Drop the connection and look for the guard again."""
        self._hang_up()
        self._say(Level.WARNING, "guard-lost", "the connection to the guard ended")
        # Not at once: a guard that is ending still accepts, and would again.
        self._connect_later(0.0)

    def _say(self, level: Level, name: str, text: str) -> None:
        self._on_note(Note(name=name, level=level, text=text))
