"""The closed list of what a node can want."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent, Unwatch
from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.cluster import ClusterState
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.note import Note
from clusterd.raft.entry import Entry, HardState, Snapshot
from clusterd.raft.message import Message
from clusterd.state.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Persist:
    """Write all of this durably, in one transaction; then `Persisted(ticket)`.

    Entries replace everything in the log from the first one's index on.
    """

    ticket: int
    hard_state: HardState | None = None
    entries: tuple[Entry, ...] = ()
    snapshot: Snapshot | None = None
    compact_to: int | None = None
    """Entries up to this index are no longer needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRaft:
    """Send this consensus message; it may be lost, never altered."""

    to: NodeName
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLink:
    """Send this renewal or answer on the heartbeat channel."""

    to: NodeName
    message: LinkMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """These are the other members now, with their addresses (`host:port`)."""

    peers: Mapping[NodeName, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLease:
    """Tell the guard that the lease is valid until `until` (boot-time seconds).

    `session`: whose lease it is. `exclusive`: the resources to be released at
    its end, each with the value of its `Release` class. An `until` in the past
    releases at once.
    """

    until: float
    session: int
    exclusive: Mapping[InstanceName, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPlan:
    """Plan this state in the planner process; `Planned(ticket)` is the answer."""

    ticket: int
    state: ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The reply to `Asked` with this ticket."""

    ticket: int
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A fact for the journal (and for tests)."""

    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """This node cannot go on: end the process, for this reason."""

    reason: str
    restart: bool = True


Effect: TypeAlias = (
    Persist
    | SendRaft
    | SendLink
    | Connect
    | RunAgent
    | KillAgent
    | CollectedAgent
    | Unwatch
    | HoldLease
    | RequestPlan
    | Answer
    | Tell
    | Stop
)
