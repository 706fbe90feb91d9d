"""The wires: who hears whom, and when."""

from clusterd.model.names import NodeName
from clusterd.node.inputs import Input, Persisted
from clusterd.sim.dice import SeededDice
from clusterd.sim.network import Network, Weather, between
from clusterd.sim.world import World

A, B, C = NodeName("a"), NodeName("b"), NodeName("c")


class Bench:
    """A network, and what arrived."""

    def __init__(self) -> None:
        self.world = World()
        self.arrived: list[tuple[NodeName, int]] = []
        self.network = Network(self.world, SeededDice(1, "net"), self._hear)

    def _hear(self, to: NodeName, what: Input) -> None:
        assert isinstance(what, Persisted)
        self.arrived.append((to, what.ticket))

    def send(self, sender: NodeName, to: NodeName, number: int = 1) -> None:
        """Send a message and let everything arrive."""
        self.network.send(sender, to, Persisted(ticket=number))
        self.world.run(self.world.now + 10.0)


def test_a_cut_has_a_direction() -> None:
    """One-way failures are the nastiest."""
    bench = Bench()
    bench.network.cut([(A, B)])

    bench.send(A, B)
    bench.send(B, A, 2)

    assert bench.arrived == [(A, 2)]


def test_two_cuts_of_one_way_need_two_mendings() -> None:
    """Faults overlap."""
    bench = Bench()
    for _ in range(2):
        bench.network.cut(between([A], [B]))
    bench.network.mend(between([A], [B]))
    bench.send(A, B)
    bench.network.mend(between([A], [B]))
    bench.send(A, B, 2)

    assert bench.arrived == [(B, 2)]


def test_what_was_under_way_is_cut_as_well() -> None:
    """A cable that is pulled delivers nothing more."""
    bench = Bench()
    bench.network.send(A, B, Persisted(ticket=1))
    bench.network.cut([(A, B)])

    bench.world.run(1.0)

    assert bench.arrived == []


def test_bad_weather_loses_doubles_and_reorders() -> None:
    """Each of the three is seen in enough messages."""
    bench = Bench()
    bench.network.weather = Weather(loss=0.2, duplication=0.2, spike=0.3, spike_max=1.0)
    for number in range(100):
        bench.network.send(A, C, Persisted(ticket=number))
    bench.world.run(10.0)

    numbers = [number for _, number in bench.arrived]
    assert len(set(numbers)) < 100
    assert len(numbers) > len(set(numbers))
    assert numbers != sorted(numbers)
