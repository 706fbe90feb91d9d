"""What was synced stays; everything else goes with the power."""

from clusterd.node.effects import Persist
from clusterd.raft.entry import ConfState, Entry, HardState, Snapshot
from clusterd.sim.dice import SeededDice
from clusterd.sim.disk import Disk, DiskHabits
from clusterd.sim.world import World


class Bench:
    """A disk, and the tickets it has answered."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World()
        self.saved: list[int] = []
        self.disk = Disk(self.world, SeededDice(seed, "disk"), self.saved.append)

    def save(self, ticket: int, *indexes: int, term: int = 1) -> None:
        """Save entries."""
        entries = tuple(Entry(term=term, index=index) for index in indexes)
        state = HardState(term=term)
        self.disk.save(Persist(ticket=ticket, entries=entries, hard_state=state))

    def names(self) -> list[tuple[int, int]]:
        """Return (term, index) of what a restart would find."""
        return [(each.term, each.index) for each in self.disk.restored().entries]


def test_a_save_is_durable_when_it_is_answered() -> None:
    """Not before."""
    bench = Bench()
    bench.save(1, 1, 2)
    before = bench.names()

    bench.world.run(1.0)

    assert before == []
    assert bench.saved == [1]
    assert bench.names() == [(1, 1), (1, 2)]


def test_what_waits_is_synced_together_and_in_order() -> None:
    """Group commit, as the log writer does it."""
    bench = Bench()
    for ticket in (1, 2, 3):
        bench.save(ticket, ticket)

    bench.world.run(1.0)

    assert bench.saved == [1, 2, 3]


def test_a_crash_loses_what_waited() -> None:
    """What was under way may have made it: both are seen over the seeds."""
    ends = set()
    for seed in range(20):
        bench = Bench(seed)
        bench.save(1, 1)
        bench.save(2, 2)

        bench.disk.crash()
        bench.world.run(1.0)

        assert bench.saved == []
        ends.add(tuple(bench.names()))

    assert ends == {(), ((1, 1),)}


def test_entries_replace_what_stood_there() -> None:
    """A new leader's log wins from its first entry on."""
    bench = Bench()
    bench.save(1, 1, 2, 3)
    bench.save(2, 2, term=5)

    bench.world.run(1.0)

    assert bench.names() == [(1, 1), (5, 2)]
    assert bench.disk.restored().hard_state.term == 5


def test_a_leaders_snapshot_stands_for_the_whole_log() -> None:
    """What was beyond it contradicted it."""
    bench = Bench()
    bench.save(1, 1, 2, 3)
    snapshot = Snapshot(index=2, term=4, conf_state=ConfState(voters=(1,)))
    bench.disk.save(Persist(ticket=2, snapshot=snapshot))

    bench.world.run(1.0)

    assert bench.names() == []
    assert bench.disk.restored().snapshot == snapshot


def test_an_own_snapshot_keeps_the_tail() -> None:
    """Slow followers read it; a restart begins behind the snapshot."""
    bench = Bench()
    bench.save(1, 1, 2, 3, 4)
    snapshot = Snapshot(index=3, term=1, conf_state=ConfState(voters=(1,)))
    bench.disk.save(Persist(ticket=0, snapshot=snapshot, compact_to=2))

    bench.world.run(1.0)

    assert bench.names() == [(1, 4)]
    assert bench.disk.entry(3) is not None
    assert bench.disk.entry(2) is None


def test_a_lying_disk_answers_first() -> None:
    """A deliberate bug for the judge."""
    bench = Bench()
    bench.disk.habits = DiskHabits(fastest=0.5, slowest=0.5, lies=True)
    bench.save(1, 1)

    bench.world.run(0.1)

    assert bench.saved == [1]
    assert bench.names() == []
