"""Node criteria before placement: locations, stickiness, failures (PLC-15ff)."""

from clusterd.model.constraint import Location
from clusterd.model.reason import Reason, ScorePart
from clusterd.model.score import INFINITY
from clusterd.policy.failures import fail_count
from clusterd.policy.unit import Kind, Unit
from clusterd.policy.work import Work


def apply_locations(work: Work) -> None:
    """Apply the configured locations, newest first (PLC-14)."""
    for each in reversed(work.state.configuration.constraints):
        if not isinstance(each, Location):
            continue
        unit = work.targets.get(each.resource)
        node = work.node(each.node)
        if unit is not None and node is not None:
            part = ScorePart(what="location", score=each.score, source=each.name)
            apply_location(unit, node.index, part)


def apply_location(unit: Unit, index: int, part: ScorePart) -> None:
    """Add one location's score to a unit and what is in it (PLC-17 to PLC-19)."""
    unit.locations.append((index, part))
    unit.table.bias(index, part)
    if unit.kind is Kind.GROUP:
        for position, member in enumerate(unit.children):
            # The first member speaks for the group; the others follow it (PLC-18).
            if position == 0:
                apply_location(member, index, part)
            else:
                member.table.scores[index] = member.table.scores[index] or 0
    elif unit.kind is Kind.CLONE:
        for copy in unit.children:
            apply_location(copy, index, part)


def apply_stickiness(work: Work) -> None:
    """Let what runs on exactly one node like that node (PLC-22)."""
    symmetric = work.state.configuration.properties.symmetric
    for leaf in work.leaves():
        if not leaf.managed or leaf.settings.stickiness <= 0 or len(leaf.active) != 1:
            continue
        index = leaf.active[0].index
        if symmetric or leaf.table.scores[index] is not None:
            part = ScorePart(what="stickiness", score=leaf.settings.stickiness)
            leaf.bias(index, part)


def apply_thresholds(work: Work) -> None:
    """Ban nodes where a resource failed too often (PLC-24)."""
    for leaf in work.leaves():
        threshold = leaf.settings.migration_threshold
        if leaf.failures_ignored or threshold == 0 or leaf.removed:
            continue
        for node in work.nodes:
            count = fail_count(work, leaf, node.index)
            if count < threshold or count == 0 or node.index in leaf.forgotten:
                continue
            if not _first_to_say(leaf, node.index):
                continue
            final = count >= INFINITY
            often = f"failed too often ({count} of {threshold})"
            what = "failed for good" if final else often
            part = ScorePart(what=what, score=-INFINITY, source=leaf.base)
            leaf.shared.bias(node.index, part)
            text = f"{what} on {node.name}"
            leaf.notes.append(Reason(text=text, rule="PLC-24", source=leaf.base))


def _first_to_say(leaf: Unit, index: int) -> bool:
    """Tell whether this is the first copy of a clone that failed there too often."""
    return all(
        part.what[:7] != "failed " or part.source != leaf.base
        for part in leaf.shared.table.parts[index]
    )
