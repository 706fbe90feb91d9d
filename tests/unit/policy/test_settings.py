"""Meta attributes: where they come from and what holds if nobody says."""

from clusterd.model.resource import Meta, OnDoubt
from clusterd.model.score import INFINITY
from clusterd.policy.settings import resolve


def test_the_nearest_value_wins() -> None:
    """INP-40: its own, then the group's or clone's, then the default."""
    chain = (Meta(), Meta(stickiness=7), Meta(stickiness=9, priority=3))

    found = resolve(chain, cloned=False)

    assert (found.stickiness, found.priority) == (7, 3)


def test_built_in_values_are_those_of_pacemaker() -> None:
    """D9: ours are applied when YAML is read, not here."""
    found = resolve((Meta(),), cloned=False)

    assert found.stickiness == 0
    assert found.migration_threshold == INFINITY
    assert found.failure_timeout == 0
    assert found.keep is False


def test_copies_stick_by_one() -> None:
    """INP-40, TRP-4."""
    assert resolve((Meta(),), cloned=True).stickiness == 1


def test_keep_is_inherited() -> None:
    """`on_doubt` of a group holds for its members."""
    assert resolve((Meta(), Meta(on_doubt=OnDoubt.KEEP)), cloned=False).keep
