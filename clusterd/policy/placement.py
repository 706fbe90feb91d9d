"""Choose a node for each primitive, group and clone (03, sections 5, 6 and 9)."""

from clusterd.model.configuration import NoQuorumPolicy
from clusterd.policy.attraction import apply_this_with
from clusterd.policy.colocation import this_with, with_this
from clusterd.policy.distribution import distribute, order_copies
from clusterd.policy.settling import only_node, ranked, settle
from clusterd.policy.unit import Kind, Node, Rank, Unit
from clusterd.policy.wishes import merge_dependent
from clusterd.policy.work import Work

_STRIDE = 50
"""How many links down a chain one assignment goes by recursion."""


def place_all(work: Work) -> None:
    """Assign every resource, in base order (PLC-30)."""
    for top in work.tops:
        for unit in _foundations(top):
            assign(work, unit)
        assign(work, top)


def _foundations(unit: Unit) -> list[Unit]:
    """Return some of what a unit rests on, the deepest first.

    Assigning goes down a chain of colocations by recursion; beginning in the
    depth changes nothing but how deep that gets.
    """
    path: dict[Unit, None] = {}
    each: Unit | None = unit
    while each is not None and each not in path:
        path[each] = None
        links = sorted(this_with(each), key=lambda link: not link.mandatory)
        each = next((link.primary for link in links if not link.primary.assigned), None)
    return list(path)[_STRIDE::_STRIDE][::-1]


def assign(
    work: Work, unit: Unit, prefer: Node | None = None, *, final: bool = True
) -> Node | None:
    """Assign a unit and, before it, all it depends on. Returns its node."""
    match unit.kind:
        case Kind.PRIMITIVE:
            return _assign_primitive(work, unit, prefer, final=final)
        case Kind.GROUP:
            return _assign_group(work, unit, prefer, final=final)
        case Kind.CLONE:
            _assign_clone(work, unit)
            return None


def _assign_primitive(
    work: Work, unit: Unit, prefer: Node | None, *, final: bool
) -> Node | None:
    """Assign one primitive (PLC-31)."""
    if unit.parent is not None and not unit.parent.assigning:
        assign(work, unit.parent)
    if unit.assigned:
        return unit.node
    if unit.assigning:
        return None
    unit.assigning = True
    _apply_links(work, unit)
    if not unit.assigned:  # A must that found no partner has settled it already.
        _limit_role(work, unit)
        _choose(work, unit, prefer, final=final)
    unit.assigning = False
    return unit.node


def _apply_links(work: Work, unit: Unit) -> None:
    """Apply what must be before what should be (PLC-31.5 to 7)."""
    depends, dependents = this_with(unit), with_this(unit)
    for mandatory in (True, False):
        for link in depends:
            if link.mandatory is mandatory:
                if not link.primary.assigned:
                    assign(work, link.primary)
                apply_this_with(work, link, unit)
        for link in dependents:
            if link.mandatory is mandatory:
                merge_dependent(work, link, unit)


def _limit_role(work: Work, unit: Unit) -> None:
    """Ban it everywhere if it shall stop; start nothing if frozen (PLC-31.8)."""
    state = work.state
    if unit.next_role is Rank.STOPPED:
        unit.forbid("shall be stopped")
    elif (
        not state.has_quorum
        and state.configuration.properties.no_quorum_policy is NoQuorumPolicy.FREEZE
        and unit.next_role > unit.role
    ):
        unit.next_role = unit.role


def _choose(work: Work, unit: Unit, prefer: Node | None, *, final: bool) -> None:
    """Choose among the nodes of the table (PLC-31.11, PLC-32)."""
    if not unit.managed:
        unit.next_role = unit.role
        settle(work, unit, unit.current(), forced=True)
        return
    if work.state.configuration.properties.stop_all:
        settle(work, unit, None, forced=True)
        return
    nodes = ranked(work, unit)
    chosen = nodes[0] if nodes else None
    if chosen is not None:
        preferred = _preferred(work, unit, prefer, chosen)
        chosen = preferred if preferred is not None else _stay(work, unit, nodes)
    settle(work, unit, chosen, forced=False, final=final)


def _preferred(work: Work, unit: Unit, prefer: Node | None, best: Node) -> Node | None:
    """Return the preferred node if it is as good as the best (PLC-32)."""
    if prefer is None:
        return None
    scores = unit.table.scores
    score = scores[prefer.index]
    if score is None or score < 0 or not work.available[prefer.index]:
        return None
    return prefer if score >= (scores[best.index] or 0) else None


def _stay(work: Work, unit: Unit, nodes: list[Node]) -> Node:
    """Return the best node; among equals above zero the current one (PLC-37)."""
    best, current = nodes[0], unit.current()
    score = unit.table.scores[best.index]
    if (
        score is None
        or score <= 0
        or current is None
        or not work.available[current.index]
    ):
        return best
    return current if unit.table.scores[current.index] == score else best


def _assign_group(
    work: Work, unit: Unit, prefer: Node | None, *, final: bool
) -> Node | None:
    """Assign the members one after the other (PLC-72)."""
    if unit.parent is not None and not unit.parent.assigning:
        assign(work, unit.parent)
    if unit.assigned:
        return only_node(unit)
    if unit.assigning:
        return None
    unit.assigning = True
    unit.role = unit.children[0].role
    first: Node | None = None
    for member in unit.children:
        node = assign(work, member, prefer, final=final)
        first = first or node
    unit.next_role = unit.children[0].next_role
    unit.assigning = False
    unit.assigned = True
    return first


def _assign_clone(work: Work, unit: Unit) -> None:
    """Assign the copies of a clone (PLC-82)."""
    if unit.assigned or unit.assigning:
        return
    unit.assigning = True
    for link in unit.this_with:
        if not link.primary.assigned:
            assign(work, link.primary)
    for link in unit.with_this:
        merge_dependent(work, link, unit)
    order_copies(work, unit)
    distribute(work, unit, assign)
    unit.assigning = False
    unit.assigned = True
