"""Diagnostics, differences and versions of the configuration."""

from typing import TypedDict

from clusterd.cli.durations import Calendar, stamp_text
from clusterd.cli.picture import EMPTY, Ink, Line, Picture, Span, line, table


class ChangeDocument(TypedDict):
    """One difference between two configurations."""

    kind: str
    rendered: str


class DiagnosticDocument(TypedDict):
    """One diagnostic; `rendered` has the source line and a caret."""

    severity: str
    rendered: str


class ComparisonDocument(TypedDict):
    """What `config-diff` and `config-apply` answer.

    `summary` is what the cluster would do; None: the planner did not say.
    """

    ok: bool
    base: int
    changes: list[ChangeDocument]
    diagnostics: list[DiagnosticDocument]
    summary: list[str] | None


class VersionDocument(TypedDict):
    """One version that was in force."""

    version: int
    author: str
    message: str
    wall: float


_INKS = {"added": Ink.GOOD, "removed": Ink.BAD, "changed": Ink.WARN}


def diagnostics_text(diagnostics: list[DiagnosticDocument]) -> str:
    """Return all diagnostics with a verdict below; empty if there are none."""
    if not diagnostics:
        return ""
    errors = sum(each["severity"] == "error" for each in diagnostics)
    warnings = len(diagnostics) - errors
    counts = [_count(errors, "error"), _count(warnings, "warning")]
    blocks = [each["rendered"] for each in diagnostics]
    return "\n\n".join([*blocks, ", ".join(each for each in counts if each)])


def _count(number: int, noun: str) -> str:
    if not number:
        return ""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def comparison_picture(document: ComparisonDocument) -> Picture:
    """Return the differences, what the cluster would do, and the sums."""
    changes = document["changes"]
    lines: list[Line] = [_change(each) for each in changes]
    if not changes:
        lines.append(line("no difference"))
        return tuple(lines)
    plan = document["summary"]
    if plan:
        lines += [EMPTY, line("The cluster would")]
        lines += [line(f"  {each}") for each in plan]
    lines += [EMPTY, line(_sums(changes, plan))]
    return tuple(lines)


def _change(change: ChangeDocument) -> Line:
    return line(Span(change["rendered"], _INKS.get(change["kind"], Ink.PLAIN)))


def _sums(changes: list[ChangeDocument], plan: list[str] | None) -> str:
    kinds = [each["kind"] for each in changes]
    counted = (
        f"{kinds.count('added')} to add, {kinds.count('changed')} to change,"
        f" {kinds.count('removed')} to remove"
    )
    if plan is None:
        return f"Plan: {counted}; the planner did not say what follows."
    follows = f"{len(plan)} resources concerned" if plan else "nothing has to move"
    return f"Plan: {counted}; {follows}."


def versions_picture(versions: list[VersionDocument], calendar: Calendar) -> Picture:
    """Return who changed the configuration when, newest first."""
    rows = [
        (
            f"v{each['version']}",
            stamp_text(each["wall"], calendar),
            each["author"],
            each["message"],
        )
        for each in versions
    ]
    return table(("VERSION", "WHEN", "AUTHOR", "MESSAGE"), rows)
