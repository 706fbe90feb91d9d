"""Placement scores: integers with a saturating infinity."""

INFINITY = 1_000_000
""""Always" as a score; its negative means "never". Source: Pacemaker."""


def add_scores(left: int, right: int) -> int:
    """Add two placement scores, each in [-INFINITY, INFINITY].

    A ban outweighs every preference: -INFINITY plus INFINITY is -INFINITY.
    Source: Pacemaker Explained, "Scores".
    """
    if left <= -INFINITY or right <= -INFINITY:
        return -INFINITY
    if left >= INFINITY or right >= INFINITY:
        return INFINITY
    return max(-INFINITY, min(INFINITY, left + right))


def score_text(score: int) -> str:
    """Return `inf`, `-inf` or the number with its sign."""
    if score >= INFINITY:
        return "inf"
    if score <= -INFINITY:
        return "-inf"
    return f"{score:+d}"
