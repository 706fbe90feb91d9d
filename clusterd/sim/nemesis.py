"""What goes wrong, drawn from the seed; every fault knows how it is healed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clusterd.model.names import NodeName
from clusterd.sim.agents import Agents, Temper
from clusterd.sim.computers import Computer
from clusterd.sim.dice import SeededDice
from clusterd.sim.network import FAIR, Network, Weather, between
from clusterd.sim.scenario import Scenario
from clusterd.sim.story import Story
from clusterd.sim.world import World

Heal = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong at once, in words, and how it is undone."""

    text: str
    heal: Heal


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the nemesis can lay hands on."""

    world: World
    network: Network
    agents: Agents
    computers: dict[NodeName, Computer]
    story: Story


class Nemesis:
    """Begins faults until it is told to stop, and heals each after a while."""

    def __init__(self, scenario: Scenario, targets: Targets) -> None:
        self._scenario = scenario
        self._targets = targets
        self._dice = SeededDice(scenario.seed, "nemesis")
        self._open: dict[int, Fault] = {}
        self._count = 0
        self._is_over = False
        pace = scenario.timing.loss
        self._pause = (1.0 * pace, 14.0 * pace)
        """Seconds between the beginnings of two faults."""
        self._length = (0.3 * pace, 10.0 * pace)
        """Seconds a fault lasts."""

    @property
    def count(self) -> int:
        """How many faults there were."""
        return self._count

    def begin(self) -> None:
        """Plan the first fault."""
        self._targets.world.after(self._dice.between(*self._pause), self._strike)

    def end(self) -> None:
        """Heal everything; nothing goes wrong from here on."""
        self._is_over = True
        for number in sorted(self._open):
            self._heal(number)
        for computer in self._targets.computers.values():
            computer.resume()
            if not computer.is_on:
                computer.boot()
            computer.start_daemon()

    def _strike(self) -> None:
        if self._is_over:
            return
        world = self._targets.world
        for fault in self._draw():
            self._count += 1
            number = self._count
            self._open[number] = fault
            self._tell(fault.text)
            length = self._dice.between(*self._length)
            world.after(length, lambda number=number: self._heal(number))  # type: ignore[misc]
        world.after(self._dice.between(*self._pause), self._strike)

    def _heal(self, number: int) -> None:
        fault = self._open.pop(number, None)
        if fault is not None:
            self._tell(f"healed: {fault.text}")
            fault.heal()

    def _tell(self, text: str) -> None:
        self._targets.story.tell(self._targets.world.now, "", f"*** {text}")

    def _draw(self) -> Iterator[Fault]:
        kinds: list[tuple[int, Callable[[], Fault]]] = [
            (8, self._isolate),
            (4, self._split),
            (6, self._one_way),
            (4, self._storm),
            (8, self._freeze),
            (8, self._crash),
            (10, self._power_cut),
            (2, self._blackout),
            (4, self._slow_disk),
            (3, self._runner_dies),
            (8, self._service_dies),
            (6, self._bad_agent),
            (2, self._clock_step),
        ]
        yield self._dice.weighted(kinds)()
        if self._dice.chance(0.25):
            yield self._dice.weighted(kinds)()

    def _victim(self) -> Computer:
        """Return a machine: often one that holds something, or leads."""
        computers = list(self._targets.computers.values())
        if self._dice.chance(0.4):
            for each in computers:
                machine = each.machine
                if machine and machine.state.coordinator == each.name:
                    return each
        return self._dice.pick(computers)

    # The network.

    def _cut(self, text: str, ways: list[tuple[NodeName, NodeName]]) -> Fault:
        network = self._targets.network
        network.cut(ways)
        return Fault(text=text, heal=lambda: network.mend(ways))

    def _isolate(self) -> Fault:
        one = self._victim().name
        others = [each for each in self._targets.computers if each != one]
        return self._cut(f"{one} is cut off", between([one], others))

    def _split(self) -> Fault:
        names = list(self._targets.computers)
        some = sorted(self._dice.some(names, 1 + self._dice(len(names))))
        others = [each for each in names if each not in some]
        text = f"split: {' '.join(some)} | {' '.join(others)}"
        return self._cut(text, between(some, others))

    def _one_way(self) -> Fault:
        one = self._victim().name
        others = [each for each in self._targets.computers if each != one]
        if self._dice.chance(0.4):
            others = [self._dice.pick(others)]
        if self._dice.chance(0.5):
            text = f"nothing passes from {one} to {' '.join(others)}"
            return self._cut(text, [(one, each) for each in others])
        text = f"nothing passes from {' '.join(others)} to {one}"
        return self._cut(text, [(each, one) for each in others])

    def _storm(self) -> Fault:
        network, dice = self._targets.network, self._dice
        loss = self._scenario.timing.loss
        weather = Weather(
            delay_max=dice.between(0.002, 0.2 * loss),
            loss=dice.pick((0.0, 0.05, 0.2)),
            duplication=dice.pick((0.0, 0.1)),
            spike=dice.pick((0.0, 0.05)),
            spike_max=2 * loss,
        )
        network.weather = weather

        def calm() -> None:
            if network.weather is weather:
                network.weather = FAIR

        text = (
            f"bad network: up to {weather.delay_max:.3f} s, loss {weather.loss},"
            f" doubles {weather.duplication}, spikes {weather.spike}"
        )
        return Fault(text=text, heal=calm)

    # The machines.

    def _freeze(self) -> Fault:
        victim = self._victim()
        victim.pause()
        return Fault(text=f"daemon of {victim.name} stopped", heal=victim.resume)

    def _crash(self) -> Fault:
        victim = self._victim()
        victim.kill_daemon()
        return Fault(text=f"daemon of {victim.name} killed", heal=victim.start_daemon)

    def _power_cut(self) -> Fault:
        victim = self._victim()
        victim.power_off()
        return Fault(text=f"power cut of {victim.name}", heal=lambda: _boot([victim]))

    def _blackout(self) -> Fault:
        victims = list(self._targets.computers.values())
        for each in victims:
            each.power_off()
        return Fault(text="power cut of all", heal=lambda: _boot(victims))

    def _slow_disk(self) -> Fault:
        victim = self._victim()
        victim.disk.slowness = self._dice.pick((20.0, 200.0, 1000.0))
        text = f"disk of {victim.name} {victim.disk.slowness:g} times slower"

        def heal() -> None:
            victim.disk.slowness = 1.0

        return Fault(text=text, heal=heal)

    def _runner_dies(self) -> Fault:
        victim = self._victim()
        victim.restart_runner()
        return Fault(text=f"runner of {victim.name} killed", heal=_nothing)

    def _clock_step(self) -> Fault:
        victim = self._victim()
        step = self._dice.pick((-3600.0, -5.0, 5.0, 3600.0))
        victim.clock.wall_error += step
        text = f"wall clock of {victim.name} set by {step:+g} s"

        def heal() -> None:
            victim.clock.wall_error -= step

        return Fault(text=text, heal=heal)

    # The resources.

    def _service_dies(self) -> Fault:
        victim = self._victim()
        name = self._dice.pick(self._scenario.primitives)
        victim.kill_service(name)
        return Fault(text=f"{name} on {victim.name} dies", heal=_nothing)

    def _bad_agent(self) -> Fault:
        node = self._victim().name
        name = self._dice.pick(self._scenario.primitives)
        temper = self._dice.pick((Temper.SLOW, Temper.FAILING, Temper.HANGING))
        agents = self._targets.agents
        agents.set_temper(node, name, temper)
        return Fault(
            text=f"agent of {name} on {node} is {temper.value}",
            heal=lambda: agents.set_temper(node, name, Temper.WELL),
        )


def _boot(computers: list[Computer]) -> None:
    for each in computers:
        if not each.is_on:
            each.boot()


def _nothing() -> None:
    """Heals by itself."""
