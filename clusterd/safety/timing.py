"""Timing profiles: every number that decides how fast and how surely.

A profile is chosen when the cluster is founded and is the same on every node:
the wait of the taker is computed from the lease of the holder, so two values of
`lease` in one cluster would be unsafe.
"""

from dataclasses import dataclass

from clusterd.model.resource import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All times in seconds.

    heartbeat: between two renewals to each voter, and of the leader's Raft
    heartbeats. loss: silence after which a node is suspected, the check-quorum
    window, and the lower bound of the election timeout (upper: twice).
    lease: how long a renewal is worth, from its sending, on the holder's clock.
    drift: how far any clock's rate may be off (0.01 is 1 %).
    """

    name: str
    heartbeat: float
    loss: float
    lease: float
    drift: float = 0.01

    def __post_init__(self) -> None:
        """Refuse a profile that could not work."""
        if self.loss < 3 * self.heartbeat:
            raise ValueError("loss must be at least three heartbeats")
        if self.lease <= self.loss:
            # Else every slow renewal would cost the resources of a healthy node.
            raise ValueError("lease must be longer than loss")


FAST = Timing(name="fast", heartbeat=0.1, loss=0.6, lease=1.0)
"""Wants real-time priority (worst gap then about 0.1 s under load)."""
DEFAULT = Timing(name="default", heartbeat=0.25, loss=2.0, lease=3.0)
"""For hosts where real-time priority is refused."""
SLOW = Timing(name="slow", heartbeat=1.0, loss=8.0, lease=12.0)
"""For long distances and crowded hypervisors."""

PROFILES = {each.name: each for each in (FAST, DEFAULT, SLOW)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBounds:
    """After the end of a lease, how long until a resource is certainly gone.

    `kernel_filter`: an nftables element with timeout (exact to 4 ms measured);
    `kernel_lifetime`: an address lifetime alone (whole seconds, up to 1.25 s
    late); `process`: the guard kills every process of the resource.
    """

    kernel_filter: float = 0.1
    kernel_lifetime: float = 1.25
    process: float = 1.0

    def of(self, release: Release, *, has_filter: bool) -> float | None:
        """Return the bound of a class; None: there is none, so never by lease."""
        match release:
            case Release.KERNEL:
                return self.kernel_filter if has_filter else self.kernel_lifetime
            case Release.PROCESS:
                return self.process
            case Release.FENCE:
                return None


BOUNDS = ReleaseBounds()
