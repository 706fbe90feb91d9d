"""`clusterctl agent`: which agents are here, and what they understand."""

import fnmatch
from typing import TypedDict, cast

import click

from clusterd.api.client import AnswerFault
from clusterd.api.protocol import Exit, Fault
from clusterd.cli.options import session_options
from clusterd.cli.picture import EMPTY, Cell, Picture, line, table
from clusterd.cli.session import CHANGE_TIMEOUT, Session
from clusterd.cli.verb import Noun


class ParameterDocument(TypedDict):
    """One parameter of an agent."""

    name: str
    kind: str
    default: str | None
    required: bool
    summary: str


class OperationDocument(TypedDict):
    """What an agent recommends for one operation; seconds."""

    name: str
    timeout: float
    interval: float
    role: str | None


class AgentDocument(TypedDict):
    """One agent's metadata."""

    name: str
    version: str
    summary: str
    description: str
    parameters: list[ParameterDocument]
    operations: list[OperationDocument]


@click.group(cls=Noun)
def agent() -> None:
    """Look at the agents installed on this node.

    Examples:
      clusterctl agent list
      clusterctl agent show ocf:clusterd:VIP
    """


@agent.command("list")
@click.argument("pattern", default="*")
@session_options("table", "json", "yaml", "name")
def list_agents(session: Session, pattern: str) -> int:
    """List the agents, or those whose name fits PATTERN.

    Examples:
      clusterctl agent list 'ocf:clusterd:*'
    """
    found = [e for e in _agents(session) if fnmatch.fnmatchcase(e["name"], pattern)]
    if session.is_data:
        session.data(found)
    elif session.output == "name":
        for each in found:
            session.write(each["name"])
    else:
        rows = [(each["name"], each["version"], each["summary"]) for each in found]
        session.draw(table(("AGENT", "VERSION", "WHAT IT DOES"), rows))
    return int(Exit.DONE)


@agent.command()
@click.argument("name")
@session_options()
def show(session: Session, name: str) -> int:
    """Show the parameters and operations of one agent.

    Examples:
      clusterctl agent show VIP
    """
    known = _agents(session)
    found = [e for e in known if name in (e["name"], e["name"].rpartition(":")[2])]
    if not found:
        raise AnswerFault(_unknown(name, [each["name"] for each in known]))
    if session.is_data:
        session.data(found[0])
    else:
        session.draw(_picture(found[0]))
    return int(Exit.DONE)


def _agents(session: Session) -> list[AgentDocument]:
    limit = session.timeout or CHANGE_TIMEOUT
    answer = session.client().request("agents", {}, limit)
    found = answer.get("agents") if isinstance(answer, dict) else []
    return cast("list[AgentDocument]", found)


def _picture(agent: AgentDocument) -> Picture:
    parameters: list[tuple[Cell, ...]] = [
        (
            each["name"],
            each["kind"],
            "required" if each["required"] else (each["default"] or ""),
            each["summary"],
        )
        for each in agent["parameters"]
    ]
    operations: list[tuple[Cell, ...]] = [
        (
            each["name"],
            f"{each['timeout']:g} s",
            f"{each['interval']:g} s" if each["interval"] else "",
            each["role"] or "",
        )
        for each in agent["operations"]
    ]
    return (
        line(f"{agent['name']} {agent['version']}".rstrip()),
        line(agent["summary"]),
        EMPTY,
        *table(("PARAMETER", "KIND", "DEFAULT", "MEANING"), parameters),
        EMPTY,
        *table(("OPERATION", "TIMEOUT", "INTERVAL", "ROLE"), operations),
    )


def _unknown(name: str, known: list[str]) -> Fault:
    from difflib import get_close_matches  # noqa: PLC0415  # Only on mistakes.

    near = get_close_matches(name, known, n=1, cutoff=0.4)
    tail = f" Did you mean {near[0]}?" if near else ""
    return Fault(
        code="E-UNKNOWN-AGENT",
        text=f'no agent "{name}" on this node.{tail}',
        hint="clusterctl agent list",
        exit=Exit.NOT_FOUND,
    )
