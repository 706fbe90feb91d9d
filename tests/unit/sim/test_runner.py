"""The pretended runner keeps the real one's promises."""

from clusterd.executor.effects import RunAgent
from clusterd.executor.inputs import AgentExited, Noticed, RunnerAttached
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.node.inputs import Input
from clusterd.sim.agents import SERVICE, Agents, Temper
from clusterd.sim.clocks import Clock
from clusterd.sim.dice import SeededDice
from clusterd.sim.guard import Guard, Hands
from clusterd.sim.reality import Reality
from clusterd.sim.runner import Runner, Surroundings
from clusterd.sim.world import World

N1 = NodeName("n1")
DB = ResourceName("db")


class Bench:
    """A runner on n1, and what its daemon hears."""

    def __init__(self) -> None:
        self.world = World()
        self.reality = Reality()
        self.agents = Agents(SeededDice(1, "agents"))
        self.told: list[Input] = []
        clock = Clock(0.0, 1.0, 0.0)
        hands = Hands(
            kill=lambda _: None,
            remove=lambda _: None,
            tell=self.told.append,
            note=lambda _: None,
        )
        dice = SeededDice(1, "guard")
        guard = Guard(self.world, dice, clock, hands, has_filter=True)
        around = Surroundings(
            node=N1,
            world=self.world,
            clock=clock,
            reality=self.reality,
            agents=self.agents,
            guard=guard,
            tell=self.told.append,
        )
        self.runner = Runner(around, "boot")

    def order(self, action: str, run: str, **more: object) -> None:
        """Order an agent's run."""
        facts: dict[str, object] = {"timeout": 4.0, "watch": action == "start", **more}
        self.runner.run(
            RunAgent(
                run=run,
                agent=SERVICE,
                action=action,
                instance=InstanceName(DB),
                environment={},
                **facts,  # type: ignore[arg-type]  # Named by the tests.
            )
        )

    def results(self) -> list[tuple[str, int | None]]:
        """Return what ended, with its status."""
        return [(t.run, t.status) for t in self.told if isinstance(t, AgentExited)]


def test_a_start_makes_it_active_and_a_monitor_sees_it() -> None:
    """And a stop ends it."""
    bench = Bench()
    for number, action in enumerate(("monitor", "start", "monitor", "stop", "monitor")):
        bench.order(action, str(number))
        bench.world.run(bench.world.now + 1.0)

    assert bench.results() == [("0", 7), ("1", 0), ("2", 0), ("3", 0), ("4", 7)]


def test_a_run_is_carried_out_once() -> None:
    """Asked again, the answer is repeated; collected, it is forgotten."""
    bench = Bench()
    bench.order("start", "1")
    bench.world.run(1.0)
    bench.order("start", "1")
    repeated = bench.results()
    bench.runner.collected("1")

    assert repeated == [("1", 0), ("1", 0)]
    assert bench.runner.attach() == [RunnerAttached(boot="boot")]


def test_a_hanging_agent_is_killed_at_its_limit() -> None:
    """What it had done by then is done."""
    bench = Bench()
    bench.agents.set_temper(N1, DB, Temper.HANGING)
    bench.order("start", "1")

    bench.world.run(5.0)

    (exited,) = bench.told
    assert isinstance(exited, AgentExited)
    assert exited.timed_out
    assert bench.reality.is_active(DB, N1)


def test_a_killed_start_does_nothing_more() -> None:
    """The guard kills agents with their resource."""
    bench = Bench()
    bench.order("start", "1")
    bench.runner.kill_all_of(DB)

    bench.world.run(1.0)

    assert bench.results() == [("1", None)]
    assert not bench.reality.is_active(DB, N1)


def test_a_start_after_its_limit_in_time_is_not_run() -> None:
    """Its lease may have ended meanwhile, and another node may run it."""
    bench = Bench()
    bench.world.run(10.0)
    bench.order("start", "1", not_after=9.0)

    bench.world.run(11.0)

    assert bench.results() == [("1", None)]
    assert not bench.reality.is_active(DB, N1)


def test_the_death_of_what_is_watched_is_noticed() -> None:
    """Of what was stopped on purpose it is not."""
    bench = Bench()
    bench.order("start", "1")
    bench.world.run(1.0)
    bench.runner.vanish(DB)
    bench.world.run(2.0)
    noticed = [each for each in bench.told if isinstance(each, Noticed)]
    bench.runner.unwatch(InstanceName(DB))
    bench.reality.appear(DB, N1)
    bench.runner.vanish(DB)
    bench.world.run(3.0)

    assert [each.instance for each in noticed] == [InstanceName(DB)]
    assert len([each for each in bench.told if isinstance(each, Noticed)]) == 1
