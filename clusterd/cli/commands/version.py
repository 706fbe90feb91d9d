"""`clusterctl version`: of this program and of the daemon; works without one."""

import platform

import click

from clusterd import __version__
from clusterd.api.client import AnswerFault
from clusterd.api.protocol import PROTOCOL, Exit, Json
from clusterd.cli.options import session_options
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb


@click.command(cls=Verb)
@session_options()
def version(session: Session) -> int:
    """Print the versions of clusterctl and of the local daemon.

    Examples:
      clusterctl version
      clusterctl version -o json
    """
    daemon: Json
    try:
        daemon = session.ask("version")
    except AnswerFault:
        daemon = None  # Not an error: the versions of this program are known.
    if session.is_data:
        own = {"version": __version__, "protocol": PROTOCOL}
        session.data({"clusterctl": own, "daemon": daemon})
        return int(Exit.DONE)
    session.write(f"clusterctl {__version__} (Python {platform.python_version()})")
    if isinstance(daemon, dict):
        where = f" on {daemon['node']}" if daemon.get("node") else ""
        session.write(f"clusterd   {daemon['version']}{where}")
    else:
        session.write("clusterd   not reachable")
    return int(Exit.DONE)
