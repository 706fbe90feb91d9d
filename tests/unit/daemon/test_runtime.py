"""The loop around a node machine: one input after the other, whatever happens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from clusterd.daemon.runtime import Runtime
from clusterd.host.clock import boot_time
from clusterd.model.note import Note
from clusterd.node.effects import Effect, Tell
from clusterd.node.inputs import Input, Persisted, PersistFailed, Tick
from clusterd.node.machine import NodeMachine
from clusterd.state.replicated import Replicated

ECHO = Tell(note=Note(name="echo"))
SAVED = Persisted(ticket=1)
BROKEN = PersistFailed(reason="broken")


@dataclass
class FakeMachine:
    """Notes what it is given; answers a save by one note, and breaks when told."""

    seen: list[Input | str] = field(default_factory=list)
    depth: int = 0
    state: Replicated = field(default_factory=Replicated)
    due: float = field(default_factory=lambda: boot_time() + 60.0)

    def start(self, now: float, wall: float) -> list[Effect]:
        """Note the start; want one thing."""
        del now, wall
        self.seen.append("start")
        return [ECHO]

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Take in one input."""
        del now, wall
        assert not self.depth, "entered twice"
        self.depth += 1
        self.seen.append(what)
        assert what != BROKEN, "an invariant"
        self.state = Replicated(index=self.state.index + 1)
        self.depth -= 1
        return [ECHO] if what == SAVED else []

    def deadline(self) -> float:
        """Return when a tick is due."""
        return self.due


@dataclass
class Daemon:
    """A runtime with everything it can call."""

    machine: FakeMachine = field(default_factory=FakeMachine)
    performed: list[Effect] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    on_effect: Callable[[], None] = lambda: None

    def runtime(self) -> Runtime:
        """Return the runtime of this machine."""
        return Runtime(
            cast("NodeMachine", self.machine),
            self._perform,
            lambda _: None,
            self.bugs.append,
        )

    def _perform(self, effect: Effect) -> None:
        self.performed.append(effect)
        self.on_effect()


def _run(work: Callable[[], None]) -> None:
    async def run() -> None:
        work()

    asyncio.run(run())


def test_what_comes_before_the_start_waits_for_it() -> None:
    """The companions are started first, and may speak before the machine began."""
    daemon = Daemon()

    def work() -> None:
        runtime = daemon.runtime()
        runtime.feed(SAVED)
        runtime.start()
        runtime.stop()

    _run(work)

    assert daemon.machine.seen == ["start", SAVED, Tick()]


def test_an_input_that_arises_while_effects_are_performed_waits_its_turn() -> None:
    """The machine is never entered twice, and the order is that of arrival."""
    daemon = Daemon()

    def work() -> None:
        runtime = daemon.runtime()
        runtime.start()
        daemon.on_effect = lambda: _once(daemon, runtime)
        runtime.feed(SAVED)
        runtime.stop()

    _run(work)

    assert daemon.machine.seen[-2:] == [SAVED, Tick()]
    assert daemon.bugs == []


def test_a_broken_invariant_ends_everything() -> None:
    """Going on could break a promise: nothing is taken in any more."""
    daemon = Daemon()

    def work() -> None:
        runtime = daemon.runtime()
        runtime.start()
        runtime.feed(BROKEN)
        runtime.feed(SAVED)

    _run(work)

    (bug,) = daemon.bugs
    assert "an invariant" in bug
    assert daemon.machine.seen[-1] == BROKEN


def test_whoever_waits_for_a_change_is_woken_by_it() -> None:
    """And at once when it has happened already."""
    daemon = Daemon()

    async def run() -> int:
        runtime = daemon.runtime()
        runtime.start()
        since = daemon.machine.state.index
        await runtime.changed(since - 1)
        waiting = asyncio.ensure_future(runtime.changed(since))
        await asyncio.sleep(0)
        assert not waiting.done()
        runtime.feed(SAVED)
        async with asyncio.timeout(5.0):
            await waiting
        runtime.stop()
        return daemon.machine.state.index - since

    assert asyncio.run(run()) == 1


def test_the_machine_is_woken_when_it_asked_to_be() -> None:
    """Heartbeats depend on it: nothing else may come for a long time."""
    daemon = Daemon(machine=FakeMachine(due=boot_time()))

    async def run() -> None:
        runtime = daemon.runtime()
        runtime.start()
        async with asyncio.timeout(5.0):
            await runtime.changed(daemon.machine.state.index)
        runtime.stop()

    asyncio.run(run())

    assert daemon.machine.seen[-2:] == [Tick(), Tick()]


def _once(daemon: Daemon, runtime: Runtime) -> None:
    daemon.on_effect = lambda: None
    runtime.feed(Tick())
