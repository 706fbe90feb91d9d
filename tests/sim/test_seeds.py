"""Whole clusters in virtual time: a few seeds here, hundreds by `scripts/sim`."""

import pytest

from clusterd.sim.run import Verdict, try_seed
from clusterd.sim.scenario import draw

FOUND_BUGS = (9, 10, 37)
"""Seeds that once broke at-most-one: an old daemon's lease was taken up again after
its guard had let go (10), a deposed coordinator's eviction came late and a node's own
word hid its last acknowledgement (37), a cleanup made a lost node's resources unknown
and the wait too short (9)."""


def _play(seed: int, nodes: int = 3) -> Verdict:
    return try_seed(draw(seed, nodes))


@pytest.mark.parametrize("seed", [0, *FOUND_BUGS])
def test_a_cluster_keeps_every_law_and_comes_to_rest(seed: int) -> None:
    """Laws: clusterd/sim/README.md; faults and wishes are drawn from the seed."""
    verdict = _play(seed)

    assert verdict.broken is None, "\n".join(verdict.lines[-60:])
    assert verdict.faults > 3
    assert verdict.acknowledged > 10


def test_the_same_seed_is_the_same_run() -> None:
    """A failure that cannot be repeated cannot be understood."""
    first, second = _play(3), _play(3)

    assert first.fingerprint == second.fingerprint
    assert first.happenings == second.happenings


def test_another_seed_is_another_run() -> None:
    """A fingerprint that never differs would prove nothing."""
    assert _play(3).fingerprint != _play(4).fingerprint


@pytest.mark.sim
@pytest.mark.parametrize("seed", range(40, 60))
def test_twenty_more_clusters(seed: int) -> None:
    """The same law, for the tier that has time."""
    verdict = _play(seed)

    assert verdict.broken is None, "\n".join(verdict.lines[-60:])


@pytest.mark.sim
@pytest.mark.parametrize("seed", [*range(6), 10])
def test_clusters_of_five(seed: int) -> None:
    """Majorities of three behave like those of two.

    Seed 10 once did not come to rest: a node that was far behind got its orders
    with a snapshot, and nobody told its executor.
    """
    verdict = _play(seed, nodes=5)

    assert verdict.broken is None, "\n".join(verdict.lines[-60:])
