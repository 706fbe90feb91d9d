"""One request on its way through the service."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from clusterd.api.arguments import Arguments
from clusterd.api.door import Door
from clusterd.api.faults import (
    no_cluster,
    no_quorum,
    not_confirmed,
    refused,
    timed_out,
)
from clusterd.api.protocol import Request
from clusterd.model.transition import Transition
from clusterd.state.command import Command
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, the door it goes through, and when (loop time) it must end."""

    request: Request
    door: Door
    deadline: float

    @property
    def arguments(self) -> Arguments:
        """The arguments, to be read with checks."""
        return Arguments(self.request.args)

    def state(self) -> Replicated:
        """Return the state of the cluster. Raises RequestRefused without one."""
        state = self.door.state()
        if not state.cluster:
            raise no_cluster()
        return state

    async def commit(self, command: Command) -> Accepted:
        """Propose a command and wait until it is applied. Raises RequestRefused."""
        if not self.door.live().has_quorum:
            raise no_quorum(self.door.live())
        reply = await self.confirmed(self.door.propose(command))
        if isinstance(reply, Refused):
            raise refused(reply)
        return reply

    async def confirmed(self, change: Awaitable[T]) -> T:
        """Wait for a change that may happen even if nobody waits any more."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await change
        except TimeoutError:
            live = self.door.live()
            if not live.has_quorum:
                raise no_quorum(live, is_unknown=True) from None
            raise not_confirmed(self.request.timeout) from None

    async def plan(self, state: Replicated) -> Transition:
        """Plan a state, real or imagined. Raises RequestRefused when it takes long."""
        has_quorum = self.door.live().has_quorum
        view = state.view(has_quorum=has_quorum, now_wall=self.door.now_wall())
        return await self.within(self.door.plan(view), "nothing was planned")

    async def within(self, work: Awaitable[T], failed: str) -> T:
        """Wait for something that changes nothing."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await work
        except TimeoutError:
            raise timed_out(failed, self.request.timeout) from None
