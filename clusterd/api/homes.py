"""Would this take away the last place where something can run? Pure."""

from collections.abc import Iterator

from clusterd.api.faults import RequestRefused
from clusterd.api.protocol import Exit, Fault
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Resource
from clusterd.state.live import Live
from clusterd.state.presence import in_standby
from clusterd.state.replicated import Replicated
from clusterd.state.resource_view import is_banned, resource_document


def refuse_last_home(nodes: frozenset[NodeName], state: Replicated) -> None:
    """Raise RequestRefused when something runs on `nodes` and may go nowhere else."""
    stranded = list(_stranded(nodes, state))
    if not stranded:
        return
    where = ", ".join(sorted(nodes))
    verb = "is the only node" if len(nodes) == 1 else "are the only nodes"
    raise RequestRefused(
        Fault(
            code="E-LAST-HOME",
            text=f"{where} {verb} that can run {', '.join(stranded)} now",
            hint="use --override=last-home to stop it",
            exit=Exit.NOT_SAFE,
        )
    )


def _stranded(nodes: frozenset[NodeName], state: Replicated) -> Iterator[ResourceName]:
    for resource in state.configuration.resources:
        running = set(resource_document(resource, state)["nodes"])
        if running and running <= nodes and not _has_home(resource, nodes, state):
            yield resource.name


def _has_home(
    resource: Resource, without: frozenset[NodeName], state: Replicated
) -> bool:
    return any(
        member.state is MemberState.ONLINE
        and member.name not in without
        and not in_standby(member.name, state)
        and not is_banned(resource, member.name, state)
        for member in state.members
    )


def refuse_lost_quorum(live: Live) -> None:
    """Raise RequestRefused when the voters left behind would be no majority."""
    rest = [each for each in live.voters if each != live.node]
    reachable = [each for each in rest if live.reaches(each)]
    if rest and len(reachable) > len(rest) // 2:
        return
    left = f"{len(reachable)} of {len(rest)} votes" if rest else "no cluster"
    raise RequestRefused(
        Fault(
            code="E-LAST-VOTER",
            text=f"without {live.node} there would be {left} left",
            hint="use --override=quorum to leave anyway",
            exit=Exit.NOT_SAFE,
        )
    )
