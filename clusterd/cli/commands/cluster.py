"""`clusterctl cluster`: init, join, leave, token."""

import sys
import time
from pathlib import Path
from typing import TypedDict, cast

import click

from clusterd.api.protocol import Exit, Json
from clusterd.cli.durations import clock_text, span_text
from clusterd.cli.options import Duration, UsageFault, session_options
from clusterd.cli.session import Session, now_wall
from clusterd.cli.verb import Noun

JOIN_SECONDS = 30.0
"""Making keys, fetching certificates and catching up with the log take their time."""


class Belonging(TypedDict):
    """What `cluster-init` and `cluster-join` answer."""

    cluster: str
    node: str
    fingerprint: str
    members: list[str]


@click.group(cls=Noun)
def cluster() -> None:
    """Found, join and leave a cluster.

    Examples:
      clusterctl cluster init --cluster prod --address 10.0.0.1
      clusterctl cluster token
      clusterctl cluster join TOKEN --address 10.0.0.2
    """


@cluster.command()
@click.option("--cluster", "cluster_name", help="What the cluster is called.")
@click.option("--name", help="This node's name; default: the host's.")
@click.option("--address", metavar="HOST[:PORT]", help="Where the others reach it.")
@click.option("--timing", help="How quick to react; see the reference.")
@session_options()
def init(
    session: Session,
    cluster_name: str | None,
    name: str | None,
    address: str | None,
    timing: str | None,
) -> int:
    """Found a cluster: this node is its first member, and makes its CA.

    Examples:
      clusterctl cluster init
      clusterctl cluster init --cluster prod --address 10.0.0.1
    """
    args: dict[str, Json] = {
        "cluster": cluster_name,
        "name": name,
        "address": address,
        "timing": timing,
    }
    answer = _slow(session, "cluster-init", args)
    if session.is_data:
        session.data(answer)
        return int(Exit.DONE)
    made = cast("Belonging", answer)
    session.write(f"cluster {made['cluster']} begins on {made['node']}")
    if made["fingerprint"]:
        session.write(f"CA fingerprint {made['fingerprint']}")
    session.say("To let another node in: clusterctl cluster token")
    return int(Exit.DONE)


@cluster.command()
@click.argument("token")
@click.option("--name", help="This node's name; default: the host's.")
@click.option("--address", metavar="HOST[:PORT]", help="Where the others reach it.")
@session_options()
def join(session: Session, token: str, name: str | None, address: str | None) -> int:
    """Join the cluster that made TOKEN (- reads it from stdin, @FILE from a file).

    Examples:
      clusterctl cluster join TOKEN --address 10.0.0.2
      ssh node1 clusterctl cluster token | clusterctl cluster join -
    """
    args: dict[str, Json] = {
        "token": _secret(token),
        "name": name,
        "address": address,
    }
    answer = _slow(session, "cluster-join", args)
    if session.is_data:
        session.data(answer)
        return int(Exit.DONE)
    joined = cast("Belonging", answer)
    members = ", ".join(joined["members"])
    session.write(f"{joined['node']} joined cluster {joined['cluster']}: {members}")
    return int(Exit.DONE)


@cluster.command()
@click.option(
    "--override", type=click.Choice(["quorum", "last-home"]), multiple=True,
    help="Leave although that would be lost.",
)  # fmt: skip
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@session_options()
def leave(session: Session, override: tuple[str, ...], *, yes: bool) -> int:
    """Leave the cluster for good: what runs here stops or moves.

    Examples:
      clusterctl standby node3             empty it first, then
      clusterctl cluster leave --yes
    """
    if not yes:
        if not session.is_terminal:
            raise UsageFault("this node would leave for good; say --yes if you mean it")
        click.confirm("This node leaves for good. Proceed?", abort=True, err=True)
    answer = _slow(session, "cluster-leave", {"override": list(override)})
    if session.is_data:
        session.data(answer)
    elif isinstance(answer, dict):
        session.write(f"{answer['node']} left cluster {answer['cluster']}")
    return int(Exit.DONE)


@cluster.command()
@click.option(
    "--valid-for", type=Duration(), default=3600.0, show_default="1h",
    help="How long it may be used.",
)  # fmt: skip
@session_options()
def token(session: Session, valid_for: float) -> int:
    """Make a token that lets one machine in, once.

    Examples:
      clusterctl cluster token
      clusterctl cluster token --valid-for 10min
    """
    answer = session.change("cluster-token", {"valid_for": valid_for})
    if session.is_data:
        session.data(answer)
    elif isinstance(answer, dict):
        session.write(str(answer["token"]))
        end = answer["expires_wall"]
        if isinstance(end, int | float):
            now = now_wall()
            at = clock_text(end, now, time.localtime)
            session.say(f"valid once, until {at} ({span_text(end - now)})")
    return int(Exit.DONE)


def _slow(session: Session, verb: str, args: dict[str, Json]) -> Json:
    limit = session.timeout or JOIN_SECONDS
    return session.client().request(verb, args, limit)


def _secret(text: str) -> str:
    """Return a secret that need not stand in the list of processes."""
    if text == "-":
        return sys.stdin.readline().strip()
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text().strip()
    except OSError as error:
        raise UsageFault(f"{text[1:]}: {(error.strerror or '').lower()}") from None
