"""Scores: integers with an infinity that a ban always wins."""

import pytest

from clusterd.model.score import INFINITY, add_scores, score_text


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        pytest.param(100, -30, 70, id="ordinary scores add up"),
        pytest.param(INFINITY, -30, INFINITY, id="infinity absorbs a penalty"),
        pytest.param(INFINITY, -INFINITY, -INFINITY, id="a ban beats a must"),
        pytest.param(-INFINITY, 5_000, -INFINITY, id="nothing redeems a ban"),
        pytest.param(900_000, 900_000, INFINITY, id="large sums saturate"),
        pytest.param(-900_000, -900_000, -INFINITY, id="large penalties ban"),
        pytest.param(INFINITY + 7, -30, INFINITY, id="beyond infinity is infinity"),
    ],
)
def test_scores_add_like_pacemaker(left: int, right: int, total: int) -> None:
    """Adding is commutative and saturates. Source: Pacemaker Explained, "Scores"."""
    assert add_scores(left, right) == total
    assert add_scores(right, left) == total


@pytest.mark.parametrize(
    ("score", "text"),
    [(INFINITY, "inf"), (-INFINITY, "-inf"), (100, "+100"), (-5, "-5"), (0, "+0")],
)
def test_a_score_is_printed_with_its_sign(score: int, text: str) -> None:
    """Scores are added up before the reader's eyes: the sign is half the meaning."""
    assert score_text(score) == text
