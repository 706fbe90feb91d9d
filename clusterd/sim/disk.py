"""One node's disk: what was synced stays, everything else goes with the power."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clusterd.node.effects import Persist
from clusterd.raft.entry import ConfState, Entry, HardState, Snapshot
from clusterd.raft.machine import Restored
from clusterd.sim.dice import SeededDice
from clusterd.sim.world import World


@dataclass(slots=True, kw_only=True)
class DiskHabits:
    """How long a sync takes, in seconds. `lies`: it says "synced" before it has."""

    fastest: float = 0.0003
    slowest: float = 0.004
    lies: bool = False


class Disk:
    """Saves in order, several waiting ones with one sync, as `host.log_writer` does.

    `on_saved` hears of each ticket once it is durable.
    """

    def __init__(
        self, world: World, dice: SeededDice, on_saved: Callable[[int], None]
    ) -> None:
        self._world = world
        self._dice = dice
        self._on_saved = on_saved
        self._hard_state = HardState()
        self._snapshot: Snapshot | None = None
        self._entries: list[Entry] = []
        self._waiting: list[Persist] = []
        self._syncing: list[Persist] = []
        self._crashes = 0
        self.habits = DiskHabits()
        self.slowness = 1.0
        """Factor on the time of a sync."""

    @property
    def snapshot_index(self) -> int:
        """The index of the durable snapshot; 0 for none."""
        return self._snapshot.index if self._snapshot is not None else 0

    def begin(self, state: bytes, voters: tuple[int, ...]) -> None:
        """Put down what a founding member begins with."""
        electorate = ConfState(voters=voters)
        self._snapshot = Snapshot(index=1, term=1, conf_state=electorate, data=state)
        self._hard_state = HardState(term=1, vote=0, commit=1)

    def save(self, persist: Persist) -> None:
        """Queue this; it is durable some time later."""
        self._waiting.append(persist)
        if self.habits.lies:
            self._world.after(0.0002, lambda: self._tell([persist], self._crashes))
        if not self._syncing:
            self._sync()

    def crash(self) -> None:
        """Lose what was not synced; what was under way may have made it."""
        if self._syncing and self._dice.chance(0.5):
            self._write(self._syncing)
        self._waiting, self._syncing = [], []
        self._crashes += 1

    def restored(self) -> Restored:
        """Return what a node finds when it starts."""
        after = self.snapshot_index
        return Restored(
            hard_state=self._hard_state,
            snapshot=self._snapshot,
            entries=tuple(each for each in self._entries if each.index > after),
        )

    def entry(self, index: int) -> Entry | None:
        """Return what was last saved as that entry, if it is still there."""
        for save in reversed((*self._syncing, *self._waiting)):
            found = _in(save.entries, index)
            if found is not None:
                return found
        return _in(self._entries, index)

    def _sync(self) -> None:
        self._syncing, self._waiting = self._waiting, []
        took = self._dice.between(self.habits.fastest, self.habits.slowest)
        crashes = self._crashes
        self._world.after(took * self.slowness, lambda: self._synced(crashes))

    def _synced(self, crashes: int) -> None:
        if crashes != self._crashes:
            return
        done, self._syncing = self._syncing, []
        self._write(done)
        if self._waiting:
            self._sync()
        if not self.habits.lies:
            self._tell(done, crashes)

    def _tell(self, done: list[Persist], crashes: int) -> None:
        for each in done:
            if each.ticket and crashes == self._crashes:
                self._on_saved(each.ticket)

    def _write(self, saves: list[Persist]) -> None:
        for each in saves:
            self._write_one(each)

    def _write_one(self, save: Persist) -> None:
        if save.snapshot is not None and save.snapshot.index >= self.snapshot_index:
            self._snapshot = save.snapshot
            if save.compact_to is None:
                self._entries = []  # The leader's: it stands for the whole log.
        if save.entries:
            first = save.entries[0].index
            while self._entries and self._entries[-1].index >= first:
                self._entries.pop()
            self._entries.extend(save.entries)
        if save.compact_to is not None:
            gone = save.compact_to
            self._entries = [each for each in self._entries if each.index > gone]
        self._hard_state = save.hard_state or self._hard_state


def _in(entries: Sequence[Entry], index: int) -> Entry | None:
    place = index - entries[0].index if entries else -1
    return entries[place] if 0 <= place < len(entries) else None
