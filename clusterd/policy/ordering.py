"""Constraints and structure to orderings (05, sections 2 to 4)."""

from clusterd.model.constraint import Order, OrderKind
from clusterd.model.score import INFINITY
from clusterd.policy.step import INVERSE, Task, Tie
from clusterd.policy.steps import order
from clusterd.policy.unit import Kind, Rank, Unit
from clusterd.policy.work import Work

_FORCE_AND_BLOCK = Tie.FIRST_FORCES_THEN | Tie.FIRST_BLOCKS_THEN


_ACTIONS = {task.value for task in INVERSE}


def draw_internal_orders(work: Work) -> None:
    """Order the steps of each resource and of its parts (ORD-10 to ORD-12)."""
    for top in work.tops:
        _draw(work, top)


def draw_configured_orders(work: Work) -> None:
    """Turn order constraints into orderings (ORD-1 to ORD-4)."""
    for each in work.state.configuration.constraints:
        if isinstance(each, Order):
            _draw_configured(work, each)


def draw_separations(work: Work) -> None:
    """Let what must not be together leave a node before the other comes (ORD-60)."""
    for unit in _with_links(work):
        for link in unit.this_with:
            if link.score <= -INFINITY:
                _separate(work, link.dependent, link.role, link.primary, link.with_role)
                _separate(work, link.primary, link.with_role, link.dependent, link.role)


def _draw_configured(work: Work, each: Order) -> None:
    first, then = work.targets.get(each.first), work.targets.get(each.then)
    if first is None or then is None or first is then:
        return
    if not {each.first_action, each.then_action} <= _ACTIONS:
        return  # Nothing but these can be ordered (ORD-4).
    first_task, then_task = Task(each.first_action), Task(each.then_action)
    symmetrical = each.symmetrical and each.kind is not OrderKind.SERIALIZE  # ORD-2
    ties = _ties(each.kind, first_task, symmetrical=symmetrical)
    order(work, first, first_task, then, then_task, ties, each.name)
    if symmetrical:
        back = _inverse_ties(each.kind)
        order(
            work, then, INVERSE[then_task], first, INVERSE[first_task], back, each.name
        )


def _ties(kind: OrderKind, first_task: Task, *, symmetrical: bool) -> Tie:
    """Return what an order constraint carries (ORD-3)."""
    match kind:
        case OrderKind.OPTIONAL:
            return Tie.ORDERED
        case OrderKind.SERIALIZE:
            return Tie.SERIALIZE
        case OrderKind.MANDATORY:
            pass
    if not symmetrical:
        return Tie.ORDERED | Tie.ASYMMETRIC
    ties = Tie.ORDERED | Tie.FIRST_FORCES_THEN
    if first_task in (Task.START, Task.PROMOTE):
        ties |= Tie.FIRST_BLOCKS_THEN
    return ties


def _inverse_ties(kind: OrderKind) -> Tie:
    if kind is OrderKind.MANDATORY:
        return Tie.ORDERED | Tie.THEN_FORCES_FIRST
    return Tie.ORDERED


def _draw(work: Work, unit: Unit) -> None:
    match unit.kind:
        case Kind.PRIMITIVE:
            _draw_primitive(work, unit)
        case Kind.GROUP:
            _draw_group(work, unit)
        case Kind.CLONE:
            _draw_clone(work, unit)


def _draw_primitive(work: Work, unit: Unit) -> None:
    """Stop before start, demote before stop, start before promote (ORD-10)."""
    if not unit.managed:
        return
    restart = Tie.ORDERED | Tie.FIRST_FORCES_THEN | Tie.STOP_BETWEEN
    order(work, unit, Task.STOP, unit, Task.START, restart, unit.base)
    if unit.role > Rank.UNPROMOTED:
        down = Tie.PROMOTED_THEN_FORCES_FIRST
        order(work, unit, Task.DEMOTE, unit, Task.STOP, down, unit.base)
        order(
            work, unit, Task.START, unit, Task.PROMOTE, Tie.FIRST_BLOCKS_THEN, unit.base
        )


