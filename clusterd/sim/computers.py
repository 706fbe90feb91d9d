"""A machine of the cluster: disk, kernel, guard, runner, and a daemon that may die."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent, Unwatch
from clusterd.executor.inputs import RunnerLost
from clusterd.model.dice import Dice
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.note import Level
from clusterd.node.codec import Codec
from clusterd.node.effects import (
    Answer,
    Connect,
    Effect,
    HoldLease,
    Persist,
    RequestPlan,
    SendLink,
    SendRaft,
    Stop,
    Tell,
)
from clusterd.node.inputs import (
    Input,
    LinkReceived,
    Persisted,
    PlanFailed,
    Planned,
    RaftReceived,
)
from clusterd.node.machine import NodeMachine
from clusterd.node.settings import NodeSettings
from clusterd.policy.plan import plan
from clusterd.raft.machine import Restored
from clusterd.sim.agents import Agents
from clusterd.sim.clocks import Clock
from clusterd.sim.daemon import Daemon
from clusterd.sim.dice import SeededDice
from clusterd.sim.disk import Disk
from clusterd.sim.guard import Guard, Hands
from clusterd.sim.network import Network
from clusterd.sim.reality import Reality
from clusterd.sim.runner import Runner, Surroundings
from clusterd.sim.story import Story
from clusterd.sim.world import World

PLANNING_MAX = 0.03
"""Seconds the planner takes at most."""
PLANNER_BACK_OFF = 1.0
"""Seconds the daemon waits before it passes on that a plan failed."""


class Build(Protocol):
    """Makes a node machine: the product's class, or one with a deliberate bug."""

    def __call__(
        self,
        settings: NodeSettings,
        codec: Codec,
        restored: Restored,
        dice: Dice,
        now: float,
    ) -> NodeMachine:
        """Take the arguments of NodeMachine."""
        ...


