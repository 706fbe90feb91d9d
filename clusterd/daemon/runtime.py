"""The loop: feed the NodeMachine, perform its effects, wake it when it asks.

Everything happens in one asyncio loop; an input that arises while effects are
performed waits its turn, so the machine is never entered twice.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable

from clusterd.host.clock import boot_time, wall_time
from clusterd.model.note import Level, Note
from clusterd.node.effects import Effect
from clusterd.node.inputs import Input, Tick
from clusterd.node.machine import NodeMachine

STALL = 0.5
"""Seconds by which the loop may be late before it is worth a line."""


class Runtime:
    """Runs one NodeMachine. `perform` must not block; `tell` writes a note."""

    def __init__(
        self,
        machine: NodeMachine,
        perform: Callable[[Effect], None],
        tell: Callable[[Note], None],
        on_bug: Callable[[str], None],
    ) -> None:
        """Begin; nothing happens before `start`.

        `on_bug`: an invariant is broken. Going on could break a promise, so the
        process must end: its lease ends with it.
        """
        self._on_bug = on_bug
        self.machine = machine
        self._perform = perform
        self._tell = tell
        self._queue: deque[Input] = deque()
        self._busy = True  # Until `start`: what comes earlier waits in the queue.
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._changed = asyncio.Event()

    def start(self) -> None:
        """Start the machine and its timer."""
        effects = self.machine.start(boot_time(), wall_time())
        self._do(effects)
        self._busy = False
        self.feed(Tick())

    def stop(self) -> None:
        """Feed nothing any more."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def feed(self, what: Input) -> None:
        """Take in one input, and perform what it leads to."""
        self._queue.append(what)
        if self._busy or self._stopped:
            return
        self._busy = True
        try:
            while self._queue and not self._stopped:
                self._handle(self._queue.popleft())
            self._arm()
        except Exception:  # noqa: BLE001  # Whatever it is, it is a bug.
            self.stop()
            self._on_bug(traceback.format_exc())
        finally:
            self._busy = False

    async def changed(self, since: int) -> None:
        """Return as soon as the applied index is greater than `since`."""
        while self.machine.state.index <= since:
            await self._changed.wait()

    def _handle(self, what: Input) -> None:
        before = self.machine.state.index
        self._do(self.machine.handle(what, boot_time(), wall_time()))
        if self.machine.state.index != before:
            self._changed.set()
            self._changed = asyncio.Event()

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._perform(effect)

    def _arm(self) -> None:
        if self._stopped:
            return
        due = self.machine.deadline()
        if self._timer is not None:
            if due == self._due:
                return
            self._timer.cancel()
        self._due = due
        delay = max(0.0, due - boot_time())
        self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        late = boot_time() - self._due
        self._timer = None
        if late > STALL:
            text = f"not scheduled for {late:.1f} s"
            self._tell(Note(name="stalled", level=Level.WARNING, text=text))
        self.feed(Tick())
