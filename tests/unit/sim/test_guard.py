"""The pretended guard keeps the real one's promises."""

from clusterd.model.names import InstanceName, ResourceName
from clusterd.node.effects import HoldLease
from clusterd.node.inputs import GuardAttached, GuardReleased, Input
from clusterd.safety.timing import BOUNDS
from clusterd.sim.clocks import Clock
from clusterd.sim.dice import SeededDice
from clusterd.sim.guard import Guard, Hands
from clusterd.sim.world import World

VIP, DB = ResourceName("vip"), ResourceName("db")


class Bench:
    """A guard on a machine whose clock is right, and what it did when."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World()
        self.done: list[tuple[str, float]] = []
        self.told: list[Input] = []
        hands = Hands(
            kill=lambda name: self.done.append((name, self.world.now)),
            remove=lambda name: self.done.append((name, self.world.now)),
            tell=self.told.append,
            note=lambda _: None,
        )
        clock = Clock(0.0, 1.0, 0.0)
        dice = SeededDice(seed, "guard")
        self.guard = Guard(self.world, dice, clock, hands, has_filter=True)

    def lease(self, until: float, session: int = 1) -> None:
        """Hold a lease under which a database lives."""
        exclusive = {InstanceName(DB): "process", InstanceName(VIP): "kernel"}
        self.guard.take(HoldLease(until=until, session=session, exclusive=exclusive))


def test_everything_is_gone_within_its_bound_after_the_lease() -> None:
    """And "released" comes when nothing is left, never before."""
    for seed in range(50):
        bench = Bench(seed)
        bench.lease(1.0)
        assert bench.guard.hold(VIP)

        bench.world.run(5.0)

        at = dict(bench.done)
        assert 1.0 <= at[VIP] <= 1.0 + BOUNDS.kernel_filter
        assert 1.0 <= at[DB] <= 1.0 + BOUNDS.process
        (released,) = bench.told
        assert isinstance(released, GuardReleased)
        assert released.session == 1
        assert released.at >= max(at.values())


def test_a_renewal_in_time_keeps_everything() -> None:
    """The old deadline means nothing any more."""
    bench = Bench()
    bench.lease(1.0)
    bench.world.run(0.5)
    bench.lease(3.0)

    bench.world.run(2.5)

    assert bench.done == []


def test_a_forfeited_session_never_comes_back() -> None:
    """Somebody else may hold everything by now."""
    bench = Bench()
    bench.lease(1.0)
    bench.world.run(5.0)
    bench.lease(9.0)

    assert not bench.guard.hold(VIP)
    assert len(bench.told) == 2


def test_a_new_session_begins_with_nothing_of_the_old_one() -> None:
    """What the old one held may belong to another node already."""
    bench = Bench()
    bench.lease(5.0)
    bench.guard.hold(VIP)

    bench.lease(5.0, session=2)
    bench.world.run(1.0)

    assert {name for name, _ in bench.done} == {VIP, DB}
    assert bench.guard.hold(VIP)


def test_a_lease_in_the_past_lets_go_at_once() -> None:
    """The daemon is about to stop for good."""
    bench = Bench()
    bench.lease(5.0)
    bench.world.run(1.0)

    bench.lease(0.0)
    bench.world.run(2.5)

    assert {name for name, _ in bench.done} == {DB}


def test_an_address_needs_a_lease_with_some_time_left() -> None:
    """One that would be gone at once is not brought up."""
    bench = Bench()
    before = bench.guard.hold(VIP)
    bench.lease(1.0)
    bench.world.run(0.96)

    assert not before
    assert not bench.guard.hold(VIP)


def test_while_it_kills_it_says_nothing_to_a_daemon_that_connects() -> None:
    """Neither that the session goes on nor that it is released would be true."""
    bench = Bench()
    bench.lease(1.0)
    bench.world.run(1.021)
    during = bench.guard.attach()
    bench.world.run(5.0)

    assert during is None
    assert bench.guard.attach() == GuardAttached(has_filter=True, forfeited=1)


def test_without_power_nothing_is_done() -> None:
    """What it would have taken away is gone with the machine."""
    bench = Bench()
    bench.lease(1.0)
    bench.guard.hold(VIP)
    bench.guard.power_off()

    bench.world.run(5.0)

    assert bench.done == []
    assert bench.told == []
