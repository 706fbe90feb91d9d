"""Scripted agents: how long an operation takes, and how it ends."""

from dataclasses import dataclass
from enum import Enum

from clusterd.model.names import NodeName, ResourceName
from clusterd.sim.dice import SeededDice

ADDRESS = "ocf:sim:Address"
"""Agent type whose resource is an address the guard holds (class kernel)."""
SERVICE = "ocf:sim:Service"
"""Agent type whose resource is a process."""


class Temper(Enum):
    """How an agent behaves."""

    WELL = "well"
    SLOW = "slow"
    FAILING = "failing"
    """Its starts, or its monitors, fail; its stops work."""
    HANGING = "hanging"
    """Does its work, then never returns: it is killed at its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What one run of an agent is going to do, in seconds from its start.

    `effect_at`: when what it does becomes real; None: it does nothing.
    `ends_at` None: it hangs. `fails`: it exits with an error.
    """

    effect_at: float | None
    ends_at: float | None
    fails: bool = False


class Agents:
    """Writes the scripts. Tempers are set per node and primitive by the nemesis."""

    def __init__(self, dice: SeededDice) -> None:
        self._dice = dice
        self._tempers: dict[tuple[NodeName, ResourceName], Temper] = {}

    def set_temper(self, node: NodeName, name: ResourceName, temper: Temper) -> None:
        """Let the agent of `name` on `node` behave like this from now on."""
        if temper is Temper.WELL:
            self._tempers.pop((node, name), None)
        else:
            self._tempers[node, name] = temper

    def script(
        self, node: NodeName, name: ResourceName, action: str, timeout: float
    ) -> Script:
        """Return what the next run of `action` will do."""
        temper = self._tempers.get((node, name), Temper.WELL)
        took = self._dice.between(0.004, 0.06)
        if action in ("start", "stop"):
            took *= self._dice.between(1.0, 5.0)
        if temper is Temper.SLOW:
            took = self._dice.between(0.3, 0.9) * timeout
        effect_at = took * self._dice.between(0.2, 1.0)
        if temper is Temper.HANGING:
            return Script(effect_at=effect_at, ends_at=None)
        if temper is Temper.FAILING and action in ("start", "monitor"):
            # A failed start may well have brought it up.
            leaves = action == "start" and self._dice.chance(0.3)
            done = effect_at if leaves else None
            return Script(effect_at=done, ends_at=took, fails=True)
        return Script(effect_at=effect_at, ends_at=took)
