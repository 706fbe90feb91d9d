"""`clusterctl standby` and `online`: empty a node, and take it back."""

import time
from typing import Unpack

import click

from clusterd.api.protocol import Json
from clusterd.cli.changing import Manner, MannerOptions, carry_out
from clusterd.cli.durations import parse_instant
from clusterd.cli.options import (
    UsageFault,
    changing_options,
    complete_nodes,
    message_option,
    session_options,
    until_options,
)
from clusterd.cli.session import Session, now_wall
from clusterd.cli.verb import Verb


@click.command(cls=Verb)
@click.argument("nodes", nargs=-1, required=True, shell_complete=complete_nodes)
@click.option(
    "--override", type=click.Choice(["last-home"]), multiple=True,
    help="Do it although something can run nowhere else.",
)  # fmt: skip
@until_options
@message_option
@changing_options
@session_options()
def standby(
    session: Session,
    nodes: tuple[str, ...],
    override: tuple[str, ...],
    lasting: float | None,
    until: str | None,
    message: str,
    **manner: Unpack[MannerOptions],
) -> int:
    """Empty NODES: what runs there moves, and nothing new comes.

    Examples:
      clusterctl standby node1 -m "kernel update"
      clusterctl standby node1 --for 2h    ends by itself
      clusterctl standby node1 --dry-run   what would move where
      clusterctl online node1              takes it back
    """
    args: dict[str, Json] = {
        "nodes": list(nodes),
        "message": message,
        "until_wall": end_of(lasting, until),
        "override": list(override),
    }
    undo = f"clusterctl online {' '.join(nodes)}"
    return carry_out(session, "standby", args, Manner(**manner), asks=True, undo=undo)


@click.command(cls=Verb)
@click.argument("nodes", nargs=-1, required=True, shell_complete=complete_nodes)
@changing_options
@session_options()
def online(
    session: Session, nodes: tuple[str, ...], **manner: Unpack[MannerOptions]
) -> int:
    """End standby and maintenance of NODES.

    Examples:
      clusterctl online node1
      clusterctl online node1 node2 --wait
    """
    return carry_out(session, "online", {"nodes": list(nodes)}, Manner(**manner))


def end_of(lasting: float | None, until: str | None) -> float | None:
    """Return the wall second of `--for` or `--until`, or None."""
    if lasting is not None and until is not None:
        raise UsageFault("--for and --until exclude each other")
    if lasting is not None:
        return now_wall() + lasting
    if until is None:
        return None
    try:
        return parse_instant(until, now_wall(), time.localtime)
    except ValueError as error:
        raise UsageFault(f"--until: {error}") from None
