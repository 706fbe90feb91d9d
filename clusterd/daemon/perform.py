"""One effect, one call into host or net. The only place where deeds are done."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from clusterd.daemon.planner_client import PlannerClient, PlannerFault
from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent, Unwatch
from clusterd.host.guard_client import GuardClient
from clusterd.host.runner_client import RunnerClient
from clusterd.model.note import Note
from clusterd.net.peers import PeerNetwork
from clusterd.node.effects import (
    Answer,
    Connect,
    Effect,
    HoldLease,
    Persist,
    RequestPlan,
    SendLink,
    SendRaft,
    Stop,
    Tell,
)
from clusterd.node.inputs import Input, PlanFailed, Planned


class Disk(Protocol):
    """Where the log is saved; it answers with `Persisted` or `PersistFailed`."""

    def save(self, persist: Persist) -> None:
        """Queue this for one durable transaction; never blocks."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything a node needs of the world."""

    network: PeerNetwork
    disk: Disk
    runner: RunnerClient
    guard: GuardClient
    planner: PlannerClient
    tell: Callable[[Note], None]
    answer: Callable[[Answer], None]
    stop: Callable[[Stop], None]


class Performer:
    """Carries out effects, in the order given, without ever waiting."""

    def __init__(self, outside: Outside, feed: Callable[[Input], None]) -> None:
        """`feed` takes what comes back later."""
        self._outside = outside
        self._feed = feed
        self._plans: set[asyncio.Task[None]] = set()

    def perform(self, effect: Effect) -> None:  # noqa: C901, PLR0912  # A table.
        """Carry out one effect."""
        outside = self._outside
        match effect:
            case SendLink(to=to, message=message):
                outside.network.send_link(to, message)
            case SendRaft(to=to, message=message):
                outside.network.send_raft(to, message)
            case Persist():
                outside.disk.save(effect)
            case HoldLease(until=until, session=session, exclusive=exclusive):
                outside.guard.hold_lease(until, session, exclusive)
            case RunAgent() | KillAgent() | CollectedAgent() | Unwatch():
                outside.runner.perform(effect)
            case RequestPlan():
                self._plan(effect)
            case Connect(peers=peers):
                outside.network.set_peers(peers)
            case Answer():
                outside.answer(effect)
            case Tell(note=note):
                outside.tell(note)
            case Stop():
                outside.stop(effect)
            case _:
                assert_never(effect)

    def close(self) -> None:
        """Forget the plans that are still being made."""
        for task in self._plans:
            task.cancel()

    def _plan(self, request: RequestPlan) -> None:
        task = asyncio.create_task(self._ask_planner(request))
        self._plans.add(task)
        task.add_done_callback(self._plans.discard)

    async def _ask_planner(self, request: RequestPlan) -> None:
        try:
            transition = await self._outside.planner.plan(request.state)
        except PlannerFault as fault:
            # The same plan would fail at once again; give the world a second.
            await asyncio.sleep(1.0)
            self._feed(PlanFailed(ticket=request.ticket, fault=str(fault)))
        else:
            self._feed(Planned(ticket=request.ticket, transition=transition))
