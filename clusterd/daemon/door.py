"""What the API asks of this daemon, answered from the engine."""

import asyncio

from clusterd import __version__
from clusterd.api.door import Belonging, Founding, IssuedToken, Joining
from clusterd.config.loader import Loaded, load
from clusterd.daemon.engine import Engine
from clusterd.daemon.lifecycle import Lifecycle
from clusterd.host.clock import boot_time, wall_time
from clusterd.model.agent import AgentMetadata
from clusterd.model.cluster import ClusterState
from clusterd.model.names import NodeName
from clusterd.model.transition import Transition
from clusterd.safety.timing import PROFILES
from clusterd.state.command import Command
from clusterd.state.live import Live
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Refusal, Refused, Reply


class DaemonDoor:
    """Fulfils `api.door.Door`."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        """Begin; the lifecycle knows whether there is an engine at all."""
        self._lifecycle = lifecycle

    @property
    def _engine(self) -> Engine | None:
        return self._lifecycle.engine

    def state(self) -> Replicated:
        """Return the newest state this node has applied; empty outside a cluster."""
        return self._engine.state() if self._engine is not None else Replicated()

    def live(self) -> Live:
        """Return what this node knows beside the log, as of now."""
        engine = self._engine
        if engine is None:
            node = NodeName("")
            return Live(node=node, has_quorum=False, version=__version__)
        facts = engine.machine.facts(boot_time())
        members = engine.state().members
        timing = PROFILES[engine.identity.timing]
        own = engine.own()
        return Live(
            node=engine.identity.name,
            has_quorum=facts.leader is not None,
            freshness=facts.leader_age,
            heard=facts.heard_ages,
            voters=frozenset(each.name for each in members),
            lease_valid=facts.lease_valid,
            enforcement="nft" if own is not None and facts.has_filter else "kernel",
            transition="" if facts.settled or not facts.in_charge else "recovering",
            version=__version__,
            silence=timing.loss,
        )

    def now_wall(self) -> float:
        """Return the wall clock in seconds since 1970."""
        return wall_time()

    async def changed(self, since: int) -> None:
        """Return as soon as `state().index` is greater than `since`."""
        engine = self._engine
        if engine is None:
            await asyncio.Event().wait()  # Until the request's own time limit.
            return
        await engine.runtime.changed(since)

    async def propose(self, command: Command) -> Reply:
        """Commit the command and return what applying it here answered."""
        engine = self._engine
        if engine is None:
            return Refused(why=Refusal.NO_QUORUM, text="this node has no cluster")
        return await engine.propose(command)

    async def plan(self, state: ClusterState) -> Transition:
        """Plan this state, real or imagined, without carrying anything out."""
        assert self._engine is not None, "the service asks only inside a cluster"
        return await self._engine.planner.plan(state)

    async def load_configuration(self, text: str, file: str) -> Loaded:
        """Read a configuration with the metadata of the agents of this node."""
        engine = self._engine
        plain = load(text, file=file, metadata=None)
        if engine is None:
            return plain
        described = await engine.agents.read(plain.agents)
        return load(
            text,
            file=file,
            metadata=described.agents,
            installed=[str(each) for each in engine.agents.installed()],
            unusable=described.unusable,
        )

    async def agents(self) -> tuple[AgentMetadata, ...]:
        """Return the metadata of the agents installed on this node."""
        engine = self._engine
        if engine is None:
            return ()
        found = (await engine.agents.read(engine.agents.installed())).agents
        return tuple(found[name] for name in sorted(found))

    async def cluster_init(self, founding: Founding) -> Belonging:
        """Found a cluster with this node as its first member."""
        return await self._lifecycle.found(founding)

    async def cluster_join(self, joining: Joining) -> Belonging:
        """Join the cluster that issued the token."""
        return await self._lifecycle.join(joining)

    async def cluster_leave(self, author: str) -> Reply:
        """Release everything, leave the voters, and forget the cluster."""
        return await self._lifecycle.leave(author)

    async def token(self, valid_for: float, author: str) -> IssuedToken:
        """Make a token that admits one machine within `valid_for` seconds."""
        return await self._lifecycle.token(valid_for, author)
