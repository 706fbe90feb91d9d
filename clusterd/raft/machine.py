"""The door of the room: messages, ticks and wishes in, a Ready out."""

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum

from clusterd.raft import candidate, follower, leader
from clusterd.raft.entry import NOBODY, ConfState, Entry, EntryKind, Snapshot
from clusterd.raft.message import LOCAL_KINDS, TRANSFER_CONTEXT, Message, MessageKind
from clusterd.raft.ready import Outbox, Ready
from clusterd.raft.replica import ProposalDropped, RaftConfig, Replica, Role
from clusterd.raft.restored import LostLog, Restored, restore_replica
from clusterd.raft.snapshot import ConfHistory, make_snapshot
from clusterd.raft.status import Status, status_of
from clusterd.raft.voters import ConfChange

__all__ = [
    "LostLog",
    "ProposalDropped",
    "RaftConfig",
    "RaftMachine",
    "Refusal",
    "Restored",
]

Rule = Callable[[Replica, Message], None]

_CANDIDATE_RULES: Mapping[MessageKind, Rule] = {
    **candidate.RULES,
    **follower.LEADER_SPEAKS,
}
_RULES: Mapping[Role, Mapping[MessageKind, Rule]] = {
    Role.FOLLOWER: follower.RULES,
    Role.PRE_CANDIDATE: _CANDIDATE_RULES,
    Role.CANDIDATE: _CANDIDATE_RULES,
    Role.LEADER: leader.RULES,
}
_VOTES = frozenset({MessageKind.VOTE, MessageKind.PRE_VOTE})
_ANSWERS = frozenset(
    {
        MessageKind.APP_RESP,
        MessageKind.VOTE_RESP,
        MessageKind.PRE_VOTE_RESP,
        MessageKind.HEARTBEAT_RESP,
        MessageKind.READ_INDEX_RESP,
    }
)


class Refusal(Enum):
    """Why a message had no effect; nothing need be done about it."""

    LOCAL_KIND = "a node says this only to itself"
    UNKNOWN_PEER = "an answer from a node that is not a member"
    PROPOSAL_DROPPED = "a proposal for a leader, which this node is not now"


