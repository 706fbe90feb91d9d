"""What a node wants done, in words of duty, and how that becomes true."""

from dataclasses import dataclass, field

from clusterd.raft.entry import NOBODY, Entry, HardState, Snapshot
from clusterd.raft.leader import leave_joint
from clusterd.raft.message import Message
from clusterd.raft.read_only import ReadState
from clusterd.raft.replica import Replica, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftState:
    """Who leads, as far as known, and what we are; good to know, never saved."""

    leader: int = NOBODY
    role: Role = Role.FOLLOWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Everything the caller has to do before it calls `advance`.

    In this order: save `snapshot`, `entries` and `hard_state` in one
    transaction; send `messages`; restore the application from `snapshot`; apply
    `committed_entries`, giving each voter change to `apply_change`.
    """

    soft_state: SoftState | None = None
    """None: as before."""
    hard_state: HardState | None = None
    """To be saved; None: as before."""
    entries: tuple[Entry, ...] = ()
    """To be saved, in place of everything from the first one's index on."""
    snapshot: Snapshot | None = None
    """To be saved in place of the whole log, then given to the application."""
    committed_entries: tuple[Entry, ...] = ()
    """To be applied. They may be among `entries`: save first."""
    messages: tuple[Message, ...] = ()
    """To be sent once `entries`, `hard_state` and `snapshot` are on disk. Only APP,
    HEARTBEAT and SNAP, which a leader sends, may go at once: the followers save
    while the leader does."""
    read_states: tuple[ReadState, ...] = ()
    """Reads that may be answered as soon as their index is applied."""
    must_sync: bool = False
    """Whether `entries` and `hard_state` must have reached the disk (fsync) before
    sending: a commit index alone need not. A snapshot must in any case."""

    wants_snapshot: bool = False
    """Whether a member that joined lately needs a snapshot newer than the last: call
    `compact` after `advance`. Sending is tried again with each sign of its life."""

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return self != Ready()


@dataclass(slots=True, kw_only=True)
class Outbox:
    """What the caller was told last, and what is to happen when it has obeyed."""

    soft_state: SoftState
    hard_state: HardState
    pending: Ready | None = None
    _own_answers: tuple[Message, ...] = field(default=())
    _saved: tuple[int, int] = (0, 0)  # term, index

    @classmethod
    def of(cls, replica: Replica) -> "Outbox":
        """Begin with what the replica was restored from: that is known."""
        return cls(soft_state=_soft_state(replica), hard_state=replica.hard_state())

    def peek(self, replica: Replica) -> Ready:
        """Return what the caller would be told now."""
        log = replica.log
        soft_state, hard_state = _soft_state(replica), replica.hard_state()
        entries = log.to_save()
        return Ready(
            soft_state=soft_state if soft_state != self.soft_state else None,
            hard_state=hard_state if hard_state != self.hard_state else None,
            entries=entries,
            snapshot=None if log.is_arriving_handed else log.arriving,
            committed_entries=log.to_apply(replica.config.max_committed_bytes),
            messages=(
                *replica.messages,
                *(m for m in replica.messages_after_save if m.to != replica.id),
            ),
            read_states=tuple(replica.read_states),
            must_sync=bool(entries)
            or hard_state.vote != self.hard_state.vote
            or hard_state.term != self.hard_state.term,
            wants_snapshot=replica.wants_snapshot,
        )

    def has_ready(self, replica: Replica) -> bool:
        """Whether the caller has anything to do, be it only to wait for its disk."""
        return bool(replica.messages_after_save) or bool(self.peek(replica))

    def take(self, replica: Replica) -> Ready:
        """Tell the caller; the same is not told again."""
        ready = self.peek(replica)
        self.pending = ready
        self.soft_state = ready.soft_state or self.soft_state
        self.hard_state = ready.hard_state or self.hard_state
        self._own_answers = tuple(
            m for m in replica.messages_after_save if m.to == replica.id
        )
        self._saved = (replica.log.last_term, replica.log.last_index)
        replica.messages.clear()
        replica.messages_after_save.clear()
        replica.read_states.clear()
        replica.wants_snapshot = False
        replica.log.handed_to_save()
        if ready.committed_entries:
            replica.log.applying = ready.committed_entries[-1].index
        return ready

    def own_answers(self) -> tuple[Message, ...]:
        """Return our own votes and acknowledgements, true now that they are saved."""
        answers, self._own_answers = self._own_answers, ()
        return answers

    def settle(self, replica: Replica) -> None:
        """Note that everything pending is saved and applied."""
        ready, self.pending = self.pending, None
        assert ready is not None, "advance without ready"
        replica.log.saved(*self._saved)
        if ready.snapshot is not None:
            replica.log.snapshot_saved(ready.snapshot.index)
            _applied_to(replica, ready.snapshot.index)
        if ready.committed_entries:
            _applied_to(replica, ready.committed_entries[-1].index)
            replica.release_uncommitted(ready.committed_entries)


def _soft_state(replica: Replica) -> SoftState:
    return SoftState(leader=replica.leader, role=replica.role)


def _applied_to(replica: Replica, index: int) -> None:
    applied = max(index, replica.log.applied)
    replica.log.applied_to(applied)
    is_leader = replica.role is Role.LEADER
    is_due = replica.peers.conf_state.auto_leave and applied >= replica.pending_change
    if is_leader and is_due:
        leave_joint(replica)
