"""`clusterctl wait`: block until a state is reached."""

import click

from clusterd.api.protocol import Exit, Json
from clusterd.cli.durations import short_text
from clusterd.cli.options import (
    Duration,
    UsageFault,
    complete_names,
    session_options,
)
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb
from clusterd.cli.waiting import WAIT_SECONDS, interrupted, wait_goal


@click.command(cls=Verb)
@click.argument("name", required=False, shell_complete=complete_names)
@click.option("--for", "state", metavar="STATE", help="Such as started or online.")
@click.option("--stable", is_flag=True, help="Until nothing is under way (default).")
@click.option(
    "--wait", "seconds", type=Duration(), default=WAIT_SECONDS, show_default="10min",
    help="Give up after so long (exit 124).",
)  # fmt: skip
@session_options()
def wait(
    session: Session,
    name: str | None,
    state: str | None,
    seconds: float,
    *,
    stable: bool,
) -> int:
    """Wait until the cluster has settled, or until NAME is in a state.

    `--timeout` means the same as `--wait` here.

    Examples:
      clusterctl wait
      clusterctl wait vip --for started --timeout 30s
      clusterctl wait node1 --for online
    """
    limit = session.timeout or seconds
    try:
        waited = wait_goal(session, _goal(session, name, state, stable=stable), limit)
    except KeyboardInterrupt:
        return interrupted()
    if session.is_data:
        session.data({**waited.answer, "seconds": round(waited.seconds, 3)})
    else:
        reached = f"{name} is {state}" if name else "settled"
        health = waited.answer["health"]
        session.write(f"{reached} after {short_text(waited.seconds)}; health {health}")
    return int(Exit.DONE)


def _goal(
    session: Session, name: str | None, state: str | None, *, stable: bool
) -> dict[str, Json]:
    if name is None:
        if state is not None:
            raise UsageFault("--for needs the name of a node or a resource")
        return {"stable": True}
    if stable or state is None:
        raise UsageFault(f"say which state: clusterctl wait {name} --for started")
    known = session.ask("names")
    nodes = known.get("nodes") if isinstance(known, dict) else None
    kind = "node" if isinstance(nodes, list) and name in nodes else "resource"
    return {kind: name, "state": state}
