"""`clusterctl explain`: why a resource is where it is."""

from typing import cast

import click

from clusterd.cli.commands.status import narrowed
from clusterd.cli.options import (
    complete_nodes,
    complete_resources,
    session_options,
)
from clusterd.cli.render.explain import PlanDocument, explain_picture
from clusterd.cli.session import Session
from clusterd.cli.verb import Verb
from clusterd.state.documents import StatusDocument


@click.command(cls=Verb)
@click.argument("resource", shell_complete=complete_resources)
@click.option("--node", help="Only this node.", shell_complete=complete_nodes)
@session_options()
def explain(session: Session, resource: str, node: str | None) -> int:
    """Say why RESOURCE is where it is, and not elsewhere.

    Examples:
      clusterctl explain vip
      clusterctl explain vip --node node2  why there, or why not
      clusterctl explain vip -o json       scores with their components
    """
    answer = session.ask("plan", {"resource": resource})
    if session.is_data:
        session.data(answer)
        return 0
    plan = cast("PlanDocument", answer)
    document = cast("StatusDocument", session.ask("status"))
    narrow = narrowed(document, [resource])
    failures = [f for f in narrow["failures"] if node in (None, f["node"])]
    for each in narrow["resources"][:1]:
        session.draw(explain_picture(each, plan, failures, node))
    return 0
