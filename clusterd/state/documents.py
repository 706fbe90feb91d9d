"""The shapes of what a node tells its users: the read models, as JSON sees them.

The contract is `api/README.md`. Light on purpose (types only), because
`clusterctl status` imports it. Times named `wall` are seconds since 1970,
ages and durations are seconds.
"""

from typing import Literal, TypedDict

Health = Literal["OK", "DEGRADED", "FAILED", "UNKNOWN"]
NodeWord = Literal["online", "lost", "offline", "pending", "standby", "maintenance"]
ResourceWord = Literal[
    "started",
    "stopped",
    "starting",
    "stopping",
    "failed",
    "blocked",
    "partial",
    "unmanaged",
]
KindWord = Literal["primitive", "group", "clone"]
ReleaseWord = Literal["kernel", "process", "fence", "none"]
Severity = Literal["error", "warning"]


class FreshnessDocument(TypedDict):
    """How old the answer may be.

    `age` is None when this node never heard a leader.
    """

    age: float | None
    source: Literal["replica"]


class QuorumDocument(TypedDict):
    """Votes this node can count now."""

    has: bool
    votes: int
    expected: int
    reachable: list[str]


class ConfigDocument(TypedDict):
    """The configuration in force; version 0 before the first one."""

    version: int
    author: str
    message: str
    wall: float | None


class LeaseDocument(TypedDict):
    """This node's right to run, and who takes resources away when it ends."""

    valid: bool
    enforcement: str


class NodeDocument(TypedDict):
    """One member. `lease` is known for the answering node only."""

    name: str
    state: NodeWord
    member_state: str
    address: str
    reason: str
    since_wall: float
    resources: int
    heard_age: float | None
    coordinator: bool
    voter: bool
    version: str
    lease: LeaseDocument | None


class HoldDocument(TypedDict):
    """Something an operator asked for that lasts; `undo` ends it."""

    kind: str
    node: str | None
    resource: str | None
    author: str
    message: str
    since_wall: float
    until_wall: float | None
    undo: str


class ResourceDocument(TypedDict):
    """One resource: a primitive, a group with its members, a clone with its copies."""

    name: str
    kind: KindWord
    agent: str
    state: ResourceWord
    nodes: list[str]
    expected: int
    running: int
    address: str | None
    since_wall: float | None
    note: str
    release: ReleaseWord
    members: list["ResourceDocument"]


class ProblemDocument(TypedDict):
    """Something that is not as it should be; `next` is what to type."""

    severity: Severity
    what: str
    text: str
    cause: str
    next: str


class FailureDocument(TypedDict):
    """A failed operation that is still remembered."""

    resource: str
    node: str
    operation: str
    code: int
    reason: str
    at_wall: float
    count: int


class StatusDocument(TypedDict):
    """The answer to "is everything fine?"."""

    apiVersion: Literal["clusterd/v1"]
    kind: Literal["Status"]
    cluster: str
    node: str
    now_wall: float
    freshness: FreshnessDocument
    health: Health
    quorum: QuorumDocument
    coordinator: str | None
    term: int
    index: int
    activity: Literal["stable", "recovering"]
    stable_since_wall: float | None
    config: ConfigDocument
    nodes: list[NodeDocument]
    holds: list[HoldDocument]
    resources: list[ResourceDocument]
    problems: list[ProblemDocument]
    failures: list[FailureDocument]


class HistoryDocument(TypedDict):
    """One thing that happened; see `model.history.HistoryEntry`."""

    index: int
    at_wall: float
    kind: str
    text: str
    node: str
    resource: str
    author: str
    cause: str
    transition: str
    duration: float
