"""Daemon and runner together: the executor's effects come back as its inputs."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent
from clusterd.executor.inputs import (
    AgentExited,
    Input,
    Noticed,
    RunnerAttached,
    RunnerLost,
)
from clusterd.host.runner_client import RunnerClient, RunnerSettings
from clusterd.model.names import InstanceName
from clusterd.model.note import Note

pytestmark = pytest.mark.process

Wanted = TypeVar("Wanted")


class Ears:
    """Hears inputs, and lets a test wait for one of them."""

    def __init__(self) -> None:
        self._notes: asyncio.Queue[Note] = asyncio.Queue()
        self.heard: list[Input] = []
        self._news = asyncio.Event()

    def on_input(self, what: Input) -> None:
        """Take one input."""
        self.heard.append(what)
        self._news.set()

    def on_note(self, note: Note) -> None:
        """Take one note."""
        self._notes.put_nowait(note)

    async def expect_note(self, name: str) -> None:
        """Wait for a note of this name."""
        async with asyncio.timeout(10):
            while (await self._notes.get()).name != name:
                pass

    async def expect(self, kind: type[Wanted]) -> Wanted:
        """Return the next input of this type and forget it."""
        async with asyncio.timeout(10):
            while True:
                for each in self.heard:
                    if isinstance(each, kind):
                        self.heard.remove(each)
                        return each
                self._news.clear()
                await self._news.wait()


class Node:
    """One node's agents, runner and (several) daemons."""

    def __init__(self, folder: Path) -> None:
        self.settings = RunnerSettings(
            socket=folder / "runner.sock",
            folders=(folder / "missing", folder / "agents"),
            scratch=folder / "scratch",
            stderr=folder / "runner.log",
        )
        self._agents = folder / "agents" / "test"
        self._agents.mkdir(parents=True)

    def agent(self, name: str, text: str) -> RunAgent:
        """Write an agent; return an order to run it."""
        (self._agents / name).write_text(f"#!/bin/sh\n{text}\n")
        (self._agents / name).chmod(0o755)
        return an_order(name)

    @contextlib.asynccontextmanager
    async def daemon(self) -> AsyncIterator[tuple[RunnerClient, Ears]]:
        """Be the daemon for a while."""
        ears = Ears()
        client = RunnerClient(self.settings, ears.on_input, ears.on_note)
        client.start()
        try:
            yield client, ears
        finally:
            await client.close()

    def runner_pid(self) -> int:
        """Find the runner of this node."""
        mine = str(self.settings.socket).encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if mine in words:
                    return int(folder.name)
        raise AssertionError("no runner")


def an_order(name: str, run: str = "1", **more: object) -> RunAgent:
    """Return an order to run agent `ocf:test:NAME`."""
    facts: dict[str, object] = {"timeout": 10.0, "environment": {}} | more
    return RunAgent(
        run=run,
        agent=f"ocf:test:{name}",
        action="start",
        instance=InstanceName("vip"),
        **facts,  # type: ignore[arg-type]  # Named by the tests.
    )


def run(node: Node, story: Coroutine[None, None, None]) -> None:
    """Run a story; end the runner it left behind."""
    try:
        asyncio.run(story)
    finally:
        with contextlib.suppress(AssertionError):
            os.kill(node.runner_pid(), signal.SIGKILL)


def test_the_daemon_starts_a_runner_and_gets_results(tmp_path: Path) -> None:
    """Nobody answered at first; a second daemon finds the same runner."""
    node = Node(tmp_path)
    order = node.agent("A", "echo hello; exit 7")

    async def story() -> None:
        async with node.daemon() as (client, ears):
            first = await ears.expect(RunnerAttached)
            client.perform(order)
            exited = await ears.expect(AgentExited)
            client.perform(CollectedAgent(run="1"))
        async with node.daemon() as (client, ears):
            second = await ears.expect(RunnerAttached)

        assert (exited.status, exited.stdout) == (7, "hello\n")
        assert first.boot == second.boot
        assert second.finished == ()

    run(node, story())


