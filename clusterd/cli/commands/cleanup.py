"""`clusterctl cleanup`: forget failures, look again, try again."""

from typing import Unpack

import click

from clusterd.cli.changing import Manner, MannerOptions, carry_out
from clusterd.cli.options import (
    changing_options,
    complete_nodes,
    complete_resources,
    session_options,
)
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb


@click.command(cls=Verb)
@click.argument("resource", required=False, shell_complete=complete_resources)
@click.option("--node", help="Only on this node.", shell_complete=complete_nodes)
@changing_options
@session_options()
def cleanup(
    session: Session,
    resource: str | None,
    node: str | None,
    **manner: Unpack[MannerOptions],
) -> int:
    """Forget the failures of RESOURCE (or of all), probe again and try again.

    Examples:
      clusterctl cleanup                   everything, everywhere
      clusterctl cleanup haproxy --node node2
    """
    args = {"resource": resource, "node": node}
    return carry_out(session, "cleanup", args, Manner(**manner))
