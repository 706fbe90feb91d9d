"""How the preferences of dependents reach what they depend on (PLC-56 to 63)."""

from struct import pack, unpack

from clusterd.model.score import INFINITY, add_scores
from clusterd.policy.colocation import has_influence, with_this
from clusterd.policy.unit import Kind, Link, Scores, Unit
from clusterd.policy.work import Work

_MARKER = -100 * INFINITY
"""A positive score that became negative in a clone's table (PLC-61)."""


def merge_dependent(work: Work, link: Link, unit: Unit) -> None:
    """Add a dependent's preferences to the table of what it depends on (PLC-56)."""
    if not has_influence(link):
        return
    scores = spread(
        work,
        link,
        link.dependent,
        unit.table.scores,
        _single(link.score / INFINITY),
        active=True,
        nonnegative=unit.kind is Kind.CLONE,
    )
    what = f"wishes of {link.dependent.base}"
    unit.table.merge(scores, what, link.name)


def spread(  # noqa: PLR0913  # The arguments of PLC-57.
    work: Work,
    link: Link,
    end: Unit,
    scores: Scores,
    factor: float,
    *,
    active: bool,
    nonnegative: bool,
) -> Scores:
    """Return `scores` with the preferences of one end of the link added (PLC-57).

    Unchanged if that would leave no node and `active` is asked for.
    """
    source = _speaker(end)
    if source.merging:
        return scores
    source.merging = True
    merged = [
        _merge_node(work, source, link, factor, index, old, nonnegative=nonnegative)
        for index, old in enumerate(scores)
    ]
    if work.any_available(merged):
        for further in with_this(source):
            if has_influence(further):
                product = _single(_single(factor * further.score) / INFINITY)
                merged = spread(
                    work,
                    further,
                    further.dependent,
                    merged,
                    product,
                    active=True,
                    nonnegative=nonnegative,
                )
    elif active:
        source.merging = False
        return scores
    if nonnegative:
        merged = [1 if score == _MARKER else score for score in merged]
    source.merging = False
    return merged


def _speaker(unit: Unit) -> Unit:
    """Return who speaks for a group: its first member (PLC-77)."""
    while unit.kind is Kind.GROUP:
        unit = unit.children[0]
    return unit


def _merge_node(  # noqa: PLR0913  # One node of PLC-58 needs all of them.
    work: Work,
    source: Unit,
    link: Link,
    factor: float,
    index: int,
    old: int | None,
    *,
    nonnegative: bool,
) -> int | None:
    if old is None or old == _MARKER:
        return old
    score = _best(work, source, link, index)
    if factor < 0 and score < 0 and not _repels_anyway(link, score):
        return old
    product = _single(factor * score)
    change = int(product - 0.5) if product < 0 else int(product + 0.5)
    if change == 0 and score != 0:
        change = (
            1 if factor > 0 else -1
        )  # PLC-60: the sign of the score is not looked at.
    new = add_scores(max(-INFINITY, min(INFINITY, change)), old)
    if nonnegative and new < 0:
        if old > 0:
            return _MARKER
        return old if old == 0 else new
    return new


def _best(work: Work, source: Unit, link: Link, index: int) -> int:
    """Return what the dependent thinks of a node (PLC-58)."""
    score = source.table.scores[index]
    if score is None or not work.available[index]:
        return -INFINITY
    group = source.parent
    if (
        source is link.dependent
        and link.explicit
        and group
        and source is not group.children[0]
    ):
        for place, part in group.locations:
            if place == index:
                score = add_scores(score, part.score)
    return score


def _repels_anyway(link: Link, score: int) -> bool:
    """Tell whether a dislike repels the primary (PLC-59)."""
    if link.primary.settings.stickiness >= -score or not has_influence(link):
        return False
    scores = link.dependent.table.scores
    return sum(1 for each in scores if each is not None and each >= 0) == 1


def _single(value: float) -> float:
    """Round to a 32-bit float, as the scores of the field are computed (PLC-4)."""
    if value == int(value) and -0x1000000 <= value <= 0x1000000:
        return value
    rounded: float = unpack("<f", pack("<f", value))[0]
    return rounded
