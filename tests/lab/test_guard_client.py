"""The daemon's end of the guard, with a real guard in a namespace of its own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clusterd.host.clock import boot_time
from clusterd.host.guard_client import GuardClient
from clusterd.model.names import InstanceName
from clusterd.model.note import Note
from tests.lab.two_hosts import TwoHosts, inside

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
]


@dataclass
class Daemon:
    """Collects what the client tells, and lets a test wait for it."""

    released: list[int] = field(default_factory=list)
    attached: list[tuple[bool, int]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def on_released(self, at: float, session: int) -> None:
        """Collect."""
        assert at > 0
        self.released.append(session)
        self.news.set()

    def on_attached(self, *, has_filter: bool, forfeited: int) -> None:
        """Collect."""
        self.attached.append((has_filter, forfeited))
        self.news.set()

    def on_note(self, note: Note) -> None:
        """Collect."""
        self.notes.append(note)
        self.news.set()

    def client(self, path: Path) -> GuardClient:
        """Return a client that tells this daemon."""
        return GuardClient(
            path,
            on_attached=self.on_attached,
            on_released=self.on_released,
            on_note=self.on_note,
        )

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(5):
            while not happened():
                await self.news.wait()
                self.news.clear()

    def end_guard(self) -> None:
        """Kill the newest guard; nobody else does."""
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.guard(), signal.SIGKILL)
            os.waitpid(self.guard(), 0)

    def guard(self) -> int:
        """Return the process of the newest guard."""
        started = [each for each in self.notes if each.name == "guard-started"]
        return int(started[-1].text.removeprefix("process "))


@asynccontextmanager
async def _client(path: Path) -> AsyncIterator[tuple[GuardClient, Daemon]]:
    daemon = Daemon()
    client = daemon.client(path)
    client.start()
    try:
        yield client, daemon
    finally:
        await client.close()
        daemon.end_guard()


def test_a_guard_is_started_and_tells_how_it_enforces(tmp_path: Path) -> None:
    """The lease sent before there was a guard is the first thing it hears."""

    async def scenario() -> Daemon:
        async with _client(tmp_path / "guard.sock") as (client, daemon):
            client.hold_lease(boot_time() + 0.8, 3, {InstanceName("vip"): "kernel"})
            await daemon.until(lambda: bool(daemon.released))
            return daemon

    with TwoHosts() as hosts, inside(hosts.server):
        daemon = asyncio.run(scenario())

    assert daemon.attached == [(True, 0)]
    assert daemon.released == [3]


def test_a_killed_guard_is_replaced_and_hears_the_lease_again(tmp_path: Path) -> None:
    """The daemon hears that there was none for a moment."""

    async def scenario() -> tuple[Daemon, float]:
        async with _client(tmp_path / "guard.sock") as (client, daemon):
            client.hold_lease(boot_time() + 30, 3, {})
            await daemon.until(lambda: bool(daemon.attached))
            await asyncio.sleep(1.0)  # No faster than one start per second.
            killed = boot_time()
            first = daemon.guard()
            os.kill(first, signal.SIGKILL)
            await daemon.until(lambda: len(daemon.attached) == 2)
            assert daemon.guard() != first
            return daemon, boot_time() - killed

    with TwoHosts() as hosts, inside(hosts.server):
        daemon, outage = asyncio.run(scenario())

    assert "guard-lost" in [each.name for each in daemon.notes]
    assert outage < 1.0


def test_a_running_guard_is_found_not_doubled(tmp_path: Path) -> None:
    """A restarted daemon meets the guard of its predecessor."""

    async def scenario() -> tuple[Daemon, Daemon]:
        async with _client(tmp_path / "guard.sock") as (client, former):
            client.hold_lease(boot_time() + 30, 3, {})
            await former.until(lambda: bool(former.attached))
            await client.close()
            daemon = Daemon()
            second = daemon.client(tmp_path / "guard.sock")
            second.start()
            second.hold_lease(boot_time() + 30, 3, {})
            await daemon.until(lambda: bool(daemon.attached))
            await second.close()
            return former, daemon

    with TwoHosts() as hosts, inside(hosts.server):
        _, daemon = asyncio.run(scenario())

    assert daemon.notes == []
    assert daemon.attached == [(True, 0)]


def test_an_ended_guard_lets_go_and_is_gone(tmp_path: Path) -> None:
    """The machine left the cluster: nothing of us stays behind."""

    async def scenario() -> tuple[bool, int]:
        async with _client(tmp_path / "guard.sock") as (client, daemon):
            client.hold_lease(boot_time() + 30, 3, {})
            await daemon.until(lambda: bool(daemon.attached))
            client.end_guard()
            loop = asyncio.get_running_loop()
            ended = await loop.run_in_executor(None, os.waitpid, daemon.guard(), 0)
            return client.is_connected, os.waitstatus_to_exitcode(ended[1])

    with TwoHosts() as hosts, inside(hosts.server):
        is_connected, status = asyncio.run(scenario())

    assert not is_connected
    assert status == 0
