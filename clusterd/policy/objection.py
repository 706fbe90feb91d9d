"""What speaks against a node for a unit, in words: the first check that fails."""

from clusterd.model.reason import Reason
from clusterd.model.resource import Role
from clusterd.model.score import INFINITY, score_text
from clusterd.policy.unit import Node, Rank, Unit
from clusterd.policy.work import Work


def unavailable(node: Node) -> Reason | None:
    """Return why a node may run nothing at all, or None (PLC-10)."""
    if not node.online:
        return Reason(text=node.state.value, rule="PLC-10")
    return node.standby or node.maintenance


def objection(unit: Unit, node: Node) -> Reason | None:
    """Return why a unit may not run on a node, or None if it may."""
    general = unavailable(node)
    if general is not None:
        verb = ":" if node.online else " is"
        return Reason(text=f"{node.name}{verb} {general.text}", rule="PLC-10")
    score = unit.table.scores[node.index]
    if score is None:
        return Reason(text=f"{node.name}: not named by any location", rule="PLC-7")
    if score >= 0:
        return None
    parts = unit.table.parts[node.index]
    ban = next((part for part in parts if part.score <= -INFINITY), None)
    what = ban.what if ban is not None else f"score {score_text(score)}"
    source = ban.source if ban is not None else ""
    return Reason(text=f"{node.name}: {what}", rule="PLC-39", source=source)


def why_moving(unit: Unit, current: Node, new: Node) -> Reason:
    """Return why a unit leaves one node for another (PLC-33)."""
    against = objection(unit, current)
    if against is not None:
        return against
    here = unit.table.scores[current.index] or 0
    there = unit.table.scores[new.index] or 0
    if there > here:
        scores = f"{score_text(there)} against {score_text(here)}"
        return Reason(text=f"{new.name} scores higher ({scores})", rule="PLC-33")
    return Reason(text=f"{new.name} has fewer resources", rule="PLC-33")


def why_nowhere(work: Work, unit: Unit) -> list[Reason]:
    """Return why a unit runs on no node, the first blocking check first."""
    if work.state.configuration.properties.stop_all:
        return [
            Reason(text="all resources are to stop", rule="PLC-31", source="stop_all")
        ]
    if unit.settings.target_role is Role.STOPPED:
        return [Reason(text="target_role is stopped", rule="PLC-160", source=unit.base)]
    if not any(work.available):
        return [Reason(text="no node is available", rule="PLC-10"), *unit.notes]
    if unit.next_role is Rank.STOPPED and unit.notes:
        return list(unit.notes)
    current = unit.current()
    order = work.nodes if current is None else [current, *work.nodes]
    found = [reason for node in order if (reason := objection(unit, node)) is not None]
    return [*dict.fromkeys(found), *unit.notes]
