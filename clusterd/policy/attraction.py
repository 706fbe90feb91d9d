"""What a colocation does to the table of the dependent (PLC-45 to PLC-51, PLC-101).

The primary has been assigned before; nothing here assigns anything.
"""

from clusterd.model.reason import ScorePart
from clusterd.model.score import INFINITY, add_scores
from clusterd.policy.settling import only_node, ranked, settle
from clusterd.policy.unit import Kind, Link, Node, Rank, Table, Unit
from clusterd.policy.work import Work


def apply_this_with(work: Work, link: Link, unit: Unit) -> None:
    """Draw `unit` to, or keep it from, where the primary is (PLC-45).

    A mild dislike that would leave no node is taken back.
    """
    mild = -INFINITY < link.score < 0
    saved = unit.table.copy() if mild else None
    _apply(work, link, unit, link.primary)
    if saved is not None and not work.any_available(unit.table.scores):
        unit.table.restore(saved)


def compatible_copy(
    work: Work, clone: Unit, unit: Unit, *, current: bool = False
) -> Unit | None:
    """Return the copy of `clone` that goes with `unit` (PLC-105)."""
    own = _where(unit, current=current)
    nodes = [own] if own is not None else ranked(work, unit)
    for node in nodes:
        for copy in clone.children:
            if _where(copy, current=current) is node and not _any_blocked(copy):
                return copy
    return None


def _apply(work: Work, link: Link, unit: Unit, primary: Unit) -> None:
    match primary.kind:
        case Kind.PRIMITIVE:
            _beside_primitive(work, link, unit, primary)
        case Kind.GROUP:
            # The whole group must be there only if it is a must (PLC-76).
            member = primary.children[-1 if link.score >= INFINITY else 0]
            _beside_primitive(work, link, unit, member)
        case Kind.CLONE:
            _beside_clone(work, link, unit, primary)


def _beside_primitive(work: Work, link: Link, unit: Unit, primary: Unit) -> None:
    """Apply a link against one primitive (PLC-46 to PLC-49)."""
    if not primary.assigned or unit.assigned:
        return
    if link.role is not Rank.UNKNOWN and link.role is not unit.next_role:
        return
    if link.with_role is not Rank.UNKNOWN and link.with_role is not primary.next_role:
        return
    saved = None if link.mandatory else unit.table.copy()
    _draw(unit.table, link, primary)
    if saved is not None and not work.any_available(unit.table.scores):
        unit.table.restore(saved)


def _draw(table: Table, link: Link, primary: Unit) -> None:
    """Change the scores by where the primary is (PLC-48)."""
    what = f"with {primary.base}" if link.score > 0 else f"not with {primary.base}"
    for index, score in enumerate(table.scores):
        if score is None:
            continue
        change = _change(link, primary.node, index)
        if change:
            shown = what if primary.node is not None else f"{what}, which runs nowhere"
            table.scores[index] = add_scores(change, score)
            part = ScorePart(what=shown, score=change, source=link.name)
            table.parts[index] = (*table.parts[index], part)


def _change(link: Link, node: Node | None, index: int) -> int:
    if node is None:
        return -link.score if link.score > 0 else 0
    if node.index == index:
        return link.score if link.score < INFINITY else 0
    return -INFINITY if link.score >= INFINITY else 0


def _beside_clone(work: Work, link: Link, unit: Unit, clone: Unit) -> None:
    """Apply a link against a clone: copy by copy, or all their nodes (PLC-101)."""
    if not clone.assigned:
        return
    if _interleaves(link):
        copy = compatible_copy(work, clone, unit)
        if copy is not None:
            _apply(work, link, unit, copy)
        elif link.score >= INFINITY:
            _forbid_all(unit.table, link, clone)
            settle(work, unit, None, forced=True)
        return
    if link.score >= INFINITY:
        _restrict(unit.table, link, clone)
        return
    for copy in clone.children:
        _apply(work, link, unit, copy)


def _interleaves(link: Link) -> bool:
    """Tell whether copies are matched one to one (PLC-101.2).

    Only if they attract each other: repelled by one matched copy alone, a copy
    would for ever change between the places of the others.
    """
    clone = link.dependent.clone
    return clone is not None and clone.interleave and link.score > 0


def _restrict(table: Table, link: Link, clone: Unit) -> None:
    """Leave only nodes where a copy is going to be (PLC-101.3)."""
    allowed: set[int] = set()
    for copy in clone.children:
        node = only_node(copy)
        if node is not None and not _any_blocked(copy):
            allowed.add(node.index)
    part = ScorePart(what=f"no {clone.base} there", score=-INFINITY, source=link.name)
    for index, score in enumerate(table.scores):
        if score is not None and index not in allowed:
            table.bias(index, part)


def _forbid_all(table: Table, link: Link, clone: Unit) -> None:
    part = ScorePart(
        what=f"no {clone.base} to go with", score=-INFINITY, source=link.name
    )
    for index, score in enumerate(table.scores):
        if score is not None:
            table.bias(index, part)


def _where(unit: Unit, *, current: bool) -> Node | None:
    if not current:
        return only_node(unit)
    nodes = {node for leaf in unit.leaves() for node in leaf.active}
    return next(iter(nodes)) if len(nodes) == 1 else None


def _any_blocked(unit: Unit) -> bool:
    return any(leaf.blocked for leaf in unit.leaves())
