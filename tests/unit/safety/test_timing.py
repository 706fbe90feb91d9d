"""Profiles that could not work are refused; each release class has its bound."""

import pytest

from clusterd.model.resource import Release
from clusterd.safety.timing import BOUNDS, PROFILES, Timing


def test_every_profile_is_known_by_its_name() -> None:
    """The name is what a cluster remembers."""
    assert {name: each.name for name, each in PROFILES.items()} == {
        "fast": "fast",
        "default": "default",
        "slow": "slow",
    }


def test_a_loss_of_two_heartbeats_is_refused() -> None:
    """One late renewal would look like a death."""
    with pytest.raises(ValueError, match="three heartbeats"):
        Timing(name="x", heartbeat=0.1, loss=0.2, lease=1.0)


def test_a_lease_no_longer_than_the_loss_is_refused() -> None:
    """A healthy node would lose its resources before anybody misses it."""
    with pytest.raises(ValueError, match="longer than loss"):
        Timing(name="x", heartbeat=0.1, loss=1.0, lease=1.0)


@pytest.mark.parametrize(
    ("release", "has_filter", "bound"),
    [
        (Release.KERNEL, True, 0.1),
        (Release.KERNEL, False, 1.25),
        (Release.PROCESS, True, 1.0),
        (Release.PROCESS, False, 1.0),
        (Release.FENCE, True, None),
    ],
)
def test_a_class_is_gone_within_its_bound(
    release: Release, *, has_filter: bool, bound: float | None
) -> None:
    """What no lease takes away has no bound: fencing or the operator must prove it."""
    assert BOUNDS.of(release, has_filter=has_filter) == bound
