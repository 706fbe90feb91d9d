"""The daemon's end of the planner process."""

import asyncio
import contextlib
import itertools
import pickle
import socket
import subprocess
import sys

from clusterd.host.planner_frames import LENGTH, PlanAnswer, PlanRequest, frame
from clusterd.model.cluster import ClusterState
from clusterd.model.transition import Transition

RESTART_AFTER = 0.5
"""Seconds before a planner that died is started again."""


class PlannerFault(Exception):
    """The planner could not answer; the text says why."""


class PlannerClient:
    """Keeps one planner process; requests are answered in order."""

    def __init__(self) -> None:
        """Begin without a process; `start` makes one."""
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Transition]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        """Start the process and keep it alive until `stop`."""
        self._keeper = asyncio.create_task(self._keep())
        await self._ready.wait()

    async def stop(self) -> None:
        """End the process."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        self._end()

    async def plan(self, state: ClusterState) -> Transition:
        """Plan `state`. Raises PlannerFault if the planner fails or dies."""
        await self._ready.wait()
        assert self._writer is not None
        number = next(self._numbers)
        answer: asyncio.Future[Transition] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(frame(PlanRequest(number=number, state=state)))
        return await answer

    async def _keep(self) -> None:
        while True:
            try:
                with contextlib.suppress(OSError):  # No process or memory left: later.
                    await self._run_once()
            finally:
                self._end()
            await asyncio.sleep(RESTART_AFTER)

    async def _run_once(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603  # Once, own code.
                [sys.executable, "-m", "clusterd.planner", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        ours.setblocking(False)  # noqa: FBT003  # The socket module's own words.
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._ready.set()
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                answer = pickle.loads(await reader.readexactly(size))  # noqa: S301  # Own child.
                self._settle(answer)

    def _settle(self, answer: PlanAnswer) -> None:
        waiting = self._waiting.pop(answer.number, None)
        if waiting is None or waiting.done():
            return
        if answer.transition is None:
            waiting.set_exception(PlannerFault(answer.fault))
        else:
            waiting.set_result(answer.transition)

    def _end(self) -> None:
        self._ready.clear()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(PlannerFault("the planner ended"))
        self._waiting.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
