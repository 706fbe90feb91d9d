"""Why a resource is where it is: the scores of the plan, node by node."""

from typing import TypedDict

from clusterd.cli.picture import EMPTY, Cell, Ink, Line, Picture, Span, line, table
from clusterd.model.score import INFINITY, score_text
from clusterd.state.documents import FailureDocument, ResourceDocument


class PartDocument(TypedDict):
    """One component of a score."""

    what: str
    score: int
    source: str


class ScoreDocument(TypedDict):
    """The score of one node."""

    node: str
    total: int
    parts: list[PartDocument]


class ReasonDocument(TypedDict):
    """One cause, with its rule in the scheduler's specification."""

    text: str
    rule: str
    source: str


class PlacementDocument(TypedDict):
    """Where an instance is and shall be."""

    instance: str
    current: list[str]
    node: str | None
    scores: list[ScoreDocument]
    reasons: list[ReasonDocument]


class ActionDocument(TypedDict):
    """One step the cluster would take now."""

    kind: str
    node: str
    instance: str | None
    reasons: list[ReasonDocument]


class PlanDocument(TypedDict):
    """What the `plan` verb answers."""

    placements: list[PlacementDocument]
    actions: list[ActionDocument]
    summary: list[str]


def explain_picture(
    resource: ResourceDocument,
    plan: PlanDocument,
    failures: list[FailureDocument],
    node: str | None,
) -> Picture:
    """Return the verdict, a score table for each instance, and what comes next."""
    lines: list[Line] = [line(Span(resource["name"], Ink.BOLD), _verdict(resource))]
    for placement in plan["placements"]:
        lines += [EMPTY, *_placement(placement, node)]
    for failure in failures:
        lines += [EMPTY, _failure(failure)]
    if plan["actions"]:
        lines += [EMPTY, line("next steps")]
        lines += [_action(each) for each in plan["actions"]]
    return tuple(lines)


def _verdict(resource: ResourceDocument) -> str:
    where = f" on {' '.join(resource['nodes'])}" if resource["nodes"] else ""
    share = f" ({resource['running']}/{resource['expected']})"
    copies = share if resource["kind"] == "clone" else ""
    note = f"; {resource['note']}" if resource["note"] else ""
    agent = f" ({resource['agent']})" if resource["agent"] else ""
    return f"{agent} is {resource['state']}{where}{copies}{note}"


def _placement(placement: PlacementDocument, node: str | None) -> Picture:
    shown = [s for s in placement["scores"] if node in (None, s["node"])]
    ordered = sorted(shown, key=lambda each: (-each["total"], each["node"]))
    chosen = placement["node"]
    title = f"  {placement['instance']} → {chosen or 'nowhere'}"
    lines: list[Line] = [line(title)]
    if ordered:
        rows = [_row(each, chosen) for each in ordered]
        lines += [line("  ", *row) for row in table(("", "node", "total", "why"), rows)]
    lines += [line(f"    {each['text']}") for each in placement["reasons"]]
    return tuple(lines)


def _row(score: ScoreDocument, chosen: str | None) -> tuple[Cell, ...]:
    is_chosen = score["node"] == chosen
    total = "never" if score["total"] <= -INFINITY else score_text(score["total"])
    return (
        "▶" if is_chosen else " ",
        Span(score["node"], Ink.BOLD if is_chosen else Ink.PLAIN),
        total,
        " · ".join(_part(each) for each in score["parts"]) or "no preference",
    )


def _part(part: PartDocument) -> str:
    source = f" {part['source']}" if part["source"] else ""
    return f"{part['what']}{source} {score_text(part['score'])}"


def _failure(failure: FailureDocument) -> Line:
    often = "" if failure["count"] >= INFINITY else f" {failure['count']} time(s)"
    operation = failure["operation"] or "it"
    text = (
        f"  {operation} of {failure['resource']} failed{often} on {failure['node']}:"
        f' "{failure["reason"]}"'
    )
    hint = f"clusterctl cleanup {failure['resource']} --node {failure['node']}"
    return line(text, Span(f"  → {hint}", Ink.DIM))


def _action(action: ActionDocument) -> Line:
    what = f" {action['instance']}" if action["instance"] else ""
    why = f": {action['reasons'][0]['text']}" if action["reasons"] else ""
    return line(f"  {action['kind']}{what} on {action['node']}{why}")