class RaftMachine:
    """One member of the group.

    Time comes as ticks, chance as dice (an int in [0, n)). After each call ask
    `has_ready`; then take `ready`, obey it, and `advance`. Between the two other
    calls may be made; what they cause is in the next Ready.
    """

    def __init__(
        self, config: RaftConfig, restored: Restored, dice: Callable[[int], int]
    ) -> None:
        """Start as a follower; raises LostLog if what was saved is not whole."""
        self._replica, self._history = restore_replica(config, restored, dice)
        self._outbox = Outbox.of(self._replica)
        self._changes: deque[int] = deque()
        """Indexes of the voter changes the caller is about to apply."""

    def tick(self) -> None:
        """Let one tick of time pass."""
        if self._replica.role is Role.LEADER:
            self._tick_leader()
        else:
            self._tick_election()

    def _tick_election(self) -> None:
        replica = self._replica
        replica.election_elapsed += 1
        is_due = replica.election_elapsed >= replica.election_timeout
        if replica.is_promotable and is_due:
            replica.election_elapsed = 0
            self.campaign()

    def _tick_leader(self) -> None:
        replica, config = self._replica, self._replica.config
        replica.heartbeat_elapsed += 1
        replica.election_elapsed += 1
        if replica.election_elapsed >= config.election_ticks:
            replica.election_elapsed = 0
            if config.check_quorum:
                self._say(MessageKind.CHECK_QUORUM)
            # Whoever could not take over by now never will.
            replica.transfer_to = NOBODY
        is_due = replica.heartbeat_elapsed >= config.heartbeat_ticks
        if replica.role is Role.LEADER and is_due:
            replica.heartbeat_elapsed = 0
            self._say(MessageKind.BEAT)

    def step(self, message: Message) -> Refusal | None:
        """Take a message from another node; None if it was heeded or is outdated."""
        if message.kind in LOCAL_KINDS:
            return Refusal.LOCAL_KIND
        is_member = self._replica.peers.get(message.sender) is not None
        if message.kind in _ANSWERS and not is_member:
            return Refusal.UNKNOWN_PEER
        try:
            self._step(message)
        except ProposalDropped:
            return Refusal.PROPOSAL_DROPPED
        return None

    def propose(self, data: bytes) -> None:
        """Propose a record for the log, here or by way of the leader.

        Raises ProposalDropped; without it the record may still get lost.
        """
        self._propose(Entry(data=data))

    def propose_change(
        self, change: ConfChange, kind: EntryKind = EntryKind.CONF_CHANGE_V2
    ) -> None:
        """Propose a voter change; one that must not follow now becomes empty.

        CONF_CHANGE is for a single change with the AUTO transition. Raises
        ProposalDropped.
        """
        assert kind is not EntryKind.NORMAL, "a change is no ordinary record"
        is_simple = len(change.changes) == 1 and not change.enters_joint
        if kind is EntryKind.CONF_CHANGE and not is_simple:
            raise ValueError("CONF_CHANGE takes one change and no transition")
        self._propose(Entry(kind=kind, data=change.to_bytes()))

    def _propose(self, entry: Entry) -> None:
        kind, own_id = MessageKind.PROP, self._replica.id
        self._step(Message(kind=kind, sender=own_id, entries=(entry,)))

    def apply_change(self, change: ConfChange) -> ConfState:
        """Apply a voter change from `committed_entries`; return the new electorate.

        To be called once for each, in order, before `advance`. Raises
        InvalidChange on every node alike; then the electorate stays.
        """
        replica = self._replica
        index = self._changes.popleft() if self._changes else replica.log.applied
        replica.peers.change(change, replica.log.last_index)
        conf_state = replica.peers.conf_state
        self._history.add(index, conf_state)
        if replica.role is Role.LEADER:
            leader.after_change(replica)
        return conf_state

    def campaign(self) -> None:
        """Try to become leader now."""
        candidate.rise(self._replica)

    def transfer(self, to: int) -> None:
        """Hand leadership to `to`, here or by way of the leader, if that works out."""
        self._step(Message(kind=MessageKind.TRANSFER_LEADER, sender=to))

    def read_index(self, context: bytes) -> None:
        """Ask for the index a read must wait for; the answer is a ReadState.

        `context` names the read, uniquely in the group. There may be no answer;
        ask again.
        """
        if not context:
            raise ValueError("a read needs a name: its context is empty")
        kind, own_id = MessageKind.READ_INDEX, self._replica.id
        self._step(Message(kind=kind, sender=own_id, context=context))

    def report_unreachable(self, node: int) -> None:
        """Say that a message to `node` was not delivered."""
        self._step(Message(kind=MessageKind.UNREACHABLE, sender=node))

    def report_snapshot(self, node: int, *, ok: bool) -> None:
        """Say how the delivery of a snapshot to `node` ended."""
        kind = MessageKind.SNAP_STATUS
        self._step(Message(kind=kind, sender=node, reject=not ok))

    def forget_leader(self) -> None:
        """Forget who leads, if we follow: we know better than the lease."""
        self._say(MessageKind.FORGET_LEADER)

    def has_ready(self) -> bool:
        """Whether there is anything to do for the caller."""
        return self._outbox.has_ready(self._replica)

    def ready(self) -> Ready:
        """Return all there is to do; `advance` must follow before the next one."""
        assert self._outbox.pending is None, "ready before advance"
        ready = self._outbox.take(self._replica)
        self._changes = deque(
            entry.index
            for entry in ready.committed_entries
            if entry.kind is not EntryKind.NORMAL
        )
        return ready

    def advance(self, ready: Ready) -> None:
        """Take the word that everything in `ready` is saved, sent and applied."""
        assert ready is self._outbox.pending, "advance with the latest ready"
        if ready.snapshot is not None:
            snapshot = ready.snapshot
            self._history = ConfHistory(snapshot.index, snapshot.conf_state)
        for answer in self._outbox.own_answers():
            self._step(answer)
        self._outbox.settle(self._replica)

    def compact(self, index: int, data: bytes, keep_tail: int) -> Snapshot:
        """Make a snapshot of the state `data` after `index` and shorten the log.

        `index` was applied; `keep_tail` entries before it stay, so that those
        slightly behind need no snapshot. The caller saves it. Raises ValueError
        for an index that is not applied or is older than the last snapshot.
        """
        log = self._replica.log
        snapshot = make_snapshot(log, self._history, index, data)
        log.compact(snapshot, index - keep_tail)
        self._history.forget_before(index)
        return snapshot

    def status(self) -> Status:
        """Return how things stand."""
        return status_of(self._replica)

    def entries(self, first: int, last: int) -> tuple[Entry, ...]:
        """Return what is left of the log in [first, last], for checks and people."""
        log = self._replica.log
        first, end = max(first, log.first_index), min(last, log.last_index) + 1
        return tuple(log.between(first, end)) if first < end else ()

    def _say(self, kind: MessageKind) -> None:
        self._step(Message(kind=kind, sender=self._replica.id))

    def _step(self, message: Message) -> None:
        replica = self._replica
        if message.term > replica.term and not self._enter_term(message):
            return
        if 0 < message.term < replica.term:
            _answer_outdated(replica, message)
        elif message.kind in _VOTES:
            candidate.on_vote(replica, message)
        else:
            rule = _RULES[replica.role].get(message.kind)
            if rule is not None:
                rule(replica, message)

    def _enter_term(self, message: Message) -> bool:
        """Go to the message's higher term, if it calls for it; False: ignore it."""
        replica = self._replica
        if message.kind in _VOTES and _is_leased(replica, message):
            return False
        is_granted = message.kind is MessageKind.PRE_VOTE_RESP and not message.reject
        if message.kind is MessageKind.PRE_VOTE or is_granted:
            return True  # About a term that nobody has entered yet.
        is_leader = message.kind in follower.LEADER_SPEAKS
        replica.become_follower(message.term, message.sender if is_leader else NOBODY)
        return True


def _is_leased(replica: Replica, message: Message) -> bool:
    """Whether a leader was heard so recently that nobody else may rise (thesis, 4.2.3).

    The leader itself may ask for an election.
    """
    return (
        replica.config.check_quorum
        and replica.leader != NOBODY
        and replica.election_elapsed < replica.config.election_ticks
        and message.context != TRANSFER_CONTEXT
    )


def _answer_outdated(replica: Replica, message: Message) -> None:
    """Tell those of a former term about ours where silence could last for ever."""
    config = replica.config
    if message.kind in {MessageKind.APP, MessageKind.HEARTBEAT}:
        # We may have raised our term alone. With leases our votes are ignored
        # and with pre-vote none are asked for, so this answer is the only way
        # for the leader to learn of our term and bring us back.
        if config.check_quorum or config.pre_vote:
            replica.send(Message(kind=MessageKind.APP_RESP, to=message.sender))
    elif message.kind is MessageKind.PRE_VOTE:
        refusal = Message(
            kind=MessageKind.PRE_VOTE_RESP,
            to=message.sender,
            term=replica.term,
            reject=True,
        )
        replica.send(refusal)
