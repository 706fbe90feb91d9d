"""The dead man's switch of one machine, and the kernel clocks it winds up.

Follows `guard.switch`: a session whose lease ended is forfeited for ever, and
"released" is said only when nothing of it is left. It outlives the daemon, not
the power.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clusterd.model.names import InstanceName, ResourceName, history_name
from clusterd.node.effects import HoldLease
from clusterd.node.inputs import GuardAttached, GuardReleased, Input
from clusterd.safety.timing import BOUNDS
from clusterd.sim.clocks import Clock
from clusterd.sim.dice import SeededDice
from clusterd.sim.world import World

USEFUL = 0.050
"""Seconds of lease that must be left for an address to be brought up."""
LATE_MAX = 0.02
"""Seconds by which the guard may look too late at its clock."""
KILLING_MAX = 0.9
"""Seconds killing takes; with LATE_MAX within `safety.timing.BOUNDS.process`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the guard can do to its machine."""

    kill: Callable[[ResourceName], None]
    """End every process of a resource, its running agents too."""
    remove: Callable[[ResourceName], None]
    """Take an address away."""
    tell: Callable[[Input], None]
    """Tell the daemon, if it runs."""
    note: Callable[[str], None]
    """Add a line to the story."""


class Guard:
    """One guard since one boot. All times are the machine's boot-time clock."""

    def __init__(
        self,
        world: World,
        dice: SeededDice,
        clock: Clock,
        hands: Hands,
        *,
        has_filter: bool,
    ) -> None:
        self._world = world
        self._dice = dice
        self._clock = clock
        self._hands = hands
        self._has_filter = has_filter
        self._until = 0.0
        self._session = 0
        self._exclusive: Mapping[InstanceName, str] = {}
        self._in_force = False
        self._forfeited = 0
        self._released = 0
        self._addresses: dict[ResourceName, int] = {}
        """Each with the session it was brought up in."""
        self._is_off = False

    def power_off(self) -> None:
        """End with the machine."""
        self._is_off = True

    def attach(self) -> Input | None:
        """Return what a daemon that connects is told; None: ask again soon.

        While something is still being taken away the daemon must not believe that
        the session goes on, nor that it is released.
        """
        if self._released < self._forfeited:
            return None
        return GuardAttached(has_filter=self._has_filter, forfeited=self._released)

    def take(self, lease: HoldLease) -> None:
        """Take in a lease from the daemon."""
        if lease.session <= self._forfeited:
            if self._released:
                self._say_released()
            return
        if lease.session < self._session:
            return
        if lease.session > self._session and self._in_force:
            self._let_go(at_once=True)
        self._session = lease.session
        self._exclusive = dict(lease.exclusive)
        self._until = lease.until
        self._in_force = True
        if lease.until <= self._now():
            self._let_go(at_once=True)
        else:
            self._wind_up()

    def hold(self, name: ResourceName) -> bool:
        """Bring an address up for an agent, if the lease allows it."""
        if not self._in_force or self._until - self._now() < USEFUL:
            return False
        self._addresses[name] = self._session
        return True

    def release(self, name: ResourceName) -> None:
        """Take an address away for an agent."""
        self._addresses.pop(name, None)

    def _now(self) -> float:
        return self._clock.boot_time(self._world.now)

    def _wind_up(self) -> None:
        until = self._until
        late = self._dice.between(0.0, LATE_MAX)

        def look() -> None:
            is_due = self._in_force and self._until == until
            if is_due and not self._is_off:
                self._let_go(at_once=False)

        self._world.at(self._clock.real(until) + late, look)

    def _let_go(self, *, at_once: bool) -> None:
        """Take everything away; only then say so. `at_once`: not by the clocks."""
        self._in_force = False
        session = self._session
        self._forfeited = max(self._forfeited, session)
        exclusive, self._exclusive = self._exclusive, {}
        doomed = sorted(
            history_name(instance)
            for instance, release in exclusive.items()
            if release == "process"
        )
        if doomed or self._addresses:
            names = " ".join((*sorted(self._addresses), *doomed))
            self._hands.note(f"guard lets go of session {session}: {names}")
        now = self._world.now
        lingers = bool(self._addresses) and not at_once
        unheld = self._unheld_at() if lingers else now
        killed = now + self._dice.between(0.001, KILLING_MAX) if doomed else now

        self._world.at(unheld, lambda: self._remove(session))
        self._world.at(killed, lambda: self._kill(doomed))
        self._world.at(max(unheld, killed), lambda: self._finish(session))

    def _unheld_at(self) -> float:
        """Return when the kernel's own clocks will have taken the addresses."""
        bound = BOUNDS.kernel_filter if self._has_filter else BOUNDS.kernel_lifetime
        last = self._clock.real(self._until + bound)
        return self._dice.between(self._world.now, max(self._world.now, last))

    def _remove(self, session: int) -> None:
        if self._is_off:
            return
        gone = sorted(n for n, owner in self._addresses.items() if owner <= session)
        for name in gone:
            del self._addresses[name]
            self._hands.remove(name)

    def _kill(self, doomed: list[ResourceName]) -> None:
        if self._is_off:
            return
        for name in doomed:
            self._hands.note(f"guard kills {name}")
            self._hands.kill(name)

    def _finish(self, session: int) -> None:
        if self._is_off:
            return
        self._released = max(self._released, session)
        self._say_released()

    def _say_released(self) -> None:
        released = GuardReleased(at=self._now(), session=self._released)
        self._hands.tell(released)
