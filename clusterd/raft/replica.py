"""The state of one node of the group, and what the rules of all roles share.

The rules themselves are in `follower`, `candidate` and `leader`; `machine` is
the door. A replica only collects what it wants to say.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from clusterd.raft.entry import NOBODY, Entry, HardState
from clusterd.raft.log import Log
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.peers import Peers, Window
from clusterd.raft.read_only import ReadQueue, ReadState


class Role(Enum):
    """What a node is to the group at the moment."""

    FOLLOWER = "Follower"
    PRE_CANDIDATE = "PreCandidate"
    CANDIDATE = "Candidate"
    LEADER = "Leader"


class ProposalDropped(Exception):
    """Nothing was put in the log: there is no leader, or it cannot take this now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaftConfig:
    """How one node behaves. Ticks are the caller's; sizes are bytes, None: no limit.

    An election timeout is drawn from [election_ticks, 2 * election_ticks - 1];
    it should be ten heartbeats. `check_quorum`: a leader that does not hear a
    majority for `election_ticks` steps down, and nobody votes against a leader
    just heard. `read_only_lease`: reads trust that lease instead of asking a
    majority; it needs `check_quorum` and clocks that run alike.
    """

    id: int
    election_ticks: int
    heartbeat_ticks: int
    pre_vote: bool = True
    check_quorum: bool = True
    step_down_on_removal: bool = True
    read_only_lease: bool = False
    forward_proposals: bool = True
    validate_changes: bool = True
    max_entries_bytes: int | None = 1 << 20
    """Of the entries in one message; a single larger entry still goes."""
    max_committed_bytes: int | None = 1 << 24
    """Of the committed entries in one Ready."""
    max_uncommitted_bytes: int | None = 1 << 26
    """Of payload that a leader takes before it is applied."""
    max_inflight: int = 256
    """Messages with entries under way to one follower."""
    max_inflight_bytes: int = 0
    """Of their payload; 0 is no limit."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.id <= NOBODY:
            raise ValueError(f"id {self.id} is not positive; 0 means no node")
        if self.heartbeat_ticks < 1:
            raise ValueError(f"heartbeat_ticks {self.heartbeat_ticks} is below 1")
        if self.election_ticks <= self.heartbeat_ticks:
            raise ValueError(
                f"election_ticks {self.election_ticks} is not above heartbeat_ticks"
                f" {self.heartbeat_ticks}: followers would rise between heartbeats"
            )
        if self.max_inflight < 1:
            raise ValueError(f"max_inflight {self.max_inflight} is below 1")
        if self.read_only_lease and not self.check_quorum:
            raise ValueError("read_only_lease needs check_quorum: it is the lease")


# What follows from a write must not leave before the write is on disk.
_AFTER_SAVE = frozenset(
    {MessageKind.APP_RESP, MessageKind.VOTE_RESP, MessageKind.PRE_VOTE_RESP}
)
# The terms of votes are chosen by the sender: a pre-vote speaks of the next one.
_OWN_TERM = frozenset(
    {
        MessageKind.VOTE,
        MessageKind.VOTE_RESP,
        MessageKind.PRE_VOTE,
        MessageKind.PRE_VOTE_RESP,
    }
)
# These mean the same in every term, and stay local on whatever node they reach.
_WITHOUT_TERM = frozenset({MessageKind.PROP, MessageKind.READ_INDEX})


class Replica:
    """One node's view of the group: its role, term, log and peers."""

    def __init__(
        self, config: RaftConfig, hard: HardState, log: Log, dice: Callable[[int], int]
    ) -> None:
        self.config = config
        self.id = config.id
        self.log = log
        self._dice = dice
        window = Window(count=config.max_inflight, size_bytes=config.max_inflight_bytes)
        self.peers = Peers(window, log.snapshot.conf_state, log.last_index)
        self.term = hard.term
        self.vote = hard.vote
        self.role = Role.FOLLOWER
        self.leader = NOBODY
        self.election_elapsed = 0
        self.heartbeat_elapsed = 0
        self.election_timeout = 0
        self.transfer_to = NOBODY
        """Whom the leader is handing over to; meanwhile it takes no proposals."""
        self.pending_change = 0
        """No voter change may be proposed before this index is applied."""
        self.uncommitted_bytes = 0
        self.reads = ReadQueue()
        self.early_reads: list[Message] = []
        """Reads that came before the leader committed an entry of its term."""
        self.wants_snapshot = False
        """Somebody needs a snapshot newer than the one we have."""
        self.messages: list[Message] = []
        self.messages_after_save: list[Message] = []
        self.read_states: list[ReadState] = []
        self.become_follower(self.term, NOBODY)

    @property
    def is_promotable(self) -> bool:
        """Whether this node may campaign."""
        own = self.peers.get(self.id)
        return own is not None and not own.is_learner and self.log.arriving is None

    def hard_state(self) -> HardState:
        """Return what a crash must not take away."""
        return HardState(term=self.term, vote=self.vote, commit=self.log.committed)

    def become_follower(self, term: int, leader: int) -> None:
        """Follow `leader`, or wait for one, in `term`."""
        self._reset(term)
        self.leader = leader
        self.role = Role.FOLLOWER

    def become_pre_candidate(self) -> None:
        """Ask whether a campaign would succeed; term and vote stay as they are."""
        assert self.role is not Role.LEADER, "a leader does not campaign"
        self.peers.reset_votes()
        self.leader = NOBODY
        self.role = Role.PRE_CANDIDATE

    def become_candidate(self) -> None:
        """Begin a new term with a vote for oneself."""
        assert self.role is not Role.LEADER, "a leader does not campaign"
        self._reset(self.term + 1)
        self.vote = self.id
        self.role = Role.CANDIDATE

    def become_leader(self) -> None:
        """Lead the present term; its first entry is empty (paper, section 8)."""
        assert self.role is Role.CANDIDATE, "only a candidate is elected"
        self._reset(self.term)
        self.leader = self.id
        self.role = Role.LEADER
        own = self.peers.get(self.id)
        assert own is not None, "only a member is elected"
        own.become_replicate()
        own.recent_active = True
        # Whether the log holds an unapplied change is not looked up: waiting
        # until all of it is applied is safe and hardly ever felt.
        self.pending_change = self.log.last_index
        assert self.append((Entry(),)), "an empty entry has no size"

    def _reset(self, term: int) -> None:
        if term != self.term:
            self.term = term
            self.vote = NOBODY
        self.leader = NOBODY
        self.election_elapsed = 0
        self.heartbeat_elapsed = 0
        ticks = self.config.election_ticks
        self.election_timeout = ticks + self._dice(ticks)
        self.transfer_to = NOBODY
        self.peers.reset(self.id, self.log.last_index)
        self.pending_change = 0
        self.uncommitted_bytes = 0
        self.reads = ReadQueue()
        self.early_reads = []

    def send(self, message: Message) -> None:
        """Say something, in the present term unless the kind has its own."""
        if message.kind in _OWN_TERM:
            assert message.term > 0, "a vote belongs to a term"
        elif message.kind not in _WITHOUT_TERM:
            message = replace(message, term=self.term)
        message = replace(message, sender=message.sender or self.id)
        if message.kind in _AFTER_SAVE:
            self.messages_after_save.append(message)
        else:
            assert message.to != self.id, "only answers go to oneself"
            self.messages.append(message)

    def append(self, entries: tuple[Entry, ...]) -> bool:
        """Put proposals in the leader's log; False if it holds too much already."""
        size = sum(len(entry.data) for entry in entries)
        limit = self.config.max_uncommitted_bytes
        total = self.uncommitted_bytes + size
        # One entry is always taken, however large, and so is an empty one.
        if limit is not None and self.uncommitted_bytes and size and total > limit:
            return False
        self.uncommitted_bytes = total
        first = self.log.last_index + 1
        self.log.append(
            [
                replace(entry, term=self.term, index=first + position)
                for position, entry in enumerate(entries)
            ]
        )
        # The leader counts itself only once its own disk has the entries.
        self.send(
            Message(kind=MessageKind.APP_RESP, to=self.id, index=self.log.last_index)
        )
        return True

    def release_uncommitted(self, entries: tuple[Entry, ...]) -> None:
        """Make room for the proposals that were applied."""
        size = sum(len(entry.data) for entry in entries)
        # Entries of former terms were never counted, hence the floor.
        self.uncommitted_bytes = max(0, self.uncommitted_bytes - size)

    def commit_by_quorum(self) -> bool:
        """Commit what is on enough disks, if of the present term (paper, 5.4.2)."""
        index = self.peers.committed()
        if index <= self.log.committed or not self.log.has(self.term, index):
            return False
        self.log.commit_to(index)
        return True

    def has_committed_in_term(self) -> bool:
        """Whether the commit index is known to be the newest: not so at first."""
        return self.log.term_at(self.log.committed) == self.term
