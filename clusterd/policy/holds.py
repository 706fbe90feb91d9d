"""What operators asked for beyond the configuration: holds and moves (D11)."""

from collections.abc import Iterator

from clusterd.model.reason import Reason, ScorePart
from clusterd.model.score import INFINITY
from clusterd.model.status import Hold, HoldKind, Move
from clusterd.policy.scoring import apply_location
from clusterd.policy.unit import Unit
from clusterd.policy.work import Work


def active_holds(work: Work) -> Iterator[Hold]:
    """Yield the holds in force; note when each of them ends."""
    for hold in work.state.status.holds:
        if hold.until_wall is None:
            yield hold
        elif hold.until_wall > work.state.now_wall:
            work.rechecks.append(hold.until_wall)
            yield hold


def apply_node_holds(work: Work) -> None:
    """Put nodes into standby or maintenance (INP-25)."""
    for hold in active_holds(work):
        node = work.node(hold.node) if hold.node else None
        if node is None:
            continue
        if hold.kind is HoldKind.STANDBY and node.standby is None:
            node.standby = _reason(hold)
        elif hold.kind is HoldKind.MAINTENANCE and not hold.resource:
            node.maintenance = node.maintenance or _reason(hold)


def apply_resource_holds(work: Work) -> None:
    """Take hands off what is in maintenance (INP-45)."""
    for hold in active_holds(work):
        if hold.kind is not HoldKind.MAINTENANCE or (hold.node and not hold.resource):
            continue
        for unit in _held(work, hold):
            unit.managed = False
            unit.maintained = True
            unit.notes.append(_reason(hold))


def apply_wishes(work: Work) -> None:
    """Turn bans, pins and moves under way into location scores (PLC-15).

    They count as newest, so they are applied before the configured ones.
    """
    for hold in active_holds(work):
        if hold.kind is HoldKind.BAN:
            _wish(
                work, hold, ScorePart(what="ban", score=-INFINITY, source=_author(hold))
            )
        elif hold.kind is HoldKind.PIN:
            _wish(
                work, hold, ScorePart(what="pin", score=INFINITY, source=_author(hold))
            )
    for move in work.state.status.moves:
        _move(work, move)


def _wish(work: Work, hold: Hold, part: ScorePart) -> None:
    unit = work.targets.get(hold.resource) if hold.resource else None
    node = work.node(hold.node) if hold.node else None
    if unit is not None and node is not None:
        apply_location(unit, node.index, part)


def _move(work: Work, move: Move) -> None:
    name, score = (move.node, INFINITY) if move.node else (move.source, -INFINITY)
    unit = work.targets.get(move.resource)
    node = work.node(name) if name else None
    if unit is not None and node is not None:
        part = ScorePart(what="move under way", score=score, source=move.author)
        apply_location(unit, node.index, part)


def _held(work: Work, hold: Hold) -> Iterator[Unit]:
    for top in work.tops:
        yield from _matching(top, hold)


def _matching(unit: Unit, hold: Hold) -> Iterator[Unit]:
    if hold.resource is None or unit.base == hold.resource:
        yield from unit.leaves()
        return
    for child in unit.children:
        yield from _matching(child, hold)


def _author(hold: Hold) -> str:
    return ": ".join(part for part in (hold.author, hold.message) if part)


def _reason(hold: Hold) -> Reason:
    return Reason(text=hold.kind.value, rule="D11", source=_author(hold))
