"""Leases, clock drift, and the inequality everything rests on.

Holder: a renewal counts from when it was sent, once a majority of the voters
acknowledged it; protected resources run only while `now < base + lease`, and are
certainly gone `release` later. Taker: a voter stops acknowledging a session when
it appends its eviction. Any majority the holder can ever collect meets the
majority that committed the eviction, so the newest acknowledgement among those
voters bounds the holder's base; from there the taker waits `wait`.

Clocks need no common offset, only rates within 1 +/- drift of real time:
    wait >= (lease + release) * (1 + drift) / (1 - drift)
Source: CONSENSUS part 2 section 4; Gray and Cheriton, 1989.
"""

from collections.abc import Iterable, Mapping

from clusterd.safety.timing import Timing

Voters = tuple[frozenset[int], ...]
"""The voter sets of which each must agree: one, or two while voters change."""


def wait(timing: Timing, release: float) -> float:
    """Return how long the taker waits after the last acknowledgement (seconds)."""
    return (timing.lease + release) * (1 + timing.drift) / (1 - timing.drift)


def majority(size: int) -> int:
    """Return how many of `size` voters decide."""
    return size // 2 + 1


def has_majority(voters: Voters, agreeing: Iterable[int]) -> bool:
    """Tell whether `agreeing` is a majority of each voter set."""
    present = set(agreeing)
    return bool(voters) and all(
        half and len(half & present) >= majority(len(half)) for half in voters
    )


def lease_base(voters: Voters, acked: Mapping[int, float]) -> float | None:
    """Return the newest instant a majority has acknowledged, or None.

    `acked`: per voter the sending time of the newest acknowledged renewal, on
    the holder's clock.
    """
    bases = [_kth_newest(half, acked) for half in voters]
    known = [base for base in bases if base is not None]
    return min(known) if known and len(known) == len(voters) else None


def _kth_newest(half: frozenset[int], acked: Mapping[int, float]) -> float | None:
    times = sorted((acked[v] for v in half if v in acked), reverse=True)
    need = majority(len(half))
    return times[need - 1] if half and len(times) >= need else None


def released_at(
    voters: Voters, last_acks: Mapping[int, float], timing: Timing, release: float
) -> float | None:
    """Return when an evicted session is over, on the taker's clock, or None.

    `last_acks`: for each voter that has reported to refuse the session, the
    latest moment (taker's clock) it can have acknowledged it. None: no majority
    has reported yet.
    """
    if not has_majority(voters, last_acks):
        return None
    return max(last_acks.values()) + wait(timing, release)
