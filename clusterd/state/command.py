"""Each possible change of the replicated state as one frozen type.

All times named `wall` are the proposer's wall clock in seconds since 1970, for
people and for expiry; nothing about safety depends on them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from clusterd.model.configuration import Configuration
from clusterd.model.membership import Proof
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import Release as ReleaseClass
from clusterd.model.result import OperationResult
from clusterd.model.status import Hold, HoldKind, Move, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The first command of a cluster: its name and its first member."""

    cluster: str
    node: NodeName
    address: str
    raft_id: int
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """Replace the configuration if it still has the version it was based on.

    `text` is the YAML as the author wrote it. `base` None: whatever is there.
    """

    text: str
    configuration: Configuration
    base: int | None = None
    author: str = ""
    message: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHold:
    """Put a hold in force; the same kind, node and resource replaces."""

    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearHold:
    """End holds: those whose kind (None: all kinds), node and resource match."""

    kind: HoldKind | None = None
    node: NodeName | None = None
    resource: ResourceName | None = None
    author: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMove:
    """Begin a move; it ends when the resource has arrived or failed to."""

    move: Move


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMove:
    """Give up a move that can no longer arrive."""

    resource: ResourceName
    cause: str
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    """Forget failures (and what is known of stopped resources): probe again.

    None means "all".
    """

    resource: ResourceName | None = None
    node: NodeName | None = None
    author: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend:
    """Tell nodes what to do. Committed before anybody does it.

    `planned_at`: the index of the state the plan was made from. Operations that
    would break at-most-one by what has been committed since are dropped when
    this is applied (`state.intent`). `summary`: the plan in words, once per
    transition.
    """

    operations: tuple[Operation, ...] = ()
    cancels: tuple[Operation, ...] = ()
    planned_at: int = 0
    transition: str = ""
    summary: tuple[str, ...] = ()
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What nodes answered."""

    results: tuple[OperationResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """A fail count has expired."""

    node: NodeName
    instance: InstanceName
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueToken:
    """Allow one machine to join: SHA-256 of the secret, and until when."""

    digest: str
    expires_wall: float
    author: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """A machine joins with a token; its number in the log is chosen here."""

    token_digest: str
    node: NodeName
    address: str
    version: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    """A machine leaves for good."""

    node: NodeName
    author: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Open a new lease session: the node may run resources."""

    node: NodeName
    boot: str
    wall: float = 0.0
    version: str = ""
    has_filter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evict:
    """Close a session: voters refuse it from the moment they append this."""

    node: NodeName
    session: int
    reason: str
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """An evicted session certainly holds nothing of this release class any more.

    An address is free as soon as the kernel has let it go, whatever else the
    lost node may still hold.
    """

    node: NodeName
    session: int
    release: ReleaseClass
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An evicted session certainly holds nothing exclusive any more."""

    node: NodeName
    session: int
    proof: Proof
    author: str = ""
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """A new coordinator has begun its term."""

    node: NodeName
    term: int
    wall: float = 0.0


Command: TypeAlias = (
    Found
    | Configure
    | SetHold
    | ClearHold
    | StartMove
    | EndMove
    | CleanUp
    | Intend
    | Record
    | Forget
    | IssueToken
    | AddMember
    | RemoveMember
    | Admit
    | Evict
    | Clear
    | Release
    | TakeOver
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an entry of the log carries: a command and who waits for its reply.

    `request` is unique for ever and makes proposing twice harmless.
    """

    request: str
    command: Command