def test_a_result_that_came_between_two_daemons_is_heard_once(tmp_path: Path) -> None:
    """The daemon restarts in the middle of a start."""
    node = Node(tmp_path)
    order = node.agent("A", "sleep 0.3; exit 4")
    node.agent("Q", "exit 0")

    async def story() -> None:
        async with node.daemon() as (client, ears):
            await ears.expect(RunnerAttached)
            client.perform(order)
            client.perform(an_order("Q", run="2"))
            await ears.expect(AgentExited)  # So the slow one has begun.
        async with node.daemon() as (client, ears):
            attached = await ears.expect(RunnerAttached)
            again = await ears.expect(AgentExited)
            client.perform(CollectedAgent(run="2"))
            client.perform(order)
            exited = await ears.expect(AgentExited)
            client.perform(CollectedAgent(run="1"))
            client.perform(an_order("Q", run="3"))
            last = await ears.expect(AgentExited)

            assert attached.running == ("1",)
            assert (again.run, exited.status) == ("2", 4)
            assert last.run == "3"
            assert ears.heard == []

    run(node, story())


def test_an_agent_that_does_not_exist_is_an_answer(tmp_path: Path) -> None:
    """With the places where it was looked for; nothing is executed."""
    node = Node(tmp_path)

    async def story() -> None:
        async with node.daemon() as (client, ears):
            await ears.expect(RunnerAttached)
            client.perform(an_order("nothing"))
            missing = await ears.expect(AgentExited)
            client.perform(an_order("../../../bin/true"))
            outside = await ears.expect(AgentExited)

        assert missing.errno == outside.errno == 2
        assert f"not found in {tmp_path}/missing" in missing.error

    run(node, story())


def test_a_killed_runner_is_replaced(tmp_path: Path) -> None:
    """The daemon hears of the loss, and the new one has a new boot."""
    node = Node(tmp_path)
    order = node.agent("A", "sleep 300")

    async def story() -> None:
        async with node.daemon() as (client, ears):
            first = await ears.expect(RunnerAttached)
            client.perform(order)
            os.kill(node.runner_pid(), signal.SIGKILL)
            await ears.expect(RunnerLost)
            second = await ears.expect(RunnerAttached)

            assert not client.is_attached or second.boot != first.boot
            assert second.running == ()

    run(node, story())


def test_a_run_is_killed_and_a_process_noticed(tmp_path: Path) -> None:
    """The other two effects and the other input, over the whole way."""
    node = Node(tmp_path)
    hanging = node.agent("H", "sleep 300")
    text = "sleep 300 </dev/null >/dev/null 2>&1 & echo $! | tee $CLUSTERD_WATCH"
    node.agent("W", text)

    async def story() -> None:
        async with node.daemon() as (client, ears):
            await ears.expect(RunnerAttached)
            client.perform(hanging)
            client.perform(KillAgent(run="1"))
            killed = await ears.expect(AgentExited)
            client.perform(an_order("W", run="2", watch=True))
            started = await ears.expect(AgentExited)
            os.kill(int(started.stdout), signal.SIGKILL)
            noticed = await ears.expect(Noticed)

        assert killed.signal == signal.SIGKILL
        assert noticed.instance == "vip"

    run(node, story())


def test_a_runner_that_cannot_start_is_mentioned(tmp_path: Path) -> None:
    """And tried again: the reason may be mended meanwhile."""
    node = Node(tmp_path)
    (tmp_path / "scratch").write_text("a file where a folder should be")

    async def story() -> None:
        async with node.daemon() as (client, ears):
            await ears.expect_note("runner-died")
            (tmp_path / "scratch").unlink()
            await ears.expect(RunnerAttached)
            assert client.is_attached

    run(node, story())


def test_the_runner_outlives_the_daemon(tmp_path: Path) -> None:
    """It is in a session of its own; no signal to the daemon's group reaches it."""
    node = Node(tmp_path)

    async def story() -> None:
        async with node.daemon() as (_, ears):
            await ears.expect(RunnerAttached)
            pid = node.runner_pid()

            assert os.getsid(pid) == pid
            assert os.getpgid(pid) == pid

    run(node, story())


def test_the_runner_leaves_when_it_is_told(tmp_path: Path) -> None:
    """A node that stops leaves nothing behind; a closed client starts none anew."""
    node = Node(tmp_path)

    async def story() -> None:
        async with node.daemon() as (client, ears):
            await ears.expect(RunnerAttached)
            client.end_runner()
            await ears.expect(RunnerLost)
            await asyncio.sleep(0.3)

            assert not client.is_attached
            assert not node.settings.socket.exists()

    run(node, story())


def test_the_runner_is_small(tmp_path: Path) -> None:
    """D4: it starts with the machine and stays; no gRPC, no asyncio in it."""
    code = (
        "import sys; import clusterd.runner.__main__; "
        "print([m for m in ('asyncio', 'grpc', 'google', 'yaml') if m in sys.modules])"
    )

    async def story() -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        return out.decode()

    assert asyncio.run(story()) == "[]\n"
