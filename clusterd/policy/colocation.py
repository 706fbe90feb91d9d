"""Who goes with whom, and who sees which colocation (03, sections 7 and 8)."""

from clusterd.model.constraint import Colocation
from clusterd.model.score import INFINITY
from clusterd.policy.unit import Kind, Link, Rank, Unit, rank_of
from clusterd.policy.work import Work

_VARIANT = {Kind.PRIMITIVE: 0, Kind.GROUP: 1, Kind.CLONE: 2}


def link_colocations(work: Work) -> None:
    """Create the configured links, then those inside groups (PLC-42, PLC-71)."""
    for each in work.state.configuration.constraints:
        if not isinstance(each, Colocation) or each.score == 0:
            continue
        dependent = work.targets.get(each.resource)
        primary = work.targets.get(each.with_resource)
        if dependent is None or primary is None or dependent is primary:
            continue
        score = max(-INFINITY, min(INFINITY, each.score))
        _add(
            Link(
                name=each.name,
                dependent=dependent,
                primary=primary,
                score=score,
                role=_any_if_started(rank_of(each.role)),
                with_role=_any_if_started(rank_of(each.with_role)),
                influence=dependent.settings.critical,
            )
        )
    for top in work.tops:
        _link_members(top)


def has_influence(link: Link) -> bool:
    """Tell whether a dependent's wishes count for its primary (PLC-44)."""
    return link.influence or not link.primary.active


def this_with(unit: Unit) -> list[Link]:
    """Return the links in which `unit` is the dependent (PLC-65 to PLC-67)."""
    links = [*unit.this_with, *_parent_this_with(unit.parent, unit)]
    return sorted(links, key=lambda link: _order(link.primary))


def with_this(unit: Unit) -> list[Link]:
    """Return the links in which `unit` is the primary (PLC-65 to PLC-67)."""
    links = [*unit.with_this, *_parent_with_this(unit.parent, unit)]
    return sorted(links, key=lambda link: _order(link.dependent))


def _parent_this_with(parent: Unit | None, asking: Unit) -> list[Link]:
    """Return what a collective lends to `asking` (PLC-66, PLC-67)."""
    if parent is None:
        return []
    if parent.kind is Kind.CLONE:
        return parent.this_with
    if asking is parent or asking is parent.children[0]:
        others = [member for member in parent.children if member is not asking]
        explicit = [
            link for member in others for link in member.this_with if link.explicit
        ]
        return [*parent.this_with, *_parent_this_with(parent.parent, parent), *explicit]
    before = parent.children[: parent.children.index(asking)]
    if any(not member.managed for member in before):
        return [link for link in parent.this_with if link.score >= INFINITY]
    return []


def _parent_with_this(parent: Unit | None, asking: Unit) -> list[Link]:
    if parent is None:
        return []
    if parent.kind is Kind.CLONE:
        return parent.with_this
    if asking is not parent and asking is not parent.children[-1]:
        return []
    others = [member for member in parent.children if member is not asking]
    explicit = [link for member in others for link in member.with_this if link.explicit]
    return [*parent.with_this, *_parent_with_this(parent.parent, parent), *explicit]


def _link_members(unit: Unit) -> None:
    for child in unit.children:
        _link_members(child)
    if unit.kind is not Kind.GROUP:
        return
    for first, then in zip(unit.children, unit.children[1:], strict=False):
        _add(
            Link(
                name=unit.base,
                dependent=then,
                primary=first,
                score=INFINITY,
                influence=then.settings.critical,
                explicit=False,
            )
        )


def _add(link: Link) -> None:
    # A new link stands before equal ones (PLC-44a); sorting later keeps that.
    link.dependent.this_with.insert(0, link)
    link.primary.with_this.insert(0, link)


def _order(unit: Unit) -> tuple[int, int, str]:
    """Return the place of a unit in a list of links (PLC-44a)."""
    return (-unit.priority, -_VARIANT[unit.kind], unit.name)


def _any_if_started(rank: Rank) -> Rank:
    return Rank.UNKNOWN if rank is Rank.STARTED else rank
