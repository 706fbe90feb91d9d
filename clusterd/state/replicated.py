"""The root of everything the log holds. A value: every change makes a new one."""

from dataclasses import dataclass

from clusterd.model.cluster import ClusterState
from clusterd.model.configuration import Configuration
from clusterd.model.history import HistoryEntry
from clusterd.model.membership import Member
from clusterd.model.names import NodeName
from clusterd.model.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigVersion:
    """One configuration that was in force, with its author."""

    version: int
    text: str
    author: str
    message: str
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinToken:
    """A secret (as SHA-256) that admits one machine, once, until it expires."""

    digest: str
    expires_wall: float
    used_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """Everything committed up to and including `index`."""

    index: int = 0
    cluster: str = ""
    coordinator: NodeName | None = None
    term: int = 0
    configuration: Configuration = Configuration()  # noqa: RUF009  # Frozen.
    versions: tuple[ConfigVersion, ...] = ()
    """The newest last; at most VERSIONS_KEPT."""
    members: tuple[Member, ...] = ()
    next_raft_id: int = 1
    status: Status = Status()  # noqa: RUF009  # Frozen.
    tokens: tuple[JoinToken, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    """The newest last; at most HISTORY_KEPT."""
    done: tuple[str, ...] = ()
    """Requests applied lately: proposing one again does nothing."""

    @property
    def version(self) -> int:
        """The number of the configuration in force; 0 before the first."""
        return self.versions[-1].version if self.versions else 0

    def member(self, name: NodeName) -> Member | None:
        """Return the member of that name, or None."""
        return next((each for each in self.members if each.name == name), None)

    def view(self, *, has_quorum: bool, now_wall: float) -> ClusterState:
        """Return what the policy may look at."""
        return ClusterState(
            index=self.index,
            configuration=self.configuration,
            version=self.version,
            members=self.members,
            status=self.status,
            has_quorum=has_quorum,
            now_wall=now_wall,
        )
