"""Leases as values; the inequality itself is in tests/laws/test_lease.py."""

import pytest

from clusterd.safety.lease import (
    has_majority,
    lease_base,
    majority,
    released_at,
    wait,
)
from clusterd.safety.timing import FAST

THREE = (frozenset({1, 2, 3}),)
JOINT = (frozenset({1, 2, 3}), frozenset({3, 4, 5}))


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority_is_more_than_half(size: int, needed: int) -> None:
    """Two of three decide, and three of four: two halves never both do."""
    assert majority(size) == needed


def test_both_halves_of_a_changing_electorate_must_agree() -> None:
    """While voters change, either majority alone could meet a third one nowhere."""
    assert has_majority(THREE, {1, 2})
    assert not has_majority(JOINT, {1, 2})
    assert has_majority(JOINT, {1, 3, 4})


def test_nobody_is_a_majority_of_nobody() -> None:
    """A node that knows no voters holds no lease."""
    assert not has_majority((), {1})
    assert not has_majority((frozenset(),), {1})


def test_the_lease_counts_from_the_oldest_of_the_newest_majority() -> None:
    """Only what a majority acknowledged counts: the second newest of three."""
    assert lease_base(THREE, {1: 9.0, 2: 8.0, 3: 2.0}) == 8.0


def test_one_acknowledgement_is_no_lease() -> None:
    """The others may have acknowledged somebody else's eviction."""
    assert lease_base(THREE, {1: 9.0}) is None
    assert lease_base((), {1: 9.0}) is None


def test_in_a_joint_electorate_the_slower_half_counts() -> None:
    """Each half may be the one that commits an eviction."""
    acked = {1: 9.0, 2: 9.0, 3: 5.0, 4: 4.0}

    assert lease_base(JOINT, acked) == 4.0


def test_the_wait_covers_lease_release_and_drift() -> None:
    """(1.0 + 0.1) * 1.01 / 0.99 for the fast profile with a filter."""
    assert wait(FAST, 0.1) == pytest.approx(1.1 * 1.01 / 0.99)


def test_the_wait_begins_at_the_last_possible_acknowledgement() -> None:
    """The newest of the refusing voters bounds the holder's lease."""
    over = released_at(THREE, {1: 5.0, 2: 7.0}, FAST, 0.1)

    assert over == pytest.approx(7.0 + wait(FAST, 0.1))


def test_without_a_majority_of_refusals_nothing_is_over() -> None:
    """The other voters may still acknowledge the holder."""
    assert released_at(THREE, {1: 5.0}, FAST, 0.1) is None
