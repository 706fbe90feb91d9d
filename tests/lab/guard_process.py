"""A real guard in a namespace, and the two who speak to it: daemon and agent."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.lab.two_hosts import NIC, TwoHosts, boottime


class Speaker:
    """One connection to the guard."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(3)
        self._socket.connect(str(path))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def say(self, **message: object) -> None:
        """Send one message."""
        self._socket.send(json.dumps(message).encode())

    def hear(self) -> Any:
        """Return the next message of the guard."""
        return json.loads(self._socket.recv(65536))

    def hear_event(self, event: str) -> Any:
        """Return the next event of this name, skipping others."""
        while True:
            heard = self.hear()
            if heard.get("event") == event:
                return heard

    def ask(self, **message: object) -> Any:
        """Send one message and return its answer."""
        self.say(**message)
        return self.hear()

    def lease(self, seconds: float, session: int = 1, **exclusive: str) -> float:
        """Grant a lease from now on; return its end."""
        until = boottime() + seconds
        self.say(
            verb="lease",
            session=session,
            until=until,
            exclusive=exclusive,
            sent=boottime(),
        )
        return until

    def hold(self, ip: str) -> Any:
        """Ask for an address, as an agent does."""
        return self.ask(
            verb="hold",
            resource="vip",
            address=ip,
            prefix=64 if ":" in ip else 24,
            nic=NIC,
            label="" if ":" in ip else f"{NIC}:vip",
        )

    def release(self, ip: str) -> Any:
        """Give an address back, as an agent does."""
        return self.ask(verb="release", resource="vip", address=ip)


class GuardProcess:
    """One guard in the server's namespace; it can be killed and started anew."""

    def __init__(self, hosts: TwoHosts, folder: Path, *more: str) -> None:
        self.path = folder / "guard.sock"
        self._hosts = hosts
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None
        self._speakers: list[Speaker] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it listens."""
        before = self.path.stat().st_ino if self.path.exists() else 0
        self._process = subprocess.Popen(
            [
                # Not `ip netns exec`: its fresh /sys has no cgroups.
                *("nsenter", f"--net=/run/netns/{self._hosts.server}"),
                *(sys.executable, "-m", "clusterd.guard"),
                *("--socket", str(self.path), *self._more),
            ]
        )
        give_up = boottime() + 5
        while not self.path.exists() or self.path.stat().st_ino == before:
            assert self._process.poll() is None, "the guard ended at once"
            assert boottime() < give_up, "the guard does not listen"
            time.sleep(0.005)  # A path that will appear: nothing to wait on.

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; a kill is waited for."""
        assert self._process is not None
        self._process.send_signal(number)
        if number in {signal.SIGKILL, signal.SIGTERM}:
            self._process.wait()

    def connect(self) -> Speaker:
        """Return a new connection."""
        speaker = Speaker(self.path)
        self._speakers.append(speaker)
        return speaker

    def close(self) -> None:
        """End it, frozen or not."""
        for each in self._speakers:
            each.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def report(text: str) -> None:
    """Say what was measured; `pytest -rP` or `-s` shows it."""
    sys.stdout.write(f"{text}\n")


@contextlib.contextmanager
def marked_process(instance: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process of a resource which also has a child of its own."""
    process = subprocess.Popen(
        ["sh", "-c", "sleep 300 & exec sleep 300"],
        env={**os.environ, "CLUSTERD_RESOURCE": instance},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ended(process: subprocess.Popen[bytes], patience: float) -> float:
    """Wait until the process has ended; return when that was."""
    handle = os.pidfd_open(process.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        assert selector.select(patience), "the process lives on"
    os.close(handle)
    return boottime()


def marked(instance: str) -> int:
    """Count the living processes that carry the marker of `instance`."""
    marker = f"CLUSTERD_RESOURCE={instance}".encode()
    found = 0
    for each in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            found += marker in each.read_bytes().split(b"\0")
    return found


@contextlib.contextmanager
def own_cgroups() -> Iterator[Path]:
    """Make a folder for cgroups (version 2), or skip the test where one cannot."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    roots = [Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"]
    if not roots:
        pytest.skip("no cgroup2 here")
    folder = roots[0] / f"clusterd-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"cannot make a cgroup: {error}")
    try:
        yield folder
    finally:
        for each in folder.iterdir():
            if each.is_dir():
                each.rmdir()
        folder.rmdir()
