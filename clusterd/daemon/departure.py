"""Leaving for good: drained first, missed by nobody."""

from clusterd.daemon.engine import Engine
from clusterd.host.clock import wall_time
from clusterd.model.names import NodeName
from clusterd.model.status import Hold, HoldKind
from clusterd.state.activity import may_be_active
from clusterd.state.command import RemoveMember, SetHold
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Refused, Reply


async def depart(engine: Engine, author: str) -> Reply:
    """Stand by, wait until nothing runs here, give up the lease, leave the members.

    May be cancelled while it waits; the standby remains and shows in `status`.
    """
    name = engine.identity.name
    hold = Hold(
        kind=HoldKind.STANDBY,
        node=name,
        author=author,
        message="leaving the cluster",
        since_wall=wall_time(),
    )
    reply = await engine.propose(SetHold(hold=hold))
    if isinstance(reply, Refused):
        return reply
    while not _is_empty(engine.state(), name):
        await engine.runtime.changed(engine.state().index)
    engine.give_up()
    return await engine.propose(
        RemoveMember(node=name, author=author, wall=wall_time())
    )


def _is_empty(state: Replicated, name: NodeName) -> bool:
    own = [h for h in state.status.history.values() if h.node == name]
    return not any(may_be_active(each) for each in own)
