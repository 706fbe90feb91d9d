"""A transition as stable text, for goldens, logs and dry runs."""

from collections.abc import Iterator

from clusterd.model.reason import NodeScore, Placement
from clusterd.model.score import INFINITY, score_text
from clusterd.model.transition import Action, ActionKind, Summary, Transition

_REASONS_SHOWN = 2
"""In a line for people: the nearest cause and the one behind it."""


def render_plan(transition: Transition) -> str:
    """Return one line per action: number, kind, what, where, after which."""
    rows = [_row(action) for action in transition.actions]
    if not rows:
        return "nothing to do\n"
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for action, (kind, subject, where) in zip(transition.actions, rows, strict=True):
        after = ", ".join(str(number) for number in action.after)
        cells = (
            str(action.number).ljust(2),
            kind.ljust(widths[0]),
            subject.ljust(widths[1]),
            where.ljust(widths[2]),
            f"after {after}" if after else "",
        )
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def render_summary(transition: Transition) -> str:
    """Return one line per thing that happens to a node or resource, with its cause."""
    return "".join(f"{summary_line(each)}\n" for each in transition.summary)


def summary_line(summary: Summary) -> str:
    """Return `move vip: n1 -> n2 (n1 is in standby)`."""
    if summary.source is not None and summary.target not in (None, summary.source):
        where = f": {summary.source} -> {summary.target}"
    else:
        place = summary.target or summary.source
        where = "" if place is None or place == summary.subject else f": {place}"
    texts = [reason.text for reason in summary.reasons[:_REASONS_SHOWN]]
    because = f" ({'; '.join(texts)})" if texts else ""
    return f"{summary.verb.value} {summary.subject}{where}{because}"


def render_placement(placement: Placement) -> str:
    """Return one line per node: its score and what it is made of."""
    rows = [_score_row(each, placement) for each in placement.scores]
    names = max((len(row[0]) for row in rows), default=0)
    scores = max((len(row[1]) for row in rows), default=0)
    lines = [
        f"{name.ljust(names)}  {score.ljust(scores)}  {why}".rstrip()
        for name, score, why in rows
    ]
    if placement.node is None:
        lines += (f"nowhere: {reason.text}" for reason in placement.reasons[:1])
    return "".join(f"{line}\n" for line in lines)


def _row(action: Action) -> tuple[str, str, str]:
    subject = action.instance or ""
    where = str(action.node)
    if (
        action.kind in (ActionKind.MONITOR, ActionKind.CANCEL)
        and action.operation is not None
    ):
        where += f" {_seconds(action.operation.interval)}"
        if action.operation.operation != "monitor":
            where += f" {action.operation.operation}"
    return action.kind.value, subject, where


def _score_row(score: NodeScore, placement: Placement) -> tuple[str, str, str]:
    why = list(_parts(score))
    if score.node == placement.node and placement.reasons:
        why.append(placement.reasons[0].text)
        why += [each.text for each in placement.reasons if each.rule == "D10"]
    total = "never" if score.total <= -INFINITY else score_text(score.total)
    return str(score.node), "0" if score.total == 0 else total, "; ".join(why)


def _parts(score: NodeScore) -> Iterator[str]:
    seen: set[str] = set()
    for part in score.parts:
        source = f" [{part.source}]" if part.source else ""
        number = "" if part.score <= -INFINITY else f" {score_text(part.score)}"
        text = f"{part.what}{number}{source}"
        if text not in seen:
            seen.add(text)
            yield text


def _seconds(seconds: float) -> str:
    return f"{seconds:g}s"
