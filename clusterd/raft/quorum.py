"""The arithmetic of majorities: what is committed, who has won."""

from collections.abc import Collection, Mapping
from enum import Enum

EVERYTHING = 2**64 - 1
"""What an empty majority has committed, so that it never holds back its twin."""


class VoteResult(Enum):
    """How a vote stands."""

    PENDING = "Pending"
    LOST = "Lost"
    WON = "Won"


def majority_committed(voters: Collection[int], acked: Mapping[int, int]) -> int:
    """Return the largest index that a majority of the voters has.

    A voter missing from `acked` has nothing.
    """
    if not voters:
        return EVERYTHING
    indexes = sorted(acked.get(voter, 0) for voter in voters)
    return indexes[len(indexes) - (len(indexes) // 2 + 1)]


def majority_vote(voters: Collection[int], votes: Mapping[int, bool]) -> VoteResult:
    """Return how the vote stands; a voter missing from `votes` may still speak.

    An empty majority has won, again for the sake of its twin.
    """
    granted = sum(votes.get(voter, False) for voter in voters)
    silent = sum(voter not in votes for voter in voters)
    needed = len(voters) // 2 + 1 if voters else 0
    if granted >= needed:
        return VoteResult.WON
    if granted + silent >= needed:
        return VoteResult.PENDING
    return VoteResult.LOST


def joint_committed(
    incoming: Collection[int], outgoing: Collection[int], acked: Mapping[int, int]
) -> int:
    """Return the largest index that both majorities have."""
    return min(majority_committed(incoming, acked), majority_committed(outgoing, acked))


def joint_vote(
    incoming: Collection[int], outgoing: Collection[int], votes: Mapping[int, bool]
) -> VoteResult:
    """Return how a vote stands that must be won in both majorities."""
    results = {majority_vote(incoming, votes), majority_vote(outgoing, votes)}
    if VoteResult.LOST in results:
        return VoteResult.LOST
    if VoteResult.PENDING in results:
        return VoteResult.PENDING
    return VoteResult.WON
