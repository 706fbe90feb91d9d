"""Leaving for good: drained first, missed by nobody."""

import asyncio
import contextlib

from clusterd.daemon.engine import Engine
from clusterd.host.clock import boot_time, wall_time
from clusterd.model.names import NodeName
from clusterd.model.status import Hold, HoldKind
from clusterd.state.activity import may_be_active
from clusterd.state.command import RemoveMember, SetHold
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Refused, Reply

FAREWELL = 5.0
"""Seconds a leaving node waits at most for the voters to let it go."""
LOOK_EVERY = 0.05


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
    reply = await engine.propose(
        RemoveMember(node=name, author=author, wall=wall_time())
    )
    if not isinstance(reply, Refused):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await _until_dismissed(engine)
    return reply


async def _until_dismissed(engine: Engine) -> None:
    """Return when the voters go on without this node.

    Until then its vote may be needed for that very decision. The leader falls
    silent towards a node it has dismissed, which is the sign when this node does
    not hear of the decision itself.
    """
    while True:
        facts = engine.machine.facts(boot_time())
        if not facts.is_elector or facts.leader is None:
            return
        await asyncio.sleep(LOOK_EVERY)


def _is_empty(state: Replicated, name: NodeName) -> bool:
    own = [h for h in state.status.history.values() if h.node == name]
    return not any(may_be_active(each) for each in own)
