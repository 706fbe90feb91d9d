"""The closed list of what the executor can want."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from clusterd.model.names import InstanceName
from clusterd.model.note import Note
from clusterd.model.result import OperationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAgent:
    """Run the agent of this operation; `AgentExited(run)` tells how it went.

    The runner is asked at most once for a `run`; asking again for one that it
    knows gives the first answer. `action` is the agent's argument, `environment`
    complete but for what the host adds (PATH, directories, CLUSTERD_*).
    """

    run: str
    agent: str
    action: str
    instance: InstanceName
    environment: Mapping[str, str]
    timeout: float
    watch: bool = False
    """After success, tell by `Noticed` when the resource's process exits or
    its address vanishes."""
    exclusive: bool = False
    """It brings up what must exist only once: not to be begun without a lease."""
    not_after: float | None = None
    """Boot-time second from which on it must not be begun any more; then it
    ends with `AgentExited(too_late=True)`. None: whenever."""
    leased: bool = False
    """Give the agent the guard's socket: what it brings up lives by the lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillAgent:
    """Kill this run's process group now. It still ends with `AgentExited`."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedAgent:
    """The result of this run is safe; the runner may forget it."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch:
    """The resource was stopped on purpose: no more `Noticed` for it."""

    instance: InstanceName


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A result worth a place in the log.

    One-off operations always, recurring ones when they differ from the last one
    reported.
    """

    result: OperationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A fact for the journal."""

    note: Note


Effect: TypeAlias = RunAgent | KillAgent | CollectedAgent | Unwatch | Report | Mention
