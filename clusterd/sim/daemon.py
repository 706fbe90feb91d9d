"""One life of a daemon: feeds its NodeMachine, performs its effects.

Follows `daemon.runtime` and `daemon.perform`: an input that arises while effects
are performed waits its turn, so the machine is never entered twice.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from clusterd.node.effects import Effect
from clusterd.node.inputs import Input, Tick
from clusterd.node.machine import NodeMachine
from clusterd.sim.clocks import Clock
from clusterd.sim.world import World

EARLY = 1e-6
"""Seconds to wait longer, lest rounding wakes a machine just before its time."""
WAKES_MAX = 1000
"""Wake-ups in one second of which a daemon is taken to spin."""
BACKLOG_MAX = 5000
"""Inputs a frozen daemon has in its sockets; what comes later is lost."""


class Spinning(Exception):
    """A machine wants to be woken again and again, and nothing comes of it."""


class Watch(Protocol):
    """Hears after each step what a daemon did."""

    def __call__(self, machine: NodeMachine, effects: list[Effect]) -> None:
        """`effects` are not performed yet."""
        ...


class Daemon:
    """Runs one NodeMachine from its start to its crash."""

    def __init__(
        self,
        machine: NodeMachine,
        world: World,
        clock: Clock,
        perform: Callable[[Effect], None],
        watch: Watch,
    ) -> None:
        self.machine = machine
        self._world = world
        self._clock = clock
        self._perform = perform
        self._watch = watch
        self._queue: deque[Input] = deque()
        self._is_busy = False
        self._wake_at = float("inf")
        self._second = 0
        self._wakes = 0
        self.is_dead = False
        self.is_paused = False

    def start(self) -> None:
        """Start the machine and its timer."""
        self._is_busy = True
        self._do(self.machine.start(self._now(), self._wall()))
        self._is_busy = False
        self.feed(Tick())

    def end(self) -> None:
        """Be gone at once (SIGKILL, or the power)."""
        self.is_dead = True
        self._queue.clear()

    def pause(self) -> None:
        """Stand still (SIGSTOP)."""
        self.is_paused = True

    def resume(self, *, timer_first: bool) -> None:
        """Go on: whether the timer or the sockets come first is anybody's guess."""
        self.is_paused = False
        if timer_first:
            self._queue.appendleft(Tick())
        else:
            self._queue.append(Tick())
        self._drain()

    def feed(self, what: Input) -> None:
        """Take in one input, and all it leads to."""
        if self.is_dead or len(self._queue) >= BACKLOG_MAX:
            return
        self._queue.append(what)
        if not self._is_busy and not self.is_paused:
            self._drain()

    def _drain(self) -> None:
        self._is_busy = True
        while self._queue and not self.is_dead:
            what = self._queue.popleft()
            self._do(self.machine.handle(what, self._now(), self._wall()))
        self._is_busy = False
        self._arm()

    def _do(self, effects: list[Effect]) -> None:
        self._watch(self.machine, effects)
        for effect in effects:
            if not self.is_dead:
                self._perform(effect)

    def _arm(self) -> None:
        if self.is_dead:
            return
        due = self._clock.real(self.machine.deadline()) + EARLY
        if due < self._wake_at or self._wake_at <= self._world.now:
            self._wake_at = max(due, self._world.now + EARLY)
            self._world.at(self._wake_at, self._wake)

    def _wake(self) -> None:
        if self.is_dead or self._world.now < self._wake_at:
            return  # An earlier wake-up took the place of this one.
        self._wake_at = float("inf")
        if self.is_paused:
            return  # `resume` brings a tick.
        if self._clock.real(self.machine.deadline()) > self._world.now:
            self._arm()
        else:
            self._count_wake()
            self.feed(Tick())

    def _count_wake(self) -> None:
        second = int(self._world.now)
        self._wakes = self._wakes + 1 if second == self._second else 1
        self._second = second
        if self._wakes > WAKES_MAX:
            raise Spinning(f"{self.machine.settings.name} woke {self._wakes} times")

    def _now(self) -> float:
        return self._clock.boot_time(self._world.now)

    def _wall(self) -> float:
        return self._clock.wall(self._world.now)