def _draw_group(work: Work, group: Unit) -> None:
    """Members start in order and stop in reverse (ORD-11)."""
    name = group.base
    order(work, group, Task.STOP, group, Task.STOPPED, Tie.FIRST_BLOCKS_THEN, name)
    order(work, group, Task.STOPPED, group, Task.START, Tie.ORDERED, name)
    order(work, group, Task.START, group, Task.RUNNING, Tie.FIRST_BLOCKS_THEN, name)
    previous: Unit | None = None
    last_active: Unit | None = None
    for member in group.children:
        _draw(work, member)
        _draw_member(work, group, member, is_first=previous is None)
        if previous is not None:
            _draw_pair(work, group, previous, member)
            if member.active and not previous.active and last_active is not None:
                order(
                    work, member, Task.STOP, last_active, Task.STOP, Tie.ORDERED, name
                )
        if member.active:
            last_active = member
        previous = member


def _draw_member(work: Work, group: Unit, member: Unit, *, is_first: bool) -> None:
    """Tie a member's steps to those of its group (ORD-11.3)."""
    name = group.base
    down = Tie.GRAPH_FIRST | Tie.ORDERED if is_first else Tie.GRAPH_FIRST
    done = Tie.FIRST_FORCES_THEN if is_first else Tie.GRAPH_THEN
    order(work, group, Task.STOP, member, Task.STOP, down, name)
    order(work, member, Task.STOP, group, Task.STOPPED, done, name)
    order(work, group, Task.START, member, Task.START, Tie.GRAPH_FIRST, name)
    up = _FORCE_AND_BLOCK | Tie.GRAPH_THEN
    order(work, member, Task.START, group, Task.RUNNING, up, name)


def _draw_pair(work: Work, group: Unit, previous: Unit, member: Unit) -> None:
    """Tie a member to the one before it (ORD-11.4)."""
    name = group.base
    order(work, previous, Task.START, member, Task.START, _FORCE_AND_BLOCK, name)
    between = Tie.ORDERED | Tie.STOP_BETWEEN
    order(work, member, Task.STOP, previous, Task.STOP, between, name)
    if member.active and not previous.active:
        back = Tie.THEN_FORCES_FIRST | Tie.FIRST_BLOCKS_THEN
        order(work, member, Task.STOP, previous, Task.START, back, name)


def _draw_clone(work: Work, clone: Unit) -> None:
    """Tie the copies' steps to the clone, and to each other if ordered (ORD-12)."""
    assert clone.clone is not None
    name = clone.base
    order(work, clone, Task.STOPPED, clone, Task.START, Tie.ORDERED, name)
    order(work, clone, Task.START, clone, Task.RUNNING, Tie.FIRST_BLOCKS_THEN, name)
    order(work, clone, Task.STOP, clone, Task.STOPPED, Tie.FIRST_BLOCKS_THEN, name)
    if clone.clone.ordered:
        clone.children.sort(key=lambda copy: copy.number or 0)
    for index, copy in enumerate(clone.children):
        _draw(work, copy)
        start = Tie.FIRST_BLOCKS_THEN | Tie.GRAPH_FIRST
        order(work, clone, Task.START, copy, Task.START, start, name)
        order(work, copy, Task.START, clone, Task.RUNNING, Tie.GRAPH_THEN, name)
        order(work, clone, Task.STOP, copy, Task.STOP, Tie.GRAPH_FIRST, name)
        order(work, copy, Task.STOP, clone, Task.STOPPED, Tie.GRAPH_THEN, name)
        if clone.clone.ordered:
            for later in clone.children[index + 1 :]:
                order(work, copy, Task.START, later, Task.START, Tie.ORDERED, name)
                order(work, later, Task.STOP, copy, Task.STOP, Tie.ORDERED, name)


def _separate(
    work: Work, leaving: Unit, role: Rank, coming: Unit, with_role: Rank
) -> None:
    lose = Task.DEMOTE if role is Rank.PROMOTED else Task.STOP
    gain = Task.PROMOTE if with_role is Rank.PROMOTED else Task.START
    order(
        work,
        leaving,
        lose,
        coming,
        gain,
        Tie.ANTI_SAME_NODE,
        f"{leaving.base} not with {coming.base}",
    )


def _with_links(work: Work) -> list[Unit]:
    found: list[Unit] = []
    for top in work.tops:
        found.append(top)
        if top.kind is Kind.GROUP:
            found += top.children
    return found
