"""`clusterctl move`: an action, not a constraint."""

from typing import Unpack

import click

from clusterd.cli.changing import Manner, MannerOptions, carry_out
from clusterd.cli.options import (
    changing_options,
    complete_nodes,
    complete_resources,
    message_option,
    session_options,
)
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb


@click.command(cls=Verb)
@click.argument("resource", shell_complete=complete_resources)
@click.argument("node", required=False, shell_complete=complete_nodes)
@message_option
@changing_options
@session_options()
def move(
    session: Session,
    resource: str,
    node: str | None,
    message: str,
    **manner: Unpack[MannerOptions],
) -> int:
    """Move RESOURCE to NODE, or to the best other node.

    Nothing stays in the configuration. It is refused when the resource would
    come back at once, and says why.

    Examples:
      clusterctl move vip                  to wherever is best, but not here
      clusterctl move vip node2 -m "disk swap"
      clusterctl move vip node2 --dry-run  what would happen
    """
    args = {"resource": resource, "node": node, "message": message}
    return carry_out(session, "move", args, Manner(**manner), asks=True)
