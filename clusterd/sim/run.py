"""One seed: a cluster from its founding to its rest, and the verdict."""

import functools
import traceback
from dataclasses import dataclass

from clusterd.model.names import NodeName
from clusterd.node.inputs import Input
from clusterd.node.machine import NodeMachine
from clusterd.node.settings import NodeSettings
from clusterd.sim.agents import Agents
from clusterd.sim.checkers import LawBroken
from clusterd.sim.codec import SharedCodec
from clusterd.sim.computers import Build, Computer, Universe
from clusterd.sim.court import Court
from clusterd.sim.dice import SeededDice
from clusterd.sim.disk import DiskHabits
from clusterd.sim.founding import (
    first_state,
    founder_settings,
    joiner_settings,
    joining,
    token,
)
from clusterd.sim.nemesis import Nemesis, Targets
from clusterd.sim.network import Network
from clusterd.sim.reality import Reality
from clusterd.sim.rest import check_end, unrest
from clusterd.sim.scenario import Scenario
from clusterd.sim.story import Story
from clusterd.sim.workload import Workload
from clusterd.sim.world import World
from clusterd.state.command import Command
from clusterd.state.reply import Accepted, Reply

LOOK_EVERY = 1.0
"""Seconds between two looks whether the cluster has come to rest."""
TIDY_EVERY = 15.0
"""Seconds after which the operator tidies up once more while it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A law that was broken, and how."""

    law: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a seed. `broken` None: nothing wrong. Times in seconds."""

    seed: int
    broken: Broken | None
    fingerprint: str
    lines: tuple[str, ...]
    simulated: float
    settled_in: float
    """From the end of all faults to rest."""
    faults: int
    asked: int
    acknowledged: int
    entries: int
    happenings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is put on trial: the product, or one with a deliberate bug."""

    build: Build = NodeMachine
    disk: DiskHabits | None = None


class Run:
    """Everything of one run; `verdict` plays it."""

    def __init__(self, scenario: Scenario, product: Product) -> None:
        self._scenario = scenario
        self._product = product
        self._story = Story()
        self._world = World()
        self._reality = Reality()
        self._codec = SharedCodec()
        self._court = Court(self._reality, scenario.exclusive, self._codec)
        self._computers: dict[NodeName, Computer] = {}
        self._network = Network(
            self._world, SeededDice(scenario.seed, "network"), self._deliver
        )
        self._agents = Agents(SeededDice(scenario.seed, "agents"))
        self._workload = Workload(
            scenario, self._world, self._computers, self._story, self._court.answered
        )
        targets = Targets(
            world=self._world,
            network=self._network,
            agents=self._agents,
            computers=self._computers,
            story=self._story,
        )
        self._nemesis = Nemesis(scenario, targets)
        self._settled_in = 0.0

    def verdict(self) -> Verdict:
        """Play the run to its end and judge it."""
        broken = None
        try:
            self._play()
        except LawBroken as fault:
            broken = Broken(law=fault.law, text=fault.text)
        except Exception as fault:  # noqa: BLE001  # A bug of the product.
            where = traceback.extract_tb(fault.__traceback__)[-1]
            text = f"{fault!r} in {where.name}, line {where.lineno} of {where.filename}"
            broken = Broken(law="no-exception", text=text)
        if broken is not None:
            self._tell(f"!!! {broken.law}: {broken.text}")
        return Verdict(
            seed=self._scenario.seed,
            broken=broken,
            fingerprint=self._story.fingerprint,
            lines=tuple(self._story.lines()),
            simulated=self._world.now,
            settled_in=self._settled_in,
            faults=self._nemesis.count,
            asked=self._workload.count,
            acknowledged=self._court.acknowledged.count,
            entries=self._court.log.last,
            happenings=self._world.count,
        )

    def _play(self) -> None:
        self._tell(f"seed {self._scenario.seed}: {_words(self._scenario)}")
        self._found()
        self._workload.begin()
        self._nemesis.begin()
        self._world.run(self._scenario.activity)
        self._nemesis.end()
        self._workload.end()
        self._tell("all is healed; the cluster shall come to rest")
        self._rest()
        machines = self._machines()
        check_end(machines, self._court.log, self._court.acknowledged, self._codec)

    def _found(self) -> None:
        scenario = self._scenario
        state = first_state(scenario)
        data = self._codec.state_to_bytes(state)
        voters = tuple(member.raft_id for member in state.members)
        for member in state.members:
            computer = self._new(founder_settings(scenario, member))
            computer.disk.begin(data, voters)
        for computer in list(self._computers.values()):
            computer.boot()
        for place, node in enumerate(scenario.nodes[scenario.founders :]):
            begin = functools.partial(self._join, node)
            self._world.after(2.0 + 3.0 * place, begin)

    def _join(self, node: NodeName) -> None:
        """Let one more node in, as the enrolment does."""

        def joined(member: NodeName, _: Command, reply: Reply) -> None:
            machine = self._computers[member].machine
            if node in self._computers or machine is None:
                return
            assert isinstance(reply, Accepted)
            members = machine.state.members
            settings = joiner_settings(self._scenario, node, reply.detail, members)
            self._new(settings).boot()

        def allowed(_: NodeName, __: Command, ___: Reply) -> None:
            self._workload.insist(joining(node), joined)

        self._workload.insist(token(node), allowed)

    def _new(self, settings: NodeSettings) -> Computer:
        scenario = self._scenario
        universe = Universe(
            seed=scenario.seed,
            world=self._world,
            network=self._network,
            reality=self._reality,
            agents=self._agents,
            story=self._story,
            codec=self._codec,
            build=self._product.build,
            judge=self._court,
            on_answer=self._workload.answered,
        )
        computer = Computer(universe, settings, has_filter=scenario.has_filter)
        if self._product.disk is not None:
            computer.disk.habits = self._product.disk
        self._computers[settings.name] = computer
        return computer

    def _rest(self) -> None:
        began = self._world.now
        next_tidy = began + TIDY_EVERY
        while True:
            self._world.run(self._world.now + LOOK_EVERY)
            found = unrest(
                self._scenario, self._machines(), self._reality, self._world.now
            )
            self._settled_in = self._world.now - began
            if not found:
                self._tell(f"at rest after {self._settled_in:.0f} s")
                return
            if self._settled_in >= self._scenario.patience:
                raise LawBroken("comes-to-rest", "; ".join(found))
            if self._world.now >= next_tidy:
                next_tidy += TIDY_EVERY
                self._workload.end()

    def _machines(self) -> dict[NodeName, NodeMachine]:
        pairs = ((name, each.machine) for name, each in self._computers.items())
        return {name: machine for name, machine in pairs if machine is not None}

    def _deliver(self, to: NodeName, what: Input) -> None:
        computer = self._computers.get(to)
        if computer is not None:
            computer.feed(what)

    def _tell(self, text: str) -> None:
        self._story.tell(self._world.now, "", text)


def _words(scenario: Scenario) -> str:
    return (
        f"{len(scenario.nodes)} nodes ({scenario.founders} founders), timing"
        f" {scenario.timing.name}, {'with' if scenario.has_filter else 'no'} filter,"
        f" {len(scenario.apps)} apps, snapshot every {scenario.snapshot_every}"
    )


def try_seed(scenario: Scenario, product: Product | None = None) -> Verdict:
    """Play one scenario and return the verdict."""
    return Run(scenario, product or Product()).verdict()
