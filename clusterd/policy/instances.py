"""Unfold resources into units: group members and clone copies (01, section 5)."""

from clusterd.model.configuration import Configuration
from clusterd.model.names import InstanceName, ResourceName, instance_name
from clusterd.model.reason import Reason
from clusterd.model.resource import Clone, Group, Meta, Primitive, Resource, Role
from clusterd.policy.settings import Settings, resolve
from clusterd.policy.unit import Kind, Rank, Table, Unit
from clusterd.policy.work import Work


def unfold(work: Work) -> None:
    """Create the units of every resource, in base order (PLC-28).

    Base order: as configured, but higher priority first.
    """
    configuration = work.state.configuration
    for resource in configuration.resources:
        top = _unit(work, resource, parent=None, chain=())
        work.tops.append(top)
        _name_targets(work, top)
        for leaf in top.leaves():
            work.named.setdefault(leaf.base, []).append(leaf)
    work.tops.sort(key=lambda unit: -unit.priority)
    for leaf in work.leaves():
        _manage(leaf, configuration)


def add_copy(work: Work, clone: Unit) -> Unit:
    """Create the next copy of a clone; beyond its limit as a removed one (HIS-22)."""
    assert clone.clone is not None
    number = len(clone.children)
    chain = (clone.clone.meta,)
    copy = _unit(work, clone.clone.child, parent=clone, chain=chain, number=number)
    copy.next_role = max(copy.next_role, clone.next_role)
    if number >= clone.limit:
        copy.removed = True
        for leaf in copy.leaves():
            leaf.removed = True
    return copy


def add_removed(work: Work, name: ResourceName) -> Unit:
    """Create a unit for something only histories know (HIS-14): it shall stop."""
    settings = resolve((work.state.configuration.resource_defaults,), cloned=False)
    unit = Unit(
        name=InstanceName(name),
        base=name,
        kind=Kind.PRIMITIVE,
        settings=settings,
        table=Table.of_size(len(work.nodes), 0),
        removed=True,
    )
    _manage(unit, work.state.configuration)
    unit.forbid("it is no longer configured")
    unit.notes.append(Reason(text="it is no longer configured", rule="HIS-14"))
    work.tops.append(unit)
    work.named[name] = [unit]
    return unit


def manage_copy(work: Work, copy: Unit) -> None:
    """Decide for a late copy whether it is managed (INP-45)."""
    for leaf in copy.leaves():
        work.named[leaf.base].append(leaf)
        _manage(leaf, work.state.configuration)


def _unit(
    work: Work,
    resource: Resource,
    *,
    parent: Unit | None,
    chain: tuple[Meta, ...],
    number: int | None = None,
) -> Unit:
    chain = (resource.meta, *chain)
    metas = (*chain, work.state.configuration.resource_defaults)
    cloned = number is not None or isinstance(resource, Clone)
    settings = resolve(metas, cloned=cloned)
    unit = Unit(
        name=instance_name(resource.name, number),
        base=resource.name,
        kind=_kind(resource),
        settings=settings,
        table=_fresh_table(work),
        parent=parent,
        number=number,
        priority=settings.priority,
        next_role=_wanted(settings),
    )
    if parent is not None:
        parent.children.append(unit)
    match resource:
        case Primitive():
            unit.primitive = resource
        case Group(members=members):
            for member in members:
                _unit(work, member, parent=unit, chain=chain, number=number)
        case Clone():
            _copies(work, unit, resource)
    return unit


def _copies(work: Work, unit: Unit, clone: Clone) -> None:
    """Create the copies of a clone (PLC-81): at most one per node has a place."""
    unit.clone = clone
    nodes = max(1, len(work.nodes))
    unit.limit = nodes if clone.maximum is None else max(0, min(clone.maximum, nodes))
    unit.counts = [0] * len(work.nodes)
    for _ in range(max(1, unit.limit)):
        add_copy(work, unit)


def _fresh_table(work: Work) -> Table:
    """Return the table a resource begins with (PLC-5, PLC-7)."""
    symmetric = work.state.configuration.properties.symmetric
    return Table.of_size(len(work.nodes), 0 if symmetric else None)


def _kind(resource: Resource) -> Kind:
    match resource:
        case Primitive():
            return Kind.PRIMITIVE
        case Group():
            return Kind.GROUP
        case Clone():
            return Kind.CLONE


def _wanted(settings: Settings) -> Rank:
    """Return the next role that `target_role` imposes (INP-41)."""
    return Rank.STOPPED if settings.target_role is Role.STOPPED else Rank.UNKNOWN


def _manage(leaf: Unit, configuration: Configuration) -> None:
    """Decide whether the cluster may act on it (INP-45)."""
    everywhere = configuration.properties.maintenance
    if everywhere or leaf.settings.maintenance:
        leaf.managed = False
        leaf.maintained = True
        text = "the cluster is in maintenance" if everywhere else "maintenance"
        leaf.notes.append(Reason(text=f"{text} (configured)", rule="INP-45"))
    elif leaf.settings.is_managed is False:
        leaf.managed = False
        leaf.notes.append(Reason(text="unmanaged (configured)", rule="INP-45"))


def _name_targets(work: Work, top: Unit) -> None:
    """Register what constraints may name: inside a clone the clone (INP-107)."""
    work.targets[top.base] = top
    if top.kind is Kind.GROUP:
        for member in top.children:
            work.targets[member.base] = member
    if top.kind is Kind.CLONE:
        copy = top.children[0]
        work.targets[copy.base] = top
        for leaf in copy.leaves():
            work.targets[leaf.base] = top
