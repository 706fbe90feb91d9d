"""What the agents of this node say of themselves, asked through the runner.

The daemon never forks: `meta-data` is one more run of an agent.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clusterd.agents.metadata import MetadataError, parse_metadata
from clusterd.agents.ocf import interpret, not_started
from clusterd.executor.effects import CollectedAgent, RunAgent
from clusterd.executor.inputs import AgentExited
from clusterd.host.agent_files import find_agent, list_agents
from clusterd.model.agent import AgentMetadata, AgentName
from clusterd.model.names import InstanceName
from clusterd.model.result import ExitCode

LIMIT = 4.0
"""Seconds all agents that are asked together have to say what they are.

Those who wait for it are given five.
"""
PREFIX = "meta-data/"
"""Run ids that begin so are answered here and not by the executor."""
_AT_ONCE = 16
"""Agents that run at the same time: some may hang without costing others their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What agents said, by their full name, and why others said nothing usable.

    An agent that is not there is in neither.
    """

    agents: Mapping[str, AgentMetadata]
    unusable: Mapping[str, str]


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

    async def read(self, names: Iterable[AgentName]) -> Described:
        """Ask these agents, all within `LIMIT`; what cannot be read is explained."""
        until = asyncio.get_running_loop().time() + LIMIT
        asked = tuple(names)
        found = await asyncio.gather(*(self._read(name, until) for name in asked))
        pairs = tuple(zip(map(str, asked), found, strict=True))
        return Described(
            agents={n: each for n, each in pairs if isinstance(each, AgentMetadata)},
            unusable={n: each for n, each in pairs if isinstance(each, str)},
        )

    async def _read(self, name: AgentName, until: float) -> AgentMetadata | str | None:
        """Return the metadata, or why there is none; None for no such agent."""
        file = find_agent(name, self._folders)
        if file is None:
            return None
        changed_at = file.stat().st_mtime
        known = self._known.get(name)
        if known is not None and known[0] == changed_at:
            return known[1]
        try:
            async with asyncio.timeout_at(until), self._gate:
                exited = await self._run(name)
        except TimeoutError:
            return f"{file} did not answer `meta-data` within {LIMIT:g} s"
        trouble = _trouble(exited, file)
        if trouble:
            return trouble
        try:
            metadata = parse_metadata(exited.stdout, name)
        except MetadataError as fault:
            return f"what {file} answers to `meta-data` makes no sense: {fault.message}"
        self._known[name] = (changed_at, metadata)
        return metadata

    async def _run(self, name: AgentName) -> AgentExited:
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
            return await answer
        finally:
            self._waiting.pop(run, None)


def _trouble(exited: AgentExited, file: Path) -> str:
    """Say why this run told nothing; empty when it did."""
    if exited.errno is not None:
        return not_started(exited.errno, str(file)).reason
    if exited.timed_out:
        return f"{file} did not answer `meta-data` within {LIMIT:g} s"
    status = -exited.signal if exited.signal is not None else exited.status
    if status == ExitCode.SUCCESS:
        return ""
    if status is None:
        return f"{file} could not be asked: {exited.error}"
    why = interpret(status, exited.stderr).reason or f"exit status {status}"
    return f"{file} fails at `meta-data`: {why}"
