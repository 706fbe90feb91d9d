"""`clusterctl resource`: list, show, move, cleanup."""

from typing import cast

import click

from clusterd.api.protocol import Exit
from clusterd.cli.commands.cleanup import cleanup
from clusterd.cli.commands.explain import explain
from clusterd.cli.commands.move import move
from clusterd.cli.commands.status import narrowed
from clusterd.cli.options import (
    UsageFault,
    complete_resources,
    session_options,
)
from clusterd.cli.render.status import resources_picture
from clusterd.cli.session import Session
from clusterd.cli.verb import Noun
from clusterd.state.documents import StatusDocument


@click.group(cls=Noun)
def resource() -> None:
    """Look at the resources.

    Examples:
      clusterctl resource list
      clusterctl resource show vip
    """


resource.add_command(move)
resource.add_command(cleanup)
resource.add_command(explain)


@resource.command("list")
@session_options("table", "wide", "json", "yaml", "name")
def list_resources(session: Session) -> int:
    """List the resources.

    Examples:
      clusterctl resource list -o wide     with members, agents, release classes
    """
    _show(session, cast("StatusDocument", session.ask("status")))
    return int(Exit.DONE)


@resource.command()
@click.argument("name", shell_complete=complete_resources)
@session_options("wide", "table", "json", "yaml")
def show(session: Session, name: str) -> int:
    """Show one resource with everything inside it.

    Examples:
      clusterctl resource show haproxy
    """
    narrow = narrowed(cast("StatusDocument", session.ask("status")), [name])
    if not narrow["resources"]:
        raise UsageFault(f"{name} is no resource; try: clusterctl node show {name}")
    _show(session, narrow)
    return int(Exit.DONE)


def _show(session: Session, document: StatusDocument) -> None:
    if session.is_data:
        session.data(document["resources"])
    elif session.output == "name":
        for each in document["resources"]:
            session.write(each["name"])
    elif document["resources"]:
        is_wide = session.output == "wide"
        session.draw(resources_picture(document, is_wide=is_wide))
    else:
        session.say("there are no resources yet: clusterctl config apply FILE")
