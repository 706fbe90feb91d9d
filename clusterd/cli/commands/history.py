"""`clusterctl history` and `events`: what happened, and what happens."""

import json
import time
from typing import cast

import click

from clusterd.api.protocol import TIMEOUT, Exit, Json
from clusterd.cli.options import (
    Duration,
    complete_names,
    complete_nodes,
    complete_resources,
    session_options,
)
from clusterd.cli.render.history import history_line, history_picture
from clusterd.cli.session import Session, now_wall
from clusterd.cli.verb import Verb
from clusterd.state.documents import HistoryDocument


@click.command(cls=Verb)
@click.argument("name", required=False, shell_complete=complete_names)
@click.option("--since", type=Duration(), help="Only what is not older, such as 2h.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@session_options()
def history(session: Session, name: str | None, since: float | None, limit: int) -> int:
    """Show what happened to the cluster, or to one node or resource.

    Examples:
      clusterctl history
      clusterctl history vip --since 1d
      clusterctl history -o json --limit 500
    """
    args: dict[str, Json] = {"limit": limit}
    if since is not None:
        args["since_wall"] = now_wall() - since
    if name is not None:
        known = session.ask("names")
        nodes = known.get("nodes") if isinstance(known, dict) else None
        is_node = isinstance(nodes, list) and name in nodes
        args["node" if is_node else "resource"] = name
    answer = session.ask("history", args)
    entries = answer.get("entries") if isinstance(answer, dict) else []
    if session.is_data:
        session.data(answer)
    else:
        found = cast("list[HistoryDocument]", entries)
        if found:
            session.draw(history_picture(found, time.localtime))
        else:
            session.say("nothing happened")
    return int(Exit.DONE)


@click.command(cls=Verb)
@click.option("-f", "--follow", is_flag=True, help="Go on; Ctrl-C ends.")
@click.option("--since-index", type=int, help="Only what came after this index.")
@click.option("--resource", shell_complete=complete_resources)
@click.option("--node", shell_complete=complete_nodes)
@session_options("table", "json")
def events(
    session: Session,
    since_index: int | None,
    resource: str | None,
    node: str | None,
    *,
    follow: bool,
) -> int:
    """Print what happens as it happens; with -o json one object in each line.

    Examples:
      clusterctl events -f
      clusterctl events -f --resource vip -o json
    """
    args: dict[str, Json] = {
        "follow": follow,
        "since_index": since_index,
        "resource": resource,
        "node": node,
    }
    limit = session.timeout or TIMEOUT
    with session.stream("events", args, limit, endless=follow) as stream:
        for event in stream:
            if session.output == "json":
                session.write(json.dumps(event))
            else:
                entry = cast("HistoryDocument", event)
                session.draw((history_line(entry, time.localtime),))
    return int(Exit.DONE)
