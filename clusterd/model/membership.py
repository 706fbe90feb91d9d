"""Who belongs to the cluster, as the replicated log knows it."""

from dataclasses import dataclass
from enum import Enum

from clusterd.model.names import NodeName
from clusterd.model.resource import Release


class MemberState(Enum):
    """Where a member stands.

    PENDING: joined, never admitted. ONLINE: its lease session is open. LOST:
    evicted; what it ran may still be active (unclean). OFFLINE: known to hold
    nothing exclusive any more.
    """

    PENDING = "pending"
    ONLINE = "online"
    LOST = "lost"
    OFFLINE = "offline"


class Proof(Enum):
    """Why a lost node is known to hold nothing exclusive any more."""

    LEASE = "lease"
    """Its lease and the release bound ran out (the inequality of `safety.lease`)."""
    RELEASED = "released"
    """It said so itself."""
    FENCED = "fenced"
    CONFIRMED = "confirmed"
    """The operator vouched for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One machine of the cluster.

    `raft_id` is its number in the log's voter sets, never reused. `session` is
    the number of its lease session; each admission opens a new one. `boot`
    changes when the machine (in truth: its runner) starts anew.
    """

    name: NodeName
    raft_id: int
    address: str
    session: int = 0
    state: MemberState = MemberState.PENDING
    evicted_at: int = 0
    """The log entry that closed the session last evicted; 0 if none ever was."""
    cleared: tuple[Release, ...] = ()
    """While LOST: the release classes of which it certainly holds nothing."""
    boot: str = ""
    since_wall: float = 0.0
    reason: str = ""
    proof: Proof | None = None
    version: str = ""
    has_filter: bool = False
    """Its guard can filter addresses to the millisecond (`safety.timing`)."""
