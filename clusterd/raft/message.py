"""What nodes say to each other, and to themselves."""

from dataclasses import dataclass
from enum import Enum

from clusterd.raft.entry import NOBODY, Entry, Snapshot

TRANSFER_CONTEXT = b"CampaignTransfer"
"""Context of a vote request that the leader itself asked for: leases do not count."""


class MessageKind(Enum):
    """The vocabulary of etcd-io/raft."""

    HUP = "Hup"
    BEAT = "Beat"
    PROP = "Prop"
    APP = "App"
    APP_RESP = "AppResp"
    VOTE = "Vote"
    VOTE_RESP = "VoteResp"
    SNAP = "Snap"
    HEARTBEAT = "Heartbeat"
    HEARTBEAT_RESP = "HeartbeatResp"
    UNREACHABLE = "Unreachable"
    SNAP_STATUS = "SnapStatus"
    CHECK_QUORUM = "CheckQuorum"
    TRANSFER_LEADER = "TransferLeader"
    TIMEOUT_NOW = "TimeoutNow"
    READ_INDEX = "ReadIndex"
    READ_INDEX_RESP = "ReadIndexResp"
    PRE_VOTE = "PreVote"
    PRE_VOTE_RESP = "PreVoteResp"
    FORGET_LEADER = "ForgetLeader"


LOCAL_KINDS = frozenset(
    {
        MessageKind.HUP,
        MessageKind.BEAT,
        MessageKind.UNREACHABLE,
        MessageKind.SNAP_STATUS,
        MessageKind.CHECK_QUORUM,
        MessageKind.FORGET_LEADER,
    }
)
"""A node says these only to itself; from the network they are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; which fields count depends on its kind. A term of 0 is local.

    APP carries the entries after (`log_term`, `index`). A rejecting APP_RESP
    names in `index` the entry that did not fit and in (`log_term`,
    `reject_hint`) the largest place where the logs may agree. `context` of
    heartbeats and their answers names a read; of votes, why they are held.
    """

    kind: MessageKind
    to: int = NOBODY
    sender: int = NOBODY
    term: int = 0
    log_term: int = 0
    index: int = 0
    entries: tuple[Entry, ...] = ()
    commit: int = 0
    vote: int = NOBODY
    snapshot: Snapshot | None = None
    reject: bool = False
    reject_hint: int = 0
    context: bytes = b""
