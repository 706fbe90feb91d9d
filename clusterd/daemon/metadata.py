"""What the agents of this node say of themselves, asked through the runner.

The daemon never forks: `meta-data` is one more run of an agent.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from clusterd.agents.metadata import MetadataError, parse_metadata
from clusterd.executor.effects import CollectedAgent, RunAgent
from clusterd.executor.inputs import AgentExited
from clusterd.host.agent_files import find_agent, list_agents
from clusterd.model.agent import AgentMetadata, AgentName
from clusterd.model.names import InstanceName
from clusterd.model.result import ExitCode

LIMIT = 20.0
"""Seconds an agent may take to say what it is."""
PREFIX = "meta-data/"
"""Run ids that begin so are answered here and not by the executor."""
_AT_ONCE = 4


class AgentBook:
    """Asks agents for their metadata; remembers it as long as the file is the same."""

    def __init__(
        self,
        folders: Sequence[Path],
        nonce: str,
        perform: Callable[[RunAgent | CollectedAgent], None],
    ) -> None:
        """`nonce` makes run ids unique; `perform` hands runs to the runner."""
        self._folders = folders
        self._nonce = nonce
        self._perform = perform
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[AgentExited]] = {}
        self._known: dict[AgentName, tuple[float, AgentMetadata]] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)

    def installed(self) -> tuple[AgentName, ...]:
        """Return every agent on this node, sorted."""
        return list_agents(self._folders)

    def take(self, exited: AgentExited) -> bool:
        """Take in a finished run if it is ours; tell whether it was."""
        if not exited.run.startswith(PREFIX):
            return False
        self._perform(CollectedAgent(run=exited.run))
        waiting = self._waiting.pop(exited.run, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(exited)
        return True

    async def read(self, names: Iterable[AgentName]) -> dict[str, AgentMetadata]:
        """Return the metadata of those agents that have any, by their full name."""
        found = await asyncio.gather(*(self._read(name) for name in names))
        return {str(each.name): each for each in found if each is not None}

    async def _read(self, name: AgentName) -> AgentMetadata | None:
        file = find_agent(name, self._folders)
        if file is None:
            return None
        changed_at = file.stat().st_mtime
        known = self._known.get(name)
        if known is not None and known[0] == changed_at:
            return known[1]
        async with self._gate:
            exited = await self._run(name)
        if exited is None or exited.status != ExitCode.SUCCESS:
            return None
        try:
            metadata = parse_metadata(exited.stdout, name)
        except MetadataError:
            return None
        self._known[name] = (changed_at, metadata)
        return metadata

    async def _run(self, name: AgentName) -> AgentExited | None:
        run = f"{PREFIX}{self._nonce}/{next(self._numbers)}"
        answer: asyncio.Future[AgentExited] = asyncio.get_running_loop().create_future()
        self._waiting[run] = answer
        self._perform(
            RunAgent(
                run=run,
                agent=str(name),
                action="meta-data",
                instance=InstanceName(f"meta-data-{name.type}"),
                environment={},
                timeout=LIMIT,
            )
        )
        try:
            return await asyncio.wait_for(answer, LIMIT + 1.0)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(run, None)
