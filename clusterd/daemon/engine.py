"""A running member: the node machine with its network, disk and companions."""

import asyncio
import itertools
import secrets
from collections.abc import Callable

from clusterd import __version__
from clusterd.daemon.codec import WireCodec
from clusterd.daemon.disk import LogDisk, open_log
from clusterd.daemon.identity import NodeIdentity
from clusterd.daemon.metadata import AgentBook
from clusterd.daemon.paths import Paths
from clusterd.daemon.perform import Outside, Performer
from clusterd.daemon.planner_client import PlannerClient
from clusterd.daemon.runtime import Runtime
from clusterd.executor.inputs import AgentExited, Noticed, RunnerAttached, RunnerLost
from clusterd.executor.inputs import Input as ExecutorInput
from clusterd.host.clock import boot_time, wall_time
from clusterd.host.dice import system_dice
from clusterd.host.guard_client import GuardClient
from clusterd.host.runner_client import RunnerClient, RunnerSettings
from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.membership import Member
from clusterd.model.names import NodeName
from clusterd.model.note import Note
from clusterd.net.keyring import load_credentials
from clusterd.net.peers import PeerNetwork
from clusterd.node.effects import Answer, Stop
from clusterd.node.inputs import (
    Asked,
    AskedRelease,
    GuardAttached,
    GuardReleased,
    Input,
    LinkReceived,
    Persisted,
    PersistFailed,
    RaftReceived,
)
from clusterd.node.machine import NodeMachine
from clusterd.node.settings import NodeSettings
from clusterd.raft.message import Message
from clusterd.safety.timing import PROFILES
from clusterd.state.command import Command
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Reply


class Engine:
    """Everything that runs while this machine is a member.

    `on_stop` is told once when the node cannot go on.
    """

    def __init__(
        self,
        paths: Paths,
        identity: NodeIdentity,
        tell: Callable[[Note], None],
        on_stop: Callable[[Stop], None],
    ) -> None:
        """Open the log and connect the parts. Raises StorageFault, CertificateFault."""
        self.identity = identity
        self._tickets = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        instance = secrets.token_hex(4)
        store = open_log(paths.log)
        timing = PROFILES[identity.timing]
        settings = NodeSettings(
            name=identity.name,
            raft_id=identity.raft_id,
            instance=instance,
            timing=timing,
            version=__version__,
            seeds={number: (name, at) for number, name, at in identity.seeds},
        )
        machine = NodeMachine(
            settings, WireCodec(), store.restored, system_dice, boot_time()
        )
        self.network = PeerNetwork(
            identity.name,
            load_credentials(paths.keys),
            identity.address,
            on_raft=self._on_raft,
            on_link=self._on_link,
            on_ask=self._on_ask,
            tell=tell,
            wall=wall_time,
            heartbeat=timing.heartbeat,
            instance=instance,
        )
        self._disk = LogDisk(store, self._on_saved, self._on_disk_fault)
        self.planner = PlannerClient()
        runner_settings = RunnerSettings(
            socket=paths.runner, folders=paths.agents, guard=paths.guard
        )
        self._runner = RunnerClient(runner_settings, self._on_runner, tell)
        self._guard = GuardClient(
            paths.guard,
            on_attached=self._on_guard,
            on_released=self._on_released,
            on_note=tell,
        )
        self.agents = AgentBook(paths.agents, instance, self._runner.perform)
        outside = Outside(
            network=self.network,
            disk=self._disk,
            runner=self._runner,
            guard=self._guard,
            planner=self.planner,
            tell=tell,
            answer=self._settle,
            stop=on_stop,
        )
        performer = Performer(outside, self._feed)
        self._performer = performer
        self.runtime = Runtime(
            machine, performer.perform, tell, lambda text: on_stop(Stop(reason=text))
        )

    @property
    def machine(self) -> NodeMachine:
        """The node machine, for its views."""
        return self.runtime.machine

    async def start(self) -> None:
        """Start the companions, the network and the machine."""
        self._runner.start()
        self._guard.start()
        await self.planner.start()
        await self.network.start()
        self.runtime.start()

    async def stop(self) -> None:
        """Stop; resources, runner and guard go on without us."""
        self.runtime.stop()
        self._performer.close()
        for waiting in self._waiting.values():
            waiting.cancel()
        await self.network.stop()
        await self.planner.stop()
        await self._runner.close()
        await self._guard.close()
        await self._disk.close()

    async def propose(self, command: Command) -> Reply:
        """Commit `command`; return what applying it here answered."""
        ticket = next(self._tickets)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[ticket] = answer
        try:
            self.runtime.feed(Asked(ticket=ticket, command=command))
            return await answer
        finally:
            self._waiting.pop(ticket, None)

    def state(self) -> Replicated:
        """Return the newest state this node has applied."""
        return self.machine.state

    def own(self) -> Member | None:
        """Return this node as the log has it; None before it is known."""
        return self.machine.state.member(self.identity.name)

    def give_up(self) -> None:
        """Release everything exclusive: this node is about to leave."""
        self.runtime.feed(AskedRelease())

    def end_companions(self) -> None:
        """Let runner and guard end: this machine is no member any more."""
        self._runner.end_runner()
        self._guard.end_guard()

    def _feed(self, what: Input) -> None:
        self.runtime.feed(what)

    def _settle(self, answer: Answer) -> None:
        waiting = self._waiting.get(answer.ticket)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.reply)

    def _on_raft(self, sender: NodeName, message: Message) -> None:
        self.runtime.feed(RaftReceived(sender=sender, message=message))

    def _on_link(self, sender: NodeName, message: LinkMessage) -> None:
        self.runtime.feed(LinkReceived(sender=sender, message=message))

    async def _on_ask(self, sender: NodeName, body: bytes) -> bytes:
        """Answer nothing yet: every verb works from the own replica."""
        del sender, body
        return b"{}"

    def _on_runner(self, what: ExecutorInput) -> None:
        match what:
            case AgentExited() if self.agents.take(what):
                pass
            case AgentExited() | Noticed() | RunnerAttached() | RunnerLost():
                self.runtime.feed(what)
            case _:
                pass  # The rest does not come from a runner.

    def _on_guard(self, *, has_filter: bool, forfeited: int) -> None:
        self.runtime.feed(GuardAttached(has_filter=has_filter, forfeited=forfeited))

    def _on_released(self, at: float, session: int) -> None:
        self.runtime.feed(GuardReleased(at=at, session=session))

    def _on_saved(self, ticket: int) -> None:
        if ticket:
            self.runtime.feed(Persisted(ticket=ticket))

    def _on_disk_fault(self, reason: str) -> None:
        self.runtime.feed(PersistFailed(reason=reason))
