"""The wires between nodes: delay, loss, duplication, reordering, cuts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clusterd.model.names import NodeName
from clusterd.node.inputs import Input
from clusterd.sim.dice import SeededDice
from clusterd.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How good the network is: delays in seconds, the rest as probabilities."""

    delay_min: float = 0.0002
    delay_max: float = 0.002
    loss: float = 0.0
    duplication: float = 0.0
    spike: float = 0.0
    """How likely a message is held up for `spike_max` seconds and overtaken."""
    spike_max: float = 0.0


FAIR = Weather()


class Network:
    """Carries inputs from node to node. A cut has a direction."""

    def __init__(
        self,
        world: World,
        dice: SeededDice,
        deliver: Callable[[NodeName, Input], None],
    ) -> None:
        self._world = world
        self._dice = dice
        self._deliver = deliver
        self._cuts: dict[tuple[NodeName, NodeName], int] = {}
        self.weather = FAIR

    def send(self, sender: NodeName, to: NodeName, what: Input) -> None:
        """Carry `what`, unless it gets lost."""
        if (sender, to) in self._cuts:
            return
        weather = self.weather
        if weather.loss and self._dice.chance(weather.loss):
            return
        self._carry(sender, to, what)
        if weather.duplication and self._dice.chance(weather.duplication):
            self._carry(sender, to, what)

    def cut(self, ways: Iterable[tuple[NodeName, NodeName]]) -> None:
        """Let nothing pass on these ways (sender, receiver) until they are mended."""
        for way in ways:
            self._cuts[way] = self._cuts.get(way, 0) + 1

    def mend(self, ways: Iterable[tuple[NodeName, NodeName]]) -> None:
        """Undo one cut of each of these ways."""
        for way in ways:
            left = self._cuts.get(way, 0) - 1
            if left > 0:
                self._cuts[way] = left
            else:
                self._cuts.pop(way, None)

    def _carry(self, sender: NodeName, to: NodeName, what: Input) -> None:
        weather = self.weather
        delay = self._dice.between(weather.delay_min, weather.delay_max)
        if weather.spike and self._dice.chance(weather.spike):
            delay += self._dice.between(0.0, weather.spike_max)

        def arrive() -> None:
            # What was under way when the cable was cut is lost as well.
            if (sender, to) not in self._cuts:
                self._deliver(to, what)

        self._world.after(delay, arrive)


def between(
    some: Iterable[NodeName], others: Iterable[NodeName]
) -> list[tuple[NodeName, NodeName]]:
    """Return all ways between two groups, in both directions."""
    pairs = [(a, b) for a in some for b in others]
    return [*pairs, *((b, a) for a, b in pairs)]
