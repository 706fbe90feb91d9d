"""The daemon's end of the runner: effects become lines, lines become inputs.

The runner outlives the daemon, so it is looked for before it is started. When the
connection ends, the executor hears `RunnerLost`; when it is back, `RunnerAttached`
says what the runner still knows, and the executor asks again for what it misses.
So an order that meets no connection is simply dropped here.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path
from typing import TypeAlias, assert_never

from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent, Unwatch
from clusterd.executor.inputs import (
    AgentExited,
    Input,
    Noticed,
    RunnerAttached,
    RunnerLost,
)
from clusterd.host import runner_protocol as lines
from clusterd.host.agent_files import DEFAULT_FOLDERS, find_agent
from clusterd.host.clock import wall_time
from clusterd.model.agent import AgentName
from clusterd.model.names import InstanceName
from clusterd.model.note import Level, Note

Effect: TypeAlias = RunAgent | KillAgent | CollectedAgent | Unwatch

UNSENT_MAX = 16 << 20
"""Bytes waiting for a runner that does not read; then the connection is given up."""

_BACK_OFF_MIN, _BACK_OFF_MAX = 0.02, 0.2
_SPAWN_EVERY = 1.0
"""Seconds between two attempts to start a runner: one needs 0.1 s to listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """How to find the runner and how to start it; see `python -m clusterd.runner`.

    `folders`: the OCF path list. `stderr`: where a runner we start complains;
    None is our own stderr (the journal).
    """

    socket: Path = Path("/run/clusterd/runner.sock")
    folders: Sequence[Path] = DEFAULT_FOLDERS
    guard: Path | None = None
    cgroup: Path | None = None
    scratch: Path | None = None
    warm: str | None = None
    stderr: Path | None = None

    def command(self) -> list[str]:
        """Return the command line of a runner with these settings."""
        given = {
            "--socket": self.socket,
            "--guard": self.guard,
            "--cgroup": self.cgroup,
            "--scratch": self.scratch,
            "--warm": self.warm,
        }
        words = [sys.executable, "-m", "clusterd.runner"]
        for name, value in given.items():
            if value is not None:
                words += [name, str(value)]
        return words


