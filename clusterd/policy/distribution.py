"""Spread the copies of a clone over the nodes (03, PLC-85 to PLC-94)."""

from functools import cmp_to_key
from typing import Protocol

from clusterd.model.reason import ScorePart
from clusterd.model.score import INFINITY
from clusterd.policy.colocation import has_influence, this_with, with_this
from clusterd.policy.settling import unassign
from clusterd.policy.unit import Link, Node, Rank, Scores, Table, Unit
from clusterd.policy.wishes import spread
from clusterd.policy.work import Work

_NO_CLAIM = (False, False, 0, False, 0)


class Assign(Protocol):
    """How a copy gets its node: `placement.assign`."""

    def __call__(
        self, work: Work, unit: Unit, prefer: Node | None = None, *, final: bool = True
    ) -> Node | None:
        """Assign `unit`, to `prefer` if that is as good as any."""
        ...


def order_copies(work: Work, clone: Unit) -> None:
    """Sort the copies: those with the best claim to their place first (PLC-85)."""
    clone.children.sort(
        key=cmp_to_key(lambda left, right: _compare(work, clone, left, right))
    )


def distribute(work: Work, clone: Unit, assign: Assign) -> None:
    """Give places to copies: first where they are, then where they fit (PLC-90)."""
    clone.counts = [0] * len(work.nodes)
    assigned = 0
    usable = sum(work.available)
    optimal = max(1, clone.limit // usable) if usable else 1
    for copy in clone.children:
        if assigned >= clone.limit:
            break
        node = _kept_node(work, clone, copy, optimal)
        if node is not None and _early(
            work, clone, copy, node, assign, clone.limit - assigned
        ):
            assigned += 1
    for copy in clone.children:
        if copy.assigned:
            continue
        if assigned >= clone.limit:
            copy.forbid("all copies have a place")
            for leaf in copy.leaves():
                leaf.next_role = Rank.STOPPED
        elif _assign_copy(work, clone, copy, None, assign) is not None:
            assigned += 1


def _kept_node(work: Work, clone: Unit, copy: Unit, optimal: int) -> Node | None:
    """Return the node a copy would like to keep (PLC-91)."""
    current = _current(copy)
    if current is None or copy.assigned or copy.failed:
        return None
    if not work.available[current.index] or clone.counts[current.index] >= optimal:
        return None
    return current


def _early(  # The arguments of PLC-94.
    work: Work, clone: Unit, copy: Unit, node: Node, assign: Assign, slots: int
) -> bool:
    """Try to keep a copy on its node, serving better nodes first (PLC-94)."""
    score = copy.table.scores[node.index]
    if score is None or score < 0:
        return False
    saved = _save(copy)
    counts = clone.counts
    clone.counts = counts.copy()
    kept = False
    for _ in range(slots):
        found = _assign_copy(work, clone, copy, node, assign)
        if found is node:
            kept = True
            break
        _restore(saved)
        unassign(copy)
        if found is None:
            break
    clone.counts = counts
    if kept:
        clone.counts[node.index] += 1
    return kept


def _assign_copy(
    work: Work, clone: Unit, copy: Unit, prefer: Node | None, assign: Assign
) -> Node | None:
    """Assign one copy (PLC-93)."""
    if copy.assigning:
        return None
    _ban_full(work, clone, copy)
    node = assign(work, copy, prefer, final=prefer is None)
    if node is not None:
        clone.counts[node.index] += 1
    return node


def _ban_full(work: Work, clone: Unit, copy: Unit) -> None:
    """Ban a copy from nodes that are full or not for this clone (PLC-92)."""
    per_node = _per_node(clone)
    for node in work.nodes:
        score = clone.table.scores[node.index]
        what = ""
        if copy.removed:
            what = "one copy too many"
        elif not work.available[node.index]:
            what = "not available"
        elif score is None or score < 0:
            what = f"{clone.base} may not run there"
        elif clone.counts[node.index] >= per_node:
            what = "another copy has this place"
        if what:
            part = ScorePart(what=what, score=-INFINITY, source=clone.base)
            for each in (copy, *copy.children):
                if each.table.scores[node.index] is not None:
                    each.table.bias(node.index, part)


def _per_node(clone: Unit) -> int:
    """Return how many copies a node takes: of what looks alike, one (INP-52)."""
    assert clone.clone is not None
    return min(1, clone.clone.maximum_per_node)


def _compare(work: Work, clone: Unit, left: Unit, right: Unit) -> int:
    """Compare two copies; negative: `left` has the better claim (PLC-85)."""
    if left.active and right.active and len(left.active) != len(right.active):
        return len(left.active) - len(right.active)
    one, other = _standing(work, clone, left), _standing(work, clone, right)
    if one != other:
        return -1 if one < other else 1
    return _number(left) - _number(right)


def _standing(
    work: Work, clone: Unit, copy: Unit
) -> tuple[bool, int, bool, tuple[bool, bool, int, bool, int]]:
    """Return steps 2 to 9 of PLC-85 as one key; smaller is better."""
    node = _current(copy)
    if _is_unwelcome(copy, node):
        return (True, -copy.priority, True, _NO_CLAIM)
    if node is None:
        return (False, -copy.priority, True, _NO_CLAIM)
    return (False, -copy.priority, False, _claim(work, clone, copy, node))


def _claim(
    work: Work, clone: Unit, copy: Unit, node: Node
) -> tuple[bool, bool, int, bool, int]:
    """Return steps 5 to 9 of PLC-85 as one key; smaller is better."""
    return (
        not work.available[node.index],
        clone.table.scores[node.index] is None,
        clone.counts[node.index],
        any(leaf.failed for leaf in copy.leaves()),
        -_pull(work, copy, node),
    )


def _pull(work: Work, copy: Unit, node: Node) -> int:
    """Return how much colocations hold a copy where it is (PLC-85.9)."""
    scores: Scores = [
        0 if node.index == index else None for index in range(len(work.nodes))
    ]
    for link in this_with(copy):
        scores = _pull_of(work, link, link.primary, scores, nonnegative=False)
    for link in with_this(copy):
        if has_influence(link):
            scores = _pull_of(work, link, link.dependent, scores, nonnegative=True)
    return scores[node.index] or 0


def _pull_of(
    work: Work, link: Link, source: Unit, scores: Scores, *, nonnegative: bool
) -> Scores:
    factor = link.score / INFINITY
    return spread(
        work, link, source, scores, factor, active=False, nonnegative=nonnegative
    )


def _is_unwelcome(copy: Unit, node: Node | None) -> bool:
    """Tell whether a copy runs where its own table does not want it (PLC-85.2)."""
    if node is None:
        return False
    score = copy.table.scores[node.index]
    return score is None or score < 0


def _current(copy: Unit) -> Node | None:
    return next(
        (node for leaf in copy.leaves() if (node := leaf.current()) is not None), None
    )


def _number(copy: Unit) -> int:
    assert copy.number is not None
    return copy.number


def _save(copy: Unit) -> list[tuple[Unit, Table, Rank]]:
    units = [copy, *copy.children]
    return [(unit, unit.table.copy(), unit.next_role) for unit in units]


def _restore(saved: list[tuple[Unit, Table, Rank]]) -> None:
    for unit, table, role in saved:
        unit.table.restore(table)
        unit.next_role = role
