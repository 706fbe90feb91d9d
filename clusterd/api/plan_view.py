"""A transition as users see it: lines for people, data for programs. Pure."""

from clusterd.api.protocol import Json
from clusterd.model.names import history_name
from clusterd.model.reason import NodeScore, Placement, Reason, ScorePart
from clusterd.model.resource import primitives_of
from clusterd.model.score import score_text
from clusterd.model.transition import Action, Summary, Transition, Verb
from clusterd.state.presence import names_within
from clusterd.state.replicated import Replicated


def plan_lines(transition: Transition) -> list[str]:
    """Return what would happen, one line for each resource concerned."""
    return [summary_line(each) for each in transition.summary]


def summary_line(summary: Summary) -> str:
    """Return `move vip n1 → n2: n1 is in standby`."""
    ends = [str(each) for each in (summary.source, summary.target) if each]
    if summary.verb in (Verb.MOVE, Verb.RECOVER) and len(ends) == 2 and _differ(ends):
        where = f" {ends[0]} → {ends[1]}"
    else:
        where = f" on {ends[-1]}" if ends else ""
    why = f": {summary.reasons[0].text}" if summary.reasons else ""
    return f"{summary.verb.value} {summary.subject}{where}{why}"


def _differ(ends: list[str]) -> bool:
    return ends[0] != ends[1]


def plan_data(transition: Transition, resource: str | None, state: Replicated) -> Json:
    """Return the transition as data; `resource`: only what concerns it."""
    names = _names(resource, state)
    placements = [
        each
        for each in transition.placements
        if names is None or history_name(each.instance) in names
    ]
    actions = [
        each
        for each in transition.actions
        if names is None or (each.instance and history_name(each.instance) in names)
    ]
    return {
        "index": transition.index,
        "summary": [summary_line(each) for each in transition.summary],
        "actions": [_action(each) for each in actions],
        "placements": [_placement(each) for each in placements],
        "recheck_wall": transition.recheck_wall,
    }


def _names(resource: str | None, state: Replicated) -> frozenset[str] | None:
    if resource is None:
        return None
    for top in state.configuration.resources:
        if top.name == resource:
            return frozenset(names_within(top))
    for part in state.configuration.primitives():
        if part.name == resource:
            return frozenset(each.name for each in primitives_of(part))
    return frozenset({resource})


def _action(action: Action) -> Json:
    operation = action.operation
    return {
        "number": action.number,
        "kind": action.kind.value,
        "node": action.node,
        "instance": action.instance,
        "operation": operation.operation if operation else None,
        "interval": operation.interval if operation else 0.0,
        "after": list(action.after),
        "reasons": [_reason(each) for each in action.reasons],
    }


def _placement(placement: Placement) -> Json:
    return {
        "instance": placement.instance,
        "current": [str(each) for each in placement.current],
        "node": placement.node,
        "scores": [_score(each) for each in placement.scores],
        "reasons": [_reason(each) for each in placement.reasons],
    }


def _score(score: NodeScore) -> Json:
    return {
        "node": score.node,
        "total": score.total,
        "parts": [
            {"what": part.what, "score": part.score, "source": part.source}
            for part in score.parts
        ],
    }


def _reason(reason: Reason) -> Json:
    return {"text": reason.text, "rule": reason.rule, "source": reason.source}


def score_sentence(score: NodeScore) -> str:
    """Return `n1 total +1100 = location l-vip +1000, stickiness +100`."""
    parts = [_part(each) for each in score.parts]
    sum_of = f" = {', '.join(parts)}" if parts else ""
    return f"{score.node} total {score_text(score.total)}{sum_of}"


def _part(part: ScorePart) -> str:
    source = f" {part.source}" if part.source else ""
    return f"{part.what}{source} {score_text(part.score)}"
