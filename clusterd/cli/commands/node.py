"""`clusterctl node`: list, show, confirm-off, remove, standby, online."""

import time
from typing import Unpack, cast

import click

from clusterd.api.protocol import Exit
from clusterd.cli.changing import Manner, MannerOptions, carry_out
from clusterd.cli.commands.standby import online, standby
from clusterd.cli.commands.status import narrowed
from clusterd.cli.options import (
    UsageFault,
    changing_options,
    complete_nodes,
    session_options,
)
from clusterd.cli.picture import EMPTY, Picture, line
from clusterd.cli.render.history import history_picture
from clusterd.cli.render.status import nodes_picture, resources_picture
from clusterd.cli.session import Session
from clusterd.cli.verb import Noun
from clusterd.state.documents import HistoryDocument, StatusDocument


@click.group(cls=Noun)
def node() -> None:
    """Look at the nodes, and vouch for lost ones.

    Examples:
      clusterctl node list
      clusterctl node show node1
      clusterctl node confirm-off node1
    """


node.add_command(standby)
node.add_command(online)


@node.command("list")
@session_options("table", "json", "yaml", "name")
def list_nodes(session: Session) -> int:
    """List the nodes with what is known of them.

    Examples:
      clusterctl node list
      clusterctl node list -o name
    """
    document = cast("StatusDocument", session.ask("status"))
    if session.is_data:
        session.data(document["nodes"])
    elif session.output == "name":
        for each in document["nodes"]:
            session.write(each["name"])
    else:
        session.draw(nodes_picture(document["nodes"], document["now_wall"]))
    return int(Exit.DONE)


@node.command()
@click.argument("name", shell_complete=complete_nodes)
@session_options()
def show(session: Session, name: str) -> int:
    """Show one node: its state, what runs there, what happened there.

    Examples:
      clusterctl node show node1
    """
    document = cast("StatusDocument", session.ask("status"))
    narrow = narrowed(document, [name])
    if not narrow["nodes"]:
        raise UsageFault(f"{name} is no node; try: clusterctl resource show {name}")
    if session.is_data:
        session.data(narrow["nodes"][0])
        return int(Exit.DONE)
    session.draw(nodes_picture(narrow["nodes"], document["now_wall"]))
    here = [each for each in document["resources"] if name in each["nodes"]]
    if here:
        session.draw((EMPTY, *resources_picture({**document, "resources": here})))
    session.draw(_recent(session, name))
    return int(Exit.DONE)


def _recent(session: Session, name: str) -> Picture:
    answer = session.ask("history", {"node": name, "limit": 10})
    entries = answer.get("entries") if isinstance(answer, dict) else []
    found = cast("list[HistoryDocument]", entries)
    return (EMPTY, line("lately"), *history_picture(found, time.localtime))


@node.command("confirm-off")
@click.argument("name", shell_complete=complete_nodes)
@changing_options
@session_options()
def confirm_off(session: Session, name: str, **manner: Unpack[MannerOptions]) -> int:
    """Vouch that a lost node is powered off, so that others may take over.

    If it is not, two copies of its resources may run at once.

    Examples:
      clusterctl node confirm-off node1
    """
    how = Manner(**manner)
    if not how.yes and not how.dry_run:
        if not session.is_terminal:
            raise UsageFault(f"say --yes if you are certain that {name} is off")
        question = f"If {name} still runs, data may be lost. Type its name to confirm"
        if click.prompt(question, err=True) != name:
            raise click.Abort
    return carry_out(session, "confirm-off", {"node": name}, how)


@node.command()
@click.argument("name", shell_complete=complete_nodes)
@changing_options
@session_options()
def remove(session: Session, name: str, **manner: Unpack[MannerOptions]) -> int:
    """Remove a node that is gone for good from the members.

    A node that still lives leaves by itself: clusterctl cluster leave. One that is
    lost must be confirmed off first. Its vote no longer counts afterwards.

    Examples:
      clusterctl node remove node1
    """
    how = Manner(**manner)
    if not how.yes and not how.dry_run:
        if not session.is_terminal:
            raise UsageFault(f"say --yes if {name} shall not come back")
        click.confirm(f"Remove {name} for good?", err=True, abort=True)
    return carry_out(session, "node-remove", {"node": name}, how)
