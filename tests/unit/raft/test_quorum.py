"""Majorities: the table a reader would try first; the laws are in tests/laws."""

from collections.abc import Mapping

import pytest

from clusterd.raft import quorum
from clusterd.raft.quorum import VoteResult


@pytest.mark.parametrize(
    ("acked", "committed"),
    [
        pytest.param({}, 0, id="nobody has anything"),
        pytest.param({1: 9}, 0, id="one of three is not enough"),
        pytest.param({1: 9, 2: 5}, 5, id="two of three"),
        pytest.param({1: 9, 2: 5, 3: 7}, 7, id="the middle of three"),
        pytest.param({1: 9, 2: 5, 4: 9}, 5, id="who does not vote does not count"),
    ],
)
def test_committed_is_the_index_two_of_three_have(
    acked: Mapping[int, int], committed: int
) -> None:
    """Raft paper, section 5.3."""
    assert quorum.majority_committed({1, 2, 3}, acked) == committed


def test_nothing_is_committed_that_only_one_side_of_a_joint_electorate_has() -> None:
    """Raft thesis, section 4.3: both majorities are needed."""
    acked = {1: 9, 2: 9, 3: 9}

    committed = quorum.joint_committed({1, 2, 3}, {3, 4, 5}, acked)

    assert committed == 0


def test_an_empty_side_never_decides() -> None:
    """So that an electorate that is not joint needs no special case."""
    assert quorum.joint_committed({1}, (), {1: 4}) == 4
    assert quorum.joint_vote({1}, (), {1: False}) is VoteResult.LOST
    assert quorum.majority_vote((), {}) is VoteResult.WON


def test_half_of_an_even_electorate_is_no_majority() -> None:
    """Or two halves could elect two leaders."""
    votes = {1: True, 2: True}

    assert quorum.majority_vote({1, 2, 3, 4}, votes) is VoteResult.PENDING
    assert quorum.majority_vote({1, 2, 3, 4}, votes | {3: False, 4: False}) is (
        VoteResult.LOST
    )
