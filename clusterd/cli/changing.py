"""What every changing command does: show, ask, change, wait, say how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, cast

import click

from clusterd.api.protocol import Exit, Json
from clusterd.cli.durations import short_text
from clusterd.cli.session import Session
from clusterd.cli.waiting import Waited, interrupted, should_wait, wait_settled


class ChangeAnswer(TypedDict):
    """What a changing verb answers; `plan` None: the planner did not say."""

    index: int
    changed: bool
    dry_run: bool
    would_change: bool
    summary: list[str]
    plan: list[str] | None


class MannerOptions(TypedDict):
    """The options of `cli.options.changing_options`, as click passes them."""

    dry_run: bool
    yes: bool
    wait_for: float | None
    no_wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a change is made, from the options every changing command has."""

    dry_run: bool
    yes: bool
    wait_for: float | None
    no_wait: bool


def carry_out(
    session: Session,
    verb: str,
    args: Mapping[str, Json],
    manner: Manner,
    *,
    asks: bool = False,
    undo: str = "",
) -> int:
    """Make a change and return the exit code. Raises AnswerFault, click.Abort.

    `asks`: a person on a terminal is shown the plan and asked first.
    """
    if manner.dry_run:
        return _show_only(session, verb, args)
    if asks and not manner.yes and session.is_terminal:
        seen = cast("ChangeAnswer", session.change(verb, {**args, "dry_run": True}))
        _tell(session, seen)
        if seen["would_change"]:
            click.confirm("Proceed?", abort=True, err=True)
    answer = cast("ChangeAnswer", session.change(verb, args))
    if not session.is_data and not (asks and session.is_terminal and not manner.yes):
        _tell(session, answer)
    waited: Waited | None = None
    if answer["changed"] and should_wait(
        session, manner.wait_for, no_wait=manner.no_wait
    ):
        try:
            waited = wait_settled(session, answer["index"], manner.wait_for)
        except KeyboardInterrupt:
            return interrupted()
    return _conclude(session, answer, waited, undo)


def _show_only(session: Session, verb: str, args: Mapping[str, Json]) -> int:
    seen = cast("ChangeAnswer", session.change(verb, {**args, "dry_run": True}))
    if session.is_data:
        session.data(seen)
    else:
        _tell(session, seen)
        session.say("Nothing was changed.")
    return int(Exit.DIFFERS if seen["would_change"] else Exit.DONE)


def _tell(session: Session, answer: ChangeAnswer) -> None:
    for asked in answer["summary"]:
        session.write(asked)
    for planned in answer["plan"] or ():
        session.write(f"  {planned}")


def _conclude(
    session: Session, answer: ChangeAnswer, waited: Waited | None, undo: str
) -> int:
    if session.is_data:
        session.data({**answer, **_outcome(waited)})
    elif waited is not None:
        session.write(f"Done in {short_text(waited.seconds)}.")
    if undo and answer["changed"] and not session.is_data:
        session.say(f"To undo: {undo}")
    failed = waited is not None and bool(waited.failures())
    return int(Exit.REFUSED if failed else Exit.DONE)


def _outcome(waited: Waited | None) -> dict[str, object]:
    if waited is None:
        return {"settled": None}
    return {
        "settled": True,
        "health": waited.answer["health"],
        "events": waited.events,
        "seconds": round(waited.seconds, 3),
    }