class Judge(Protocol):
    """Looks at everything a machine does, before it is done."""

    def stepped(
        self, computer: "Computer", machine: NodeMachine, effects: list[Effect]
    ) -> None:
        """Look at one step. Raises LawBroken."""
        ...

    def planner_failed(self, computer: "Computer", fault: Exception) -> None:
        """Hear that a plan could not be made. Raises LawBroken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """What all machines of a run share."""

    seed: int
    world: World
    network: Network
    reality: Reality
    agents: Agents
    story: Story
    codec: Codec
    build: Build
    judge: Judge
    on_answer: Callable[[Answer], None]


class Computer:
    """One machine. Faults are verbs: power_off, boot, crash, pause ..."""

    def __init__(
        self, universe: Universe, settings: NodeSettings, *, has_filter: bool
    ) -> None:
        self.name: NodeName = settings.name
        self.settings = settings
        self._universe = universe
        self._has_filter = has_filter
        self._dice = SeededDice(universe.seed, f"computer-{settings.name}")
        self._boots = 0
        self._lives = 0
        self._peers: frozenset[NodeName] = frozenset()
        self.disk = Disk(
            universe.world,
            SeededDice(universe.seed, f"disk-{settings.name}"),
            self._on_saved,
        )
        self.clock = Clock(0.0, 1.0, 0.0)
        self.daemon: Daemon | None = None
        self._guard: Guard | None = None
        self._runner: Runner | None = None
        self._guard_link: Daemon | None = None
        self._runner_link: Daemon | None = None

    @property
    def is_on(self) -> bool:
        """Tell whether the machine has power."""
        return self._runner is not None

    @property
    def machine(self) -> NodeMachine | None:
        """The node machine of the running daemon, if it runs."""
        return self.daemon.machine if self.daemon is not None else None

    # Faults and their healing.

    def boot(self) -> None:
        """Give it power: new clocks, an empty kernel, a new guard, runner, daemon."""
        universe, dice = self._universe, self._dice
        self._boots += 1
        world = universe.world
        self.clock = Clock(
            # It has been up for a while: no two machines' clocks agree.
            world.now - dice.between(0.0, 1000.0),
            dice.between(0.99, 1.01),
            dice.between(-2.0, 2.0),
        )
        hands = Hands(
            kill=self._kill,
            remove=self._remove,
            tell=self._from_guard,
            note=self.tell,
        )
        self._guard = Guard(world, dice, self.clock, hands, has_filter=self._has_filter)
        self._runner = self._new_runner(self._guard)
        self.start_daemon()

    def power_off(self) -> None:
        """Cut the power: processes, addresses and unsynced writes are gone."""
        self.kill_daemon()
        if self._guard is not None:
            self._guard.power_off()
        self._guard = None
        if self._runner is not None:
            self._runner.runs.clear()
        self._runner = None
        for name in self._universe.reality.on(self.name):
            self._universe.reality.vanish(name, self.name)

    def start_daemon(self) -> None:
        """Start the daemon from what the disk has."""
        guard, runner, universe = self._guard, self._runner, self._universe
        if guard is None or runner is None or self.daemon is not None:
            return
        self._lives += 1
        instance = f"{self._lives}"
        now = self.clock.boot_time(universe.world.now)
        settings = replace(self.settings, instance=instance)
        dice = SeededDice(universe.seed, f"node-{self.name}-{instance}")
        machine = universe.build(
            settings, universe.codec, self.disk.restored(), dice, now
        )
        daemon = Daemon(
            machine, universe.world, self.clock, self._perform, self._stepped
        )
        self.daemon = daemon
        daemon.start()
        # Connecting takes a moment each; the order is anybody's guess.
        greetings = [self._greet_guard, self._greet_runner]
        for greet in self._dice.some(greetings, 2):
            greet(daemon)

    def kill_daemon(self) -> None:
        """Kill the daemon; everything else goes on."""
        if self.daemon is not None:
            self.daemon.end()
            self.daemon = None
            self.disk.crash()

    def pause(self) -> None:
        """Stop the daemon without killing it."""
        if self.daemon is not None:
            self.daemon.pause()

    def resume(self) -> None:
        """Let the daemon go on."""
        if self.daemon is not None and self.daemon.is_paused:
            self.daemon.resume(timer_first=self._dice.chance(0.5))

    def restart_runner(self) -> None:
        """Kill the runner; the next one follows, with another boot."""
        old, guard = self._runner, self._guard
        if old is None or guard is None:
            return
        self._boots += 1
        old.runs.clear()  # The next one kills the agents it left.
        runner = self._new_runner(guard)
        runner.watched = old.watched
        self._runner = runner
        self._runner_link = None
        self.feed(RunnerLost())
        daemon = self.daemon
        if daemon is not None:
            self._universe.world.after(0.1, lambda: self._greet_runner(daemon))

    def kill_service(self, name: ResourceName) -> None:
        """Let a resource die on this machine."""
        if self._runner is not None:
            self._runner.vanish(name)

    # Inputs.

    def feed(self, what: Input) -> None:
        """Tell the daemon something, if it runs."""
        if self.daemon is not None:
            self.daemon.feed(what)

    def _greet_guard(self, daemon: Daemon) -> None:
        guard = self._guard

        def greet() -> None:
            if guard is None or guard is not self._guard or daemon.is_dead:
                return
            attached = guard.attach()
            if attached is None:
                self._greet_guard(daemon)
            else:
                self._guard_link = daemon
                daemon.feed(attached)

        self._universe.world.after(self._dice.between(0.001, 0.05), greet)

    def _greet_runner(self, daemon: Daemon) -> None:
        runner = self._runner

        def greet() -> None:
            if runner is not None and runner is self._runner:
                self._runner_link = daemon
                for each in runner.attach():
                    daemon.feed(each)

        self._universe.world.after(self._dice.between(0.0, 0.05), greet)

    def _from_guard(self, what: Input) -> None:
        if self._guard_link is self.daemon:
            self.feed(what)

    def _from_runner(self, what: Input) -> None:
        if self._runner_link is self.daemon:
            self.feed(what)

    def _on_saved(self, ticket: int) -> None:
        self.feed(Persisted(ticket=ticket))

    # Effects.

    def _stepped(self, machine: NodeMachine, effects: list[Effect]) -> None:
        self._universe.judge.stepped(self, machine, effects)

    def _perform(self, effect: Effect) -> None:  # noqa: C901, PLR0912  # A table.
        network, own = self._universe.network, self.name
        match effect:
            case SendLink(to=to, message=link):
                if to in self._peers:
                    network.send(own, to, LinkReceived(sender=own, message=link))
            case SendRaft(to=to, message=raft):
                if to in self._peers:
                    network.send(own, to, RaftReceived(sender=own, message=raft))
            case Persist():
                self.disk.save(effect)
            case HoldLease():
                if self._guard is not None:
                    self._guard.take(effect)
            case RunAgent() | KillAgent() | CollectedAgent() | Unwatch():
                self._order(effect)
            case RequestPlan():
                self._plan(effect)
            case Connect(peers=peers):
                self._peers = frozenset(peers)
            case Answer():
                self._universe.on_answer(effect)
            case Tell(note=note):
                if note.level > Level.DEBUG:
                    self.tell(f"{note.name}: {note.text}")
            case Stop(reason=reason):
                self.tell(f"the daemon stops: {reason}")
                self.kill_daemon()
            case _:
                assert_never(effect)

    def _order(self, effect: RunAgent | KillAgent | CollectedAgent | Unwatch) -> None:
        runner = self._runner
        if runner is None:
            return
        match effect:
            case RunAgent(run=run, action=action):
                if action != "monitor":
                    self.tell(f"runs {action} of {effect.instance} ({run})")
                runner.run(effect)
            case KillAgent(run=run):
                runner.kill(run)
            case CollectedAgent(run=run):
                runner.collected(run)
            case Unwatch(instance=instance):
                runner.unwatch(instance)
            case _:
                assert_never(effect)

    def _plan(self, request: RequestPlan) -> None:
        daemon, universe = self.daemon, self._universe
        delay = self._dice.between(0.002, PLANNING_MAX)
        answer: Input
        try:
            transition = plan(request.state)
        except Exception as fault:  # noqa: BLE001  # The judge decides.
            universe.judge.planner_failed(self, fault)
            answer = PlanFailed(ticket=request.ticket, fault=str(fault))
            delay += PLANNER_BACK_OFF
        else:
            answer = Planned(ticket=request.ticket, transition=transition)
        if daemon is not None:
            universe.world.after(delay, lambda: daemon.feed(answer))

    def tell(self, text: str) -> None:
        """Add a line about this machine to the story."""
        self._universe.story.tell(self._universe.world.now, self.name, text)

    # Companions.

    def _new_runner(self, guard: Guard) -> Runner:
        universe = self._universe
        around = Surroundings(
            node=self.name,
            world=universe.world,
            clock=self.clock,
            reality=universe.reality,
            agents=universe.agents,
            guard=guard,
            tell=self._from_runner,
        )
        return Runner(around, f"{self.name}-{self._boots}")

    def _kill(self, name: ResourceName) -> None:
        if self._runner is not None:
            self._runner.kill_all_of(name)

    def _remove(self, name: ResourceName) -> None:
        if self._runner is not None:
            self._runner.vanish(name)
