"""The closed list of what can happen to a node."""

from dataclasses import dataclass
from typing import TypeAlias

from clusterd.executor.inputs import AgentExited, Noticed, RunnerAttached, RunnerLost
from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.names import NodeName
from clusterd.model.transition import Transition
from clusterd.raft.message import Message
from clusterd.state.command import Command


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; `NodeMachine.deadline` said when to look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaftReceived:
    """A consensus message from another voter (already authenticated)."""

    sender: NodeName
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReceived:
    """A renewal or its answer from another node (already authenticated)."""

    sender: NodeName
    message: LinkMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Persisted:
    """The `Persist` effect with this ticket is on disk (synced)."""

    ticket: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistFailed:
    """The disk refused: full, broken or corrupted. The node must stop."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReleased:
    """The guard took away everything exclusive: the lease had ended.

    From now on it grants nothing to this session any more, also to a daemon
    started later: a node that said "released" must keep that word.
    """

    at: float
    session: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardAttached:
    """(Again) connected to the guard, which says how it enforces.

    `has_filter`: by nftables to the millisecond, not only by address lifetime.
    `forfeited`: the newest session that it has released.
    """

    has_filter: bool
    forfeited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The planner's answer to `RequestPlan` with this ticket."""

    ticket: int
    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFailed:
    """The planner could not answer `RequestPlan` with this ticket."""

    ticket: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A user (through the API) wants these commands in the log.

    The answer is an `Answer` effect with the same ticket.
    """

    ticket: int
    command: Command


@dataclass(frozen=True, slots=True)
class AskedRelease:
    """This node shall give up everything exclusive: it is about to stop."""


Input: TypeAlias = (
    Tick
    | RaftReceived
    | LinkReceived
    | Persisted
    | PersistFailed
    | AgentExited
    | Noticed
    | RunnerAttached
    | RunnerLost
    | GuardReleased
    | GuardAttached
    | Planned
    | PlanFailed
    | Asked
    | AskedRelease
)
