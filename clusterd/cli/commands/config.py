"""`clusterctl config`: apply, show, validate, diff, log."""

import sys
import time
from pathlib import Path
from typing import Unpack, cast

import click

from clusterd.api.client import AnswerFault
from clusterd.api.protocol import REQUEST_BYTES, Exit, Json
from clusterd.cli.applying import apply_text
from clusterd.cli.changing import Manner, MannerOptions
from clusterd.cli.options import (
    UsageFault,
    changing_options,
    message_option,
    session_options,
)
from clusterd.cli.render.config import (
    ComparisonDocument,
    DiagnosticDocument,
    VersionDocument,
    comparison_picture,
    diagnostics_text,
    versions_picture,
)
from clusterd.cli.session import Session
from clusterd.cli.verb import Noun


@click.group(cls=Noun)
def config() -> None:
    """Read and replace the configuration.

    Examples:
      clusterctl config validate site.yaml
      clusterctl config diff site.yaml
      clusterctl config apply site.yaml -m "third API node"
    """


_FILE = click.argument("file", required=False)
_FILE_OPTION = click.option("-f", "--file", "named", metavar="FILE", help="- is stdin.")


def _text(file: str | None, named: str | None) -> tuple[str, str]:
    """Return the text of a file and what to call it."""
    if (file is None) == (named is None):
        raise UsageFault("name one file (- is stdin)")
    path = file or named or "-"
    if path == "-":
        data, path = sys.stdin.buffer.read(REQUEST_BYTES + 1), "<stdin>"
    else:
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UsageFault(f"{path}: {(error.strerror or '').lower()}") from None
    if len(data) > REQUEST_BYTES:
        raise UsageFault(f"{path}: longer than {REQUEST_BYTES} bytes")
    return data.decode("utf-8", "surrogateescape"), path


@config.command()
@_FILE
@_FILE_OPTION
@click.option("--if-version", type=int, help="Only if it is still this version.")
@message_option
@changing_options
@session_options()
def apply(
    session: Session,
    file: str | None,
    named: str | None,
    if_version: int | None,
    message: str,
    **manner: Unpack[MannerOptions],
) -> int:
    """Replace the configuration by FILE.

    Examples:
      clusterctl config apply site.yaml --dry-run
      clusterctl config apply site.yaml --if-version 14 -m "CHG123"
    """
    text, name = _text(file, named)
    args: dict[str, Json] = {
        "text": text,
        "file": name,
        "if_version": if_version,
        "message": message,
    }
    return apply_text(session, args, Manner(**manner))


@config.command()
@click.option("--version", type=int, help="Not the newest, but this one.")
@session_options("text", "json", "yaml")
def show(session: Session, version: int | None) -> int:
    """Print the configuration as its author wrote it.

    Examples:
      clusterctl config show > site.yaml
      clusterctl config show --version 12
    """
    answer = session.ask("config-show", {"version": version})
    if session.output == "json":
        session.data(answer)
        return int(Exit.DONE)
    text = answer.get("text") if isinstance(answer, dict) else ""
    if text:
        session.write(str(text).rstrip("\n"))
    else:
        session.say("there is no configuration yet: clusterctl config apply FILE")
    return int(Exit.DONE)


@config.command()
@_FILE
@_FILE_OPTION
@click.option("--offline", is_flag=True, help="Do not ask the daemon for its agents.")
@session_options()
def validate(
    session: Session, file: str | None, named: str | None, *, offline: bool
) -> int:
    """Check FILE and report every fault at once. Works without a daemon.

    Examples:
      clusterctl config validate site.yaml
      clusterctl config validate site.yaml --offline -o json
    """
    text, name = _text(file, named)
    answer = None if offline else _validate_online(session, text, name)
    if answer is None:
        from clusterd.cli.offline import validate_text  # noqa: PLC0415  # Loads yaml.

        answer = validate_text(text, name)
        session.say("agents and their parameters were not checked (no daemon asked)")
    is_ok = answer.get("ok") is True
    if session.is_data:
        session.data(answer)
    else:
        found = cast("list[DiagnosticDocument]", answer["diagnostics"])
        told = diagnostics_text(found)
        if told:
            session.say(told)
        if is_ok:
            session.write(f"{name}: valid")
    return int(Exit.DONE if is_ok else Exit.USAGE)


def _validate_online(session: Session, text: str, name: str) -> dict[str, Json] | None:
    """Return the daemon's answer, or None when there is no daemon."""
    try:
        answer = session.ask("config-validate", {"text": text, "file": name})
    except AnswerFault as fault:
        if fault.fault.exit in (Exit.UNREACHABLE, Exit.FORBIDDEN):
            return None
        raise
    return answer if isinstance(answer, dict) else None


@config.command()
@_FILE
@_FILE_OPTION
@click.option("--version", type=int, help="Compare this version with the newest.")
@session_options()
def diff(
    session: Session, file: str | None, named: str | None, version: int | None
) -> int:
    """Show what FILE would change (exit 10), or that it changes nothing (exit 0).

    Examples:
      clusterctl config diff site.yaml
      clusterctl config diff --version 12  what changed since
    """
    args: dict[str, Json] = {"version": version}
    if version is None:
        args["text"], args["file"] = _text(file, named)
    answer = cast("ComparisonDocument", session.change("config-diff", args))
    if session.is_data:
        session.data(answer)
    else:
        told = diagnostics_text(answer["diagnostics"])
        if told:
            session.say(told)
        if answer["ok"]:
            session.draw(comparison_picture(answer))
    if not answer["ok"]:
        return int(Exit.USAGE)
    return int(Exit.DIFFERS if answer["changes"] else Exit.DONE)


@config.command()
@session_options()
def log(session: Session) -> int:
    """Show who changed the configuration, the newest first.

    Examples:
      clusterctl config log
    """
    answer = session.ask("config-log")
    if session.is_data:
        session.data(answer)
        return int(Exit.DONE)
    found = answer.get("versions") if isinstance(answer, dict) else []
    versions = cast("list[VersionDocument]", found)
    if versions:
        session.draw(versions_picture(versions, time.localtime))
    else:
        session.say("there is no configuration yet: clusterctl config apply FILE")
    return int(Exit.DONE)
