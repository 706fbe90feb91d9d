"""The Raft machine with its disk: save first, then speak, then apply."""

from dataclasses import dataclass

from clusterd.node.directory import Directory
from clusterd.node.effects import Effect, Persist, SendRaft
from clusterd.node.ledger import Applied, Ledger
from clusterd.node.settings import NodeSettings
from clusterd.raft.entry import Entry, EntryKind
from clusterd.raft.machine import ProposalDropped, RaftMachine
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.progress import ProgressState
from clusterd.raft.ready import Ready
from clusterd.raft.reconfiguration import InvalidChange
from clusterd.raft.voters import Change, ChangeKind, ConfChange, MalformedChange

SNAPSHOT_PATIENCE = 1.0
"""Seconds a follower has to confirm a snapshot before it is sent again."""
PROMOTE_WITHIN = 100
"""A learner this close to the commit index becomes a voter."""

_AT_ONCE = frozenset({MessageKind.APP, MessageKind.HEARTBEAT, MessageKind.SNAP})
"""What a leader may send before its own disk has answered (thesis 10.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of one input: effects to perform, commands committed.

    `has_restored`: before those commands, the state came as a snapshot.
    """

    effects: list[Effect]
    applied: list[Applied]
    has_restored: bool = False


class Consensus:
    """Owns the RaftMachine; turns its Ready into effects, one save at a time."""

    def __init__(
        self,
        settings: NodeSettings,
        raft: RaftMachine,
        ledger: Ledger,
        directory: Directory,
    ) -> None:
        """Begin with a machine restored from disk."""
        self._directory = directory
        self._settings = settings
        self._raft = raft
        self._ledger = ledger
        self._ticket = 0
        self._saving: Ready | None = None
        self._snapshot_at = ledger.state.index
        self._snapshots: dict[int, float] = {}

    @property
    def leader(self) -> int:
        """The raft id of the leader this node knows of; 0 for none."""
        return self._raft.status().leader

    @property
    def is_leader(self) -> bool:
        """Tell whether this node leads."""
        status = self._raft.status()
        return status.leader == status.id

    @property
    def term(self) -> int:
        """The present term."""
        return self._raft.status().term

    @property
    def voters(self) -> tuple[frozenset[int], ...]:
        """The voter sets in force: one, or two while they change."""
        conf = self._raft.status().conf_state
        halves = (frozenset(conf.voters), frozenset(conf.voters_outgoing))
        return tuple(half for half in halves if half)

    @property
    def electorate(self) -> frozenset[int]:
        """Everybody the log is replicated to: voters, old and new, and learners."""
        conf = self._raft.status().conf_state
        return frozenset({*conf.voters, *conf.voters_outgoing, *conf.learners})

    def hand_over(self) -> None:
        """Give the lead to the voter that has most of the log, if this node leads."""
        status = self._raft.status()
        others = {
            peer: progress.match
            for peer, progress in status.progress.items()
            if peer != status.id and not progress.is_learner and progress.recent_active
        }
        if status.leader == status.id and others:
            self._raft.transfer(max(sorted(others), key=others.__getitem__))

    def tick(self) -> None:
        """Let one Raft tick pass."""
        self._raft.tick()

    def step(self, message: Message) -> None:
        """Take in a message from another voter."""
        self._raft.step(message)

    def propose(self, data: bytes) -> bool:
        """Propose an entry here or at the leader; tell whether it was possible."""
        try:
            self._raft.propose(data)
        except ProposalDropped:
            return False
        return True

    def persisted(self, ticket: int) -> Step:
        """Go on after a save: speak, apply, and take up what came meanwhile."""
        ready = self._saving
        if ready is None or ticket != self._ticket:
            return Step(effects=[], applied=[])
        self._saving = None
        step = self._finish(ready, was_saved=True)
        more = self.drain()
        return Step(
            effects=[*step.effects, *more.effects],
            applied=[*step.applied, *more.applied],
            has_restored=ready.snapshot is not None,
        )

    def drain(self) -> Step:
        """Do everything the Raft machine wants now, up to the next save."""
        effects: list[Effect] = []
        applied: list[Applied] = []
        while self._saving is None and self._raft.has_ready():
            ready = self._raft.ready()
            self._ledger.append(ready.entries)
            if ready.must_sync or ready.snapshot is not None:
                effects.extend(self._save(ready))
                break
            if ready.hard_state is not None:
                # Only how far is committed: good to know after a restart, but
                # the leader would tell again, so nobody waits for the disk.
                effects.append(Persist(ticket=0, hard_state=ready.hard_state))
            step = self._finish(ready, was_saved=False)
            effects.extend(step.effects)
            applied.extend(step.applied)
        return Step(effects=effects, applied=applied)

    def _save(self, ready: Ready) -> list[Effect]:
        self._saving = ready
        self._ticket += 1
        persist = Persist(
            ticket=self._ticket,
            hard_state=ready.hard_state,
            entries=ready.entries,
            snapshot=ready.snapshot,
        )
        return [*self._send(ready, at_once=True), persist]

    def _finish(self, ready: Ready, *, was_saved: bool) -> Step:
        effects: list[Effect] = []
        if ready.snapshot is not None:
            self._ledger.restore(ready.snapshot.data)
            self._snapshot_at = ready.snapshot.index
        if not was_saved:
            effects.extend(self._send(ready, at_once=True))
        effects.extend(self._send(ready, at_once=False))
        applied = []
        has_changed = False
        for entry in ready.committed_entries:
            if entry.kind is not EntryKind.NORMAL:
                has_changed = self._apply_change(entry) or has_changed
            done = self._ledger.apply(entry)
            if done is not None:
                applied.append(done)
        self._raft.advance(ready)
        # A newcomer takes only a snapshot that knows it as a member.
        at_once = has_changed or ready.wants_snapshot
        effects.extend(self._fold(at_once=at_once))
        return Step(effects=effects, applied=applied)

    def _apply_change(self, entry: Entry) -> bool:
        """Apply a committed voter change; tell whether it had an effect.

        One that makes no sense has none, on every node alike.
        """
        try:
            self._raft.apply_change(ConfChange.from_bytes(entry.data))
        except (InvalidChange, MalformedChange):
            return False
        return True

    def _send(self, ready: Ready, *, at_once: bool) -> list[Effect]:
        """Return the messages that may go before (or only after) a save."""
        early = self.is_leader
        return [
            SendRaft(to=name, message=message)
            for message in ready.messages
            if (early and message.kind in _AT_ONCE) is at_once
            and (name := self._directory.name(message.to)) is not None
        ]

    def _fold(self, *, at_once: bool) -> list[Effect]:
        """Fold the log into a snapshot, at once or when it has grown long."""
        index = self._ledger.state.index
        grown = index - self._snapshot_at
        if not grown or (grown < self._settings.snapshot_every and not at_once):
            return []
        self._snapshot_at = index
        tail = self._settings.tail_kept
        snapshot = self._raft.compact(index, self._ledger.snapshot(), tail)
        # Ticket 0 is never waited for: a snapshot saved late costs only replay.
        compact_to = max(0, index - tail)
        return [Persist(ticket=0, snapshot=snapshot, compact_to=compact_to)]

    def chase_snapshots(self, now: float) -> None:
        """Give up on snapshots that nobody confirmed for a while: probe again.

        The network loses messages without telling; a follower that waits for a
        lost snapshot would otherwise wait for ever.
        """
        waiting = {
            peer
            for peer, progress in self._raft.status().progress.items()
            if progress.state is ProgressState.SNAPSHOT
        }
        patience = max(SNAPSHOT_PATIENCE, 2 * self._settings.timing.loss)
        for peer in waiting:
            since = self._snapshots.setdefault(peer, now)
            if now - since > patience:
                self._snapshots[peer] = now
                self._raft.report_snapshot(peer, ok=False)
        for peer in self._snapshots.keys() - waiting:
            del self._snapshots[peer]

    def reconcile(self) -> None:
        """Bring the voters in line with the members, one change at a time.

        Only the leader does it. A new member is a learner until it has caught
        up, so that it cannot hold up commits.
        """
        status = self._raft.status()
        if status.leader != status.id or status.conf_state.voters_outgoing:
            return
        change = self._wanted_change()
        if change is None:
            return
        try:
            self._raft.propose_change(ConfChange(changes=(change,)))
        except ProposalDropped:
            return  # Another one is pending; the next tick tries again.

    def _wanted_change(self) -> Change | None:
        status = self._raft.status()
        members = {each.raft_id for each in self._ledger.state.members}
        voters = set(status.conf_state.voters)
        learners = set(status.conf_state.learners)
        for new in sorted(members - voters - learners):
            return Change(kind=ChangeKind.ADD_LEARNER, node=new)
        for old in sorted((voters | learners) - members):
            return Change(kind=ChangeKind.REMOVE_NODE, node=old)
        for learner in sorted(learners):
            progress = status.progress.get(learner)
            if (
                progress is not None
                and progress.recent_active
                and progress.match + PROMOTE_WITHIN >= status.commit
                and progress.match > 0
            ):
                return Change(kind=ChangeKind.ADD_NODE, node=learner)
        return None
