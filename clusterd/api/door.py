"""What the service needs of the daemon: one small protocol and its values."""

from dataclasses import dataclass
from typing import Protocol

from clusterd.config.loader import Loaded
from clusterd.model.agent import AgentMetadata
from clusterd.model.cluster import ClusterState
from clusterd.model.names import NodeName
from clusterd.model.transition import Transition
from clusterd.state.command import Command
from clusterd.state.live import Live
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What `cluster init` asks for. `address` is `host:port`, empty: choose."""

    node: NodeName | None
    cluster: str
    address: str
    timing: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What `cluster join` asks for. `node` None: the host's name."""

    token: str
    node: NodeName | None
    address: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """This node now belongs to a cluster; `fingerprint` is that of its CA."""

    cluster: str
    node: NodeName
    fingerprint: str
    members: tuple[NodeName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token as text, shown once, and when (wall) it expires."""

    text: str
    expires_wall: float


class Door(Protocol):
    """The daemon as the service sees it.

    Coroutines may take long: the service bounds them. To refuse, raise
    `api.faults.RequestRefused`. Cancelling `propose` does not take back what
    was proposed.
    """

    def state(self) -> Replicated:
        """Return the newest state this node has applied."""
        ...

    def live(self) -> Live:
        """Return what this node knows beside the log, as of now."""
        ...

    def now_wall(self) -> float:
        """Return the wall clock in seconds since 1970."""
        ...

    async def changed(self, since: int) -> None:
        """Return as soon as `state().index` is greater than `since`."""
        ...

    async def propose(self, command: Command) -> Reply:
        """Commit the command and return what applying it here answered."""
        ...

    async def plan(self, state: ClusterState) -> Transition:
        """Plan this state, real or imagined, without carrying anything out."""
        ...

    async def load_configuration(self, text: str, file: str) -> Loaded:
        """Read a configuration with the metadata of the agents of this node."""
        ...

    async def agents(self) -> tuple[AgentMetadata, ...]:
        """Return the metadata of the agents installed on this node."""
        ...

    async def cluster_init(self, founding: Founding) -> Belonging:
        """Found a cluster with this node as its first member."""
        ...

    async def cluster_join(self, joining: Joining) -> Belonging:
        """Join the cluster that issued the token."""
        ...

    async def cluster_leave(self, author: str) -> Reply:
        """Release everything, leave the voters, and forget the cluster."""
        ...

    async def token(self, valid_for: float, author: str) -> IssuedToken:
        """Make a token that admits one machine within `valid_for` seconds."""
        ...
