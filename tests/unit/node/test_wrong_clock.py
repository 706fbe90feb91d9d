"""A wall clock that is wrong or jumps: what decides counts in boot time only."""

import pytest

from clusterd.model.names import NodeName
from clusterd.state.command import IssueToken
from clusterd.state.reply import Accepted
from tests.unit.node.pretend import N1, N2, N3, WALL, World, three_with_vip

HOUR = 3600.0
JUMPS = [-30 * 365 * 24 * HOUR, -5 * HOUR, 5 * HOUR, 30 * 365 * 24 * HOUR]


def _unsettling(world: World, since: float) -> set[str]:
    """Return the names of notes that tell of a changed leader, member or resource."""
    kinds = {"node-lost", "node-released", "coordinator", "failed", "stalled"}
    return {note.name for at, _, note in world.notes if at >= since} & kinds


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("who", ["leader", "holder", "all"])
def test_a_jump_of_the_wall_clock_moves_nothing(jump: float, who: str) -> None:
    """No lease ends, nobody is lost, nothing restarts; changes go on."""
    world = three_with_vip()
    (holder,) = world.holders()
    struck = {"leader": [world.leader()], "holder": [holder], "all": [N1, N2, N3]}[who]
    leader, since = world.leader(), world.now
    runs = len(world.computers[holder].runs_of("start"))

    for name in struck:
        world.computers[name].wall_error = jump
    world.run(5.0)

    token = IssueToken(digest="d", expires_wall=WALL + 1e6, wall=WALL)
    assert isinstance(world.ask(struck[0], token), Accepted)
    assert world.leader() == leader
    assert world.holders() == [holder]
    assert world.machine(holder).facts(world.now).lease_valid
    assert len(world.computers[holder].runs_of("start")) == runs
    assert _unsettling(world, since) == set()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_wrong_wall_clock_does_not_shorten_the_wait_for_a_lost_node(
    jump: float,
) -> None:
    """A survivor whose clock jumps ahead must not believe that a lease is over."""
    right, wrong = _time_to_recover(0.0), _time_to_recover(jump)

    assert wrong == pytest.approx(right)


def _time_to_recover(wall_error: float) -> float:
    world = three_with_vip()
    (holder,) = world.holders()
    cut_at = world.now
    world.cut.add(holder)
    for name, computer in world.computers.items():
        computer.wall_error = 0.0 if name == holder else wall_error
    return world.until(lambda: _is_elsewhere(world, holder)) - cut_at


def _is_elsewhere(world: World, holder: NodeName) -> bool:
    return any(name != holder for name in world.holders())


def test_a_daemon_that_starts_again_tells_no_old_news() -> None:
    """Replayed entries would stand in the journal a second time, as of today.

    The newest may: how far the log was committed is saved a little later.
    """
    world = three_with_vip()
    (holder,) = world.holders()
    other = next(n for n in (N1, N2, N3) if n not in (holder, world.leader()))
    since = world.now
    world.kill(other)

    world.start(other)
    world.run(1.0)

    told = [note.name for at, who, note in world.notes if who == other and at >= since]
    assert told
    assert not {"founded", "joined"} & set(told)