class RunnerClient:
    """Keeps one connection to the runner; call `start` inside the running loop."""

    def __init__(
        self,
        settings: RunnerSettings,
        on_input: Callable[[Input], None],
        on_note: Callable[[Note], None],
    ) -> None:
        self._settings = settings
        self._on_input = on_input
        self._on_note = on_note
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._pid: int | None = None
        self._spawn_not_before = 0.0
        self._is_ending = False

    @property
    def is_attached(self) -> bool:
        """Tell whether the runner hears us."""
        return self._writer is not None

    def start(self) -> None:
        """Connect, and start the runner if nobody answers; returns at once."""
        self._task = asyncio.create_task(self._stay_connected(), name="runner")

    async def close(self) -> None:
        """Hang up; the runner and what it runs go on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def end_runner(self) -> None:
        """Let the runner leave once nothing is under way (this node is stopping)."""
        self._is_ending = True
        self._say(lines.End())

    def perform(self, effect: Effect) -> None:
        """Carry out one effect of the executor; never waits."""
        match effect:
            case RunAgent():
                self._run(effect)
            case KillAgent(run=run):
                self._say(lines.Kill(run=run))
            case CollectedAgent(run=run):
                self._say(lines.Collected(run=run))
            case Unwatch(instance=instance):
                self._say(lines.Unwatch(instance=instance))
            case _:
                assert_never(effect)

    def _run(self, effect: RunAgent) -> None:
        file = _find(effect.agent, self._settings.folders)
        if file is None:
            places = ", ".join(map(str, self._settings.folders))
            self._fail(effect.run, f"agent `{effect.agent}` not found in {places}")
            return
        order = lines.Run(
            run=effect.run,
            argv=(str(file), effect.action),
            instance=effect.instance,
            environment=dict(effect.environment),
            timeout=effect.timeout,
            watch=effect.watch,
            leased=effect.leased,
            not_after=effect.not_after,
        )
        self._say(order)

    def _fail(self, run: str, why: str) -> None:
        exited = AgentExited(run=run, errno=ENOENT, error=why, wall=wall_time())
        # Not from inside `perform`: the caller is in the middle of its effects.
        asyncio.get_running_loop().call_soon(self._on_input, exited)

    def _say(self, order: lines.Order) -> None:
        if self._writer is None:
            return
        self._writer.write(lines.encode(order))
        if self._writer.transport.get_write_buffer_size() > UNSENT_MAX:
            self._note("runner-deaf", Level.ERROR, "the runner does not read")
            self._writer.transport.abort()

    async def _stay_connected(self) -> None:
        back_off = _BACK_OFF_MIN
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(
                    self._settings.socket, limit=lines.LINE_MAX
                )
            except OSError:
                self._spawn()
                await asyncio.sleep(back_off)
                back_off = min(2 * back_off, _BACK_OFF_MAX)
                continue
            back_off = _BACK_OFF_MIN
            self._writer = writer
            try:
                await self._listen(reader)
            finally:
                self._writer = None
                writer.close()
            self._on_input(RunnerLost())

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await reader.readline()
            except (OSError, ValueError):  # Reset, or a line beyond all bounds.
                return
            if not line.endswith(b"\n"):
                return
            try:
                self._hear(lines.decode(line))
            except lines.Garbled as fault:
                self._note("runner-garbled", Level.ERROR, str(fault))
                return

    def _hear(self, message: lines.Message) -> None:
        match message:
            case lines.Hello():
                self._on_input(
                    RunnerAttached(
                        boot=message.boot,
                        running=message.running,
                        finished=message.finished,
                    )
                )
            case lines.Exited():
                self._on_input(_exited(message))
            case lines.Noticed(instance=instance, what=what):
                self._on_input(Noticed(instance=InstanceName(instance), what=what))
            case lines.Trouble(text=text):
                self._note("runner-trouble", Level.WARNING, text)
            case _:
                raise lines.Garbled(f"an order from the runner: {message}")

    def _spawn(self) -> None:
        if self._is_ending:
            return
        self._bury()
        now = asyncio.get_running_loop().time()
        if self._pid is not None or now < self._spawn_not_before:
            return
        self._spawn_not_before = now + _SPAWN_EVERY
        try:
            self._pid = _start_runner(self._settings)
        except OSError as fault:
            text = f"cannot start the runner: {fault}"
            self._note("runner-unstarted", Level.ERROR, text)
            return
        self._note("runner-started", Level.INFO, f"pid {self._pid}")

    def _bury(self) -> None:
        """Take note of the end of the runner that we started, if it has ended."""
        if self._pid is None:
            return
        try:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
        except ChildProcessError:  # Somebody who reaps everything was faster.
            self._pid = None
            return
        if pid:
            self._pid = None
            ended = os.waitstatus_to_exitcode(status)
            self._note("runner-died", Level.ERROR, f"the runner ended with {ended}")

    def _note(self, name: str, level: Level, text: str) -> None:
        self._on_note(Note(name=name, level=level, text=text))


def _find(agent: str, folders: Sequence[Path]) -> Path | None:
    try:
        return find_agent(AgentName.parse(agent), folders)
    except ValueError:
        return None


def _exited(message: lines.Exited) -> AgentExited:
    lost = f"[{message.lost_bytes} bytes left out]\n" if message.lost_bytes else ""
    return AgentExited(
        run=message.run,
        status=message.status,
        signal=message.signal,
        timed_out=message.timed_out,
        too_late=message.too_late,
        error=message.error,
        errno=message.errno,
        stdout=message.stdout,
        stderr=lost + message.stderr,
        duration=message.duration,
        wall=message.wall,
    )


def _start_runner(settings: RunnerSettings) -> int:
    """Start a runner in a session of its own: it stays when the daemon goes.

    posix_spawn, because the daemon never forks (D4).
    """
    words = settings.command()
    actions: list[tuple[int, int, str, int, int] | tuple[int, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
    ]
    if settings.stderr is not None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        actions.append((os.POSIX_SPAWN_OPEN, 2, str(settings.stderr), flags, 0o640))
    return os.posix_spawn(
        words[0],
        words,
        os.environ,
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
    )
