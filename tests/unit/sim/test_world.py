"""Virtual time, chance and clocks: what makes a run repeatable."""

import pytest

from clusterd.sim.clocks import WALL_EPOCH, Clock
from clusterd.sim.dice import SeededDice
from clusterd.sim.story import KEPT, Story
from clusterd.sim.world import World


def test_things_happen_in_the_order_of_their_instants() -> None:
    """And those of one instant in the order in which they were planned."""
    world, seen = World(), []
    for delay, name in ((2.0, "c"), (1.0, "a"), (1.0, "b")):
        world.after(delay, lambda name=name: seen.append((world.now, name)))  # type: ignore[misc]

    world.run(5.0)

    assert seen == [(1.0, "a"), (1.0, "b"), (2.0, "c")]
    assert world.now == 5.0


def test_what_is_not_due_waits() -> None:
    """A run can be looked at in between."""
    world, seen = World(), []
    world.after(2.0, lambda: seen.append(1))

    world.run(1.0)

    assert seen == []


def test_nothing_happens_before_now() -> None:
    """What is late happens at once."""
    world, seen = World(), []
    world.run(3.0)

    world.at(1.0, lambda: seen.append(world.now))
    world.run(3.0)

    assert seen == [3.0]


def test_streams_of_chance_are_independent_and_repeatable() -> None:
    """A fault more must not change what the users ask."""
    first = [SeededDice(1, "a")(1000) for _ in range(3)]
    second = [SeededDice(1, "a")(1000) for _ in range(3)]
    streams = {SeededDice(seed, name)(10**9) for seed in (1, 2) for name in "ab"}

    assert first == second
    assert len(streams) == 4


def test_weights_say_how_often() -> None:
    """A weight of 0 is never."""
    dice = SeededDice(1, "w")

    assert {dice.weighted([(1, "a"), (0, "b"), (3, "c")]) for _ in range(100)} == {
        "a",
        "c",
    }


def test_a_clock_that_runs_fast_shows_more() -> None:
    """By its rate; and it can be read backwards."""
    clock = Clock(100.0, 1.01, -2.0)

    assert clock.boot_time(200.0) == pytest.approx(101.0)
    assert clock.real(101.0) == pytest.approx(200.0)
    assert clock.wall(10.0) == WALL_EPOCH + 8.0


def test_a_long_story_keeps_its_end_and_its_fingerprint() -> None:
    """The end is where it went wrong; the fingerprint is of everything."""
    long, other = Story(), Story()
    other.tell(0.0, "n1", "another beginning")
    for number in range(KEPT + 5):
        long.tell(float(number), "n1", f"line {number}")
        other.tell(float(number), "n1", f"line {number}")

    assert "(5 earlier lines left out)" in long.lines()[1]
    assert long.lines()[-1].endswith(f"line {KEPT + 4}")
    assert long.fingerprint != other.fingerprint
