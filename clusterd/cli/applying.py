"""`config apply`: diagnostics, differences, the question, the change."""

from typing import cast

import click

from clusterd.api.protocol import Exit, Json
from clusterd.cli.changing import Manner
from clusterd.cli.durations import short_text
from clusterd.cli.render.config import (
    ComparisonDocument,
    comparison_picture,
    diagnostics_text,
)
from clusterd.cli.session import Session
from clusterd.cli.waiting import Waited, interrupted, should_wait, wait_settled


class ApplyAnswer(ComparisonDocument):
    """What `config-apply` answers."""

    version: int
    index: int
    changed: bool


def apply_text(session: Session, args: dict[str, Json], manner: Manner) -> int:
    """Apply a configuration and return the exit code. Raises AnswerFault."""
    asks = session.is_terminal and not manner.yes
    if manner.dry_run or asks:
        seen = _ask(session, {**args, "dry_run": True})
        if not seen["ok"]:
            return _refused(session, seen)
        if manner.dry_run:
            return _previewed(session, seen)
        _show(session, seen)
        if seen["changes"]:
            click.confirm("Proceed?", abort=True, err=True)
    answer = _ask(session, args)
    if not answer["ok"]:
        return _refused(session, answer)
    if not asks:
        _show(session, answer)
    waited: Waited | None = None
    if answer["changed"] and should_wait(
        session, manner.wait_for, no_wait=manner.no_wait
    ):
        try:
            waited = wait_settled(session, answer["index"], manner.wait_for)
        except KeyboardInterrupt:
            return interrupted()
    return _conclude(session, answer, waited)


def _ask(session: Session, args: dict[str, Json]) -> ApplyAnswer:
    return cast("ApplyAnswer", session.change("config-apply", args))


def _refused(session: Session, answer: ApplyAnswer) -> int:
    if session.is_data:
        session.data(answer)
    session.say(diagnostics_text(answer["diagnostics"]))
    session.say("nothing was changed")
    return int(Exit.USAGE)


def _previewed(session: Session, answer: ApplyAnswer) -> int:
    if session.is_data:
        session.data(answer)
    else:
        _show(session, answer)
        if answer["changes"]:
            session.say(
                f"Nothing was changed. Apply with: --if-version {answer['base']}"
            )
    return int(Exit.DIFFERS if answer["changes"] else Exit.DONE)


def _show(session: Session, answer: ApplyAnswer) -> None:
    if session.is_data:
        return
    told = diagnostics_text(answer["diagnostics"])
    if told:
        session.say(told)
    session.draw(comparison_picture(answer))


def _conclude(session: Session, answer: ApplyAnswer, waited: Waited | None) -> int:
    if session.is_data:
        settled = None if waited is None else True
        session.data({**answer, "settled": settled})
    elif answer["changed"]:
        tail = f"; settled after {short_text(waited.seconds)}" if waited else ""
        session.write(f"Configuration v{answer['version']} is in force{tail}.")
    else:
        session.write(f"Configuration v{answer['version']} stays as it is.")
    failed = waited is not None and bool(waited.failures())
    return int(Exit.REFUSED if failed else Exit.DONE)
