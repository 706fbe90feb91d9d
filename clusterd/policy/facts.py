"""What runs where, what failed, what is under way: histories to units (02, 2)."""

from clusterd.model.names import ResourceName, history_name
from clusterd.model.reason import Reason, ScorePart
from clusterd.model.score import INFINITY
from clusterd.model.status import NodeHistory
from clusterd.policy.failures import Recovery
from clusterd.policy.instances import add_copy, add_removed, manage_copy
from clusterd.policy.reading import Reading, read_results
from clusterd.policy.step import Task
from clusterd.policy.unit import Kind, Node, Rank, Unit
from clusterd.policy.work import Work


def read_status(work: Work) -> None:
    """Read every history that can still be true: of nodes online or lost (HIS-2).

    What is offline holds nothing; what is pending has never held anything.
    """
    histories = _by_node(work)
    reserved = _reserve(work, histories)
    for node in work.nodes:
        for name, history in histories[node.index]:
            unit = _find(work, node, name, history, reserved)
            unit.histories[node.index] = history
            _take_in(work, unit, node, history)
    work.available = [node.available for node in work.nodes]


def _by_node(work: Work) -> list[list[tuple[ResourceName, NodeHistory]]]:
    found: list[list[tuple[ResourceName, NodeHistory]]] = [[] for _ in work.nodes]
    places = {node.name: node for node in work.nodes if node.online or node.lost}
    for history in work.state.status.history.values():
        node = places.get(history.node)
        if node is not None:
            found[node.index].append((history_name(history.instance), history))
    for each in found:
        each.sort(key=lambda pair: pair[0])
    return found


def _reserve(
    work: Work, histories: list[list[tuple[ResourceName, NodeHistory]]]
) -> dict[tuple[ResourceName, int], Node]:
    """Return which node goes on with which number of a clone's copies.

    Copies are interchangeable (HIS-20), but a name that stays is easier to read.
    """
    reserved: dict[tuple[ResourceName, int], Node] = {}
    for node in work.nodes:
        for name, history in histories[node.index]:
            number, units = _number(history), work.named.get(name)
            if number is not None and units is not None and _seems_active(history):
                reserved.setdefault((units[0].top.base, number), node)
    return reserved


def _number(history: NodeHistory) -> int | None:
    number = history.instance.partition(":")[2]
    return int(number) if number.isdecimal() else None


def _seems_active(history: NodeHistory) -> bool:
    if any(each.operation == Task.START.value for each in history.pending):
        return True
    last = history.last
    if last is None:
        return False
    if last.operation == Task.STOP.value:
        return last.is_failure
    return last.operation != Task.MONITOR.value or last.code.value in (0, 8)


def _find(
    work: Work,
    node: Node,
    name: ResourceName,
    history: NodeHistory,
    reserved: dict[tuple[ResourceName, int], Node],
) -> Unit:
    """Return the unit a history speaks of (HIS-11, HIS-14, HIS-20)."""
    units = work.named.get(name)
    if units is None:
        return add_removed(work, name)
    if units[0].number is None:
        return units[0]
    clone = units[0].top
    wanted = _number(history)
    mine = wanted is not None and reserved.get((clone.base, wanted)) is node
    if wanted is not None and mine and wanted < len(units):
        return units[wanted]
    chosen = _free_copy(units, node, clone, reserved)
    if chosen is not None and _spares_number(work, chosen, clone, node):
        chosen = None
    if chosen is None:
        copy = add_copy(work, clone)
        manage_copy(work, copy)
        chosen = work.named[name][-1]
    return chosen


def _free_copy(
    units: list[Unit],
    node: Node,
    clone: Unit,
    reserved: dict[tuple[ResourceName, int], Node],
) -> Unit | None:
    """Return a copy already on this node, else the first that is nowhere (HIS-20)."""
    free = None
    for number, unit in enumerate(units):
        places = _places(unit)
        if node.index in places and node.index not in unit.histories:
            return unit
        taken = (clone.base, number) in reserved or places or unit.blocked
        if free is None and not taken:
            free = unit
    return free


def _places(unit: Unit) -> set[int]:
    """Return where a copy is or is about to be, over all its members."""
    copy = unit
    while copy.parent is not None and copy.parent.kind is not Kind.CLONE:
        copy = copy.parent
    places: set[int] = set()
    for leaf in copy.leaves():
        places.update(node.index for node in leaf.active)
        places.update(leaf.starting)
    return places


def _spares_number(work: Work, unit: Unit, clone: Unit, node: Node) -> bool:
    """Tell whether a good number would be spent on a dead node (HIS-21)."""
    return not unit.waits and node.lost and clone.limit != len(work.nodes)


def _take_in(work: Work, unit: Unit, node: Node, history: NodeHistory) -> None:
    before = unit.role
    reading = read_results(work, unit, node, history)
    _take_in_pending(unit, node, history, reading)
    if node.maintenance is not None and reading.role > Rank.STOPPED:
        unit.managed = False
        unit.maintained = True
        unit.notes.append(node.maintenance)
    unit.stale.update((node.index, key) for key in reading.stale)
    if reading.role is not Rank.UNKNOWN:
        _mark_known(unit, node)
    if reading.stops:
        unit.next_role = Rank.STOPPED
    _conclude(unit, node, reading)
    unit.role = max(before, reading.role)


def _take_in_pending(
    unit: Unit, node: Node, history: NodeHistory, reading: Reading
) -> None:
    """Note what the node was told to do and has not answered (HIS-54, D10).

    Whatever is about to change may be active.
    """
    for operation in history.pending:
        if operation.operation == Task.MONITOR.value:
            continue
        reading.role = max(reading.role, Rank.STARTED)
        if operation.operation == Task.START.value:
            unit.starting[node.index] = operation
        elif operation.operation == Task.STOP.value:
            unit.stopping.add(node.index)


def _mark_known(unit: Unit, node: Node) -> None:
    """Note that its state is known here, up to the first unique ancestor (HIS-66)."""
    each: Unit | None = unit
    while each is not None:
        each.known.add(node.index)
        each = each.parent if each.number is not None else None


def _conclude(unit: Unit, node: Node, reading: Reading) -> None:
    """Let the gravest open failure act (HIS-68, HIS-70)."""
    active = reading.role > Rank.STOPPED
    # What failed on a lost node ends with that node (HIS-68).
    recovery = Recovery.IGNORE if node.lost else reading.recovery
    if recovery is not Recovery.IGNORE and reading.reason is not None:
        unit.notes.append(reading.reason)
    match recovery:
        case Recovery.STANDBY:
            node.standby = node.standby or _standby(reading.reason)
        case Recovery.BLOCK:
            unit.managed = False
            unit.blocked = True
        case Recovery.STOP:
            unit.next_role = Rank.STOPPED
        case Recovery.IGNORE | Recovery.RESTART:
            pass
    if not active:
        return
    _add_active(unit, node)
    if recovery is Recovery.IGNORE:
        return
    unit.failed = True
    unit.must_stop = unit.must_stop or recovery is not Recovery.BLOCK


def _standby(failure: Reason | None) -> Reason:
    text = f"standby, as {failure.text}" if failure is not None else "standby"
    return Reason(text=text, rule="HIS-68")


def _add_active(unit: Unit, node: Node) -> None:
    """Note that it is active there; so are its ancestors (HIS-75 to HIS-78)."""
    if not unit.managed:
        unit.bias(node.index, ScorePart(what="unmanaged: it stays", score=INFINITY))
    each: Unit | None = unit
    while each is not None:
        if node not in each.active:
            each.active.append(node)
        each = each.parent
