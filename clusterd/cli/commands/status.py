"""`clusterctl status` answers whether everything is fine."""

import fnmatch
import time
from collections.abc import Sequence
from typing import cast

import click

from clusterd.api.client import AnswerFault
from clusterd.api.protocol import Exit, Fault
from clusterd.cli.options import FORMATS, Duration, complete_names, session_options
from clusterd.cli.picture import Picture, line
from clusterd.cli.render.check import UNKNOWN, check_line
from clusterd.cli.render.fault import fault_text
from clusterd.cli.render.status import status_picture
from clusterd.cli.session import Session
from clusterd.cli.verb import Optional, Verb
from clusterd.state.documents import ResourceDocument, StatusDocument


@click.command(cls=Verb)
@click.argument("names", nargs=-1, shell_complete=complete_names)
@click.option(
    "-w", "--watch", "watch_every", type=Duration(), cls=Optional, bare="1s",
    help="Draw again every second, or as often as -w5 says; Ctrl-C ends.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="One line and exit code 0-3 for Nagios.")
@click.option("--problems", is_flag=True, help="Only what is wrong; exit 2 if any.")
@session_options(*FORMATS)
def status(
    session: Session,
    names: tuple[str, ...],
    watch_every: float | None,
    *,
    check: bool,
    problems: bool,
) -> int:
    """Show the health of the cluster, or of the named nodes and resources.

    Examples:
      clusterctl status
      clusterctl status vip 'api-*'        only these; patterns in quotes
      clusterctl status -w                 live
      clusterctl status -o json            the same as data
      clusterctl status --check            for monitoring: exit 0, 1, 2 or 3
    """
    if check:
        return _check(session)
    if watch_every is not None:
        return _watch(session, names, watch_every, problems=problems)
    document = narrowed(_ask(session), names)
    _show(session, document, problems=problems)
    return int(Exit.NO if problems and document["problems"] else Exit.DONE)


def _ask(session: Session) -> StatusDocument:
    return cast("StatusDocument", session.ask("status"))


def _show(session: Session, document: StatusDocument, *, problems: bool) -> None:
    if session.is_data:
        session.data(document)
    elif session.output == "name":
        for node in document["nodes"]:
            session.write(f"node/{node['name']}")
        for resource in document["resources"]:
            session.write(f"resource/{resource['name']}")
    else:
        session.draw(_picture(session, document, problems=problems))


def _picture(session: Session, document: StatusDocument, *, problems: bool) -> Picture:
    is_wide = session.output == "wide"
    return status_picture(
        document, time.localtime, is_wide=is_wide, only_problems=problems
    )


def _check(session: Session) -> int:
    try:
        document = _ask(session)
    except AnswerFault as answer:
        session.write(f"CLUSTER UNKNOWN: {answer.fault.text}")
        return UNKNOWN
    text, code = check_line(document)
    session.write(text)
    return code


def _watch(
    session: Session, names: tuple[str, ...], seconds: float, *, problems: bool
) -> int:
    def look() -> Picture:
        try:
            document = narrowed(_ask(session), names)
        except AnswerFault as answer:
            return tuple(line(each) for each in fault_text(answer.fault).splitlines())
        return _picture(session, document, problems=problems)

    if not session.is_terminal:
        while True:  # A pipe gets one document, or one picture, after the other.
            _show(session, narrowed(_ask(session), names), problems=problems)
            time.sleep(seconds)
    from clusterd.cli.live_screen import watch  # noqa: PLC0415  # rich: 80 ms.

    watch(look, seconds, is_coloured=session.is_coloured)
    return int(Exit.DONE)


def narrowed(document: StatusDocument, names: Sequence[str]) -> StatusDocument:
    """Return the document with only the named things (patterns allowed).

    Raises AnswerFault when a name or pattern fits nothing.
    """
    if not names:
        return document
    for name in names:
        if not any(fnmatch.fnmatchcase(each, name) for each in all_names(document)):
            raise AnswerFault(_unknown(name, document))

    def fits(name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in names)

    nodes = [each for each in document["nodes"] if fits(each["name"])]
    resources = [each for each in _flat(document["resources"]) if fits(each["name"])]
    kept = {each["name"] for each in resources} | {each["name"] for each in nodes}
    return {
        **document,
        "nodes": nodes,
        "resources": resources,
        "holds": [
            h for h in document["holds"] if {h["node"], h["resource"]} & {*kept, None}
        ],
        "problems": [
            p for p in document["problems"] if p["what"].removeprefix("node ") in kept
        ],
        "failures": [f for f in document["failures"] if f["resource"] in kept],
    }


def all_names(document: StatusDocument) -> list[str]:
    """Return the names of all nodes and resources, inner ones too."""
    nodes = [each["name"] for each in document["nodes"]]
    return [*nodes, *(each["name"] for each in _flat(document["resources"]))]


def _flat(resources: Sequence[ResourceDocument]) -> list[ResourceDocument]:
    found: list[ResourceDocument] = []
    for each in resources:
        found += [each, *_flat(each["members"])]
    return found


def _unknown(name: str, document: StatusDocument) -> Fault:
    from difflib import get_close_matches  # noqa: PLC0415  # Only on mistakes.

    near = get_close_matches(name, all_names(document), n=1)
    tail = f" Did you mean {near[0]}?" if near else ""
    return Fault(
        code="E-UNKNOWN",
        text=f'no node or resource "{name}".{tail}',
        hint="clusterctl status -o name lists all",
        exit=Exit.NOT_FOUND,
    )
