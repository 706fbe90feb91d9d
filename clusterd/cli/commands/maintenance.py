"""`clusterctl maintenance on|off`: hands off, without stopping anything."""

from typing import Unpack

import click

from clusterd.api.protocol import Json
from clusterd.cli.changing import Manner, MannerOptions, carry_out
from clusterd.cli.commands.standby import end_of
from clusterd.cli.options import (
    changing_options,
    complete_nodes,
    complete_resources,
    message_option,
    session_options,
    until_options,
)
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb


@click.command(cls=Verb)
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--node", help="Only this node.", shell_complete=complete_nodes)
@click.option(
    "--resource", help="Only this resource.", shell_complete=complete_resources
)
@until_options
@message_option
@changing_options
@session_options()
def maintenance(  # noqa: PLR0913, PLR0917  # One for each option.
    session: Session,
    state: str,
    node: str | None,
    resource: str | None,
    lasting: float | None,
    until: str | None,
    message: str,
    **manner: Unpack[MannerOptions],
) -> int:
    """Take the cluster's hands off everything, a node or a resource; or back on.

    Services keep running; the cluster neither monitors nor restarts them.

    Examples:
      clusterctl maintenance on --for 1h -m "switch firmware"
      clusterctl maintenance on --resource galera
      clusterctl maintenance off
    """
    where = {"node": node, "resource": resource}
    flags = "".join(f" --{key} {value}" for key, value in where.items() if value)
    args: dict[str, Json] = {
        "on": state == "on",
        "node": node,
        "resource": resource,
        "message": message,
        "until_wall": end_of(lasting, until),
    }
    undo = f"clusterctl maintenance off{flags}" if state == "on" else ""
    return carry_out(session, "maintenance", args, Manner(**manner), undo=undo)
