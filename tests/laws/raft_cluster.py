"""A group on an unreliable network and disks that keep only what was saved."""

from dataclasses import dataclass, field, replace
from enum import Enum

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.invariants import Invariants
from clusterd.raft.machine import ProposalDropped, RaftConfig, RaftMachine, Restored
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.ready import Ready
from clusterd.raft.reconfiguration import InvalidChange
from clusterd.raft.replica import Role
from clusterd.raft.voters import ConfChange

PROMPT = {MessageKind.APP, MessageKind.HEARTBEAT, MessageKind.SNAP}
"""What a leader may send before it has saved."""


class Crash(Enum):
    """Where in the duties of a Ready the power fails."""

    BEFORE_SAVE = "before anything is saved; prompt messages are out"
    AFTER_SAVE = "saved, but nothing else is sent or applied"
    AFTER_APPLY = "all is done, but the machine does not know"


@dataclass(slots=True, kw_only=True)
class Disk:
    """What survives a crash: the log, and the application up to `applied`."""

    hard_state: HardState = field(default_factory=HardState)
    snapshot: Snapshot = field(default_factory=Snapshot)
    entries: list[Entry] = field(default_factory=list)
    applied: int = 0
    data: bytes = b""

    def save(self, ready: Ready) -> None:
        """Save what a Ready wants saved, in one transaction."""
        self.hard_state = ready.hard_state or self.hard_state
        if ready.snapshot is not None:
            self.snapshot, self.entries = ready.snapshot, []
            self.applied, self.data = ready.snapshot.index, ready.snapshot.data
        if ready.entries:
            first = ready.entries[0].index
            self.entries = [e for e in self.entries if e.index < first]
            self.entries.extend(ready.entries)

    def restored(self) -> Restored:
        """Return what a machine starts from."""
        return Restored(
            hard_state=self.hard_state,
            snapshot=self.snapshot,
            entries=tuple(e for e in self.entries if e.index > self.snapshot.index),
            applied=self.applied,
        )


class Cluster:
    """All nodes, the messages under way, and the watch over them."""

    def __init__(self, config: RaftConfig, voters: int, joiners: int) -> None:
        self._config = config
        self._casts = 0
        self._proposals = 0
        self._reads: dict[bytes, int] = {}
        self.messages: list[Message] = []
        self.invariants = Invariants()
        members = ConfState(voters=tuple(range(1, voters + 1)))
        born = Snapshot(index=1, term=1, conf_state=members)
        self.disks = {
            node: Disk(snapshot=born, applied=1) if node <= voters else Disk()
            for node in range(1, voters + joiners + 1)
        }
        self.machines = {node: self._start(node) for node in self.disks}

    def _start(self, node: int) -> RaftMachine:
        config = replace(self._config, id=node)
        return RaftMachine(config, self.disks[node].restored(), self._dice)

    def _dice(self, sides: int) -> int:
        self._casts += 1
        return (self._casts * 7919) % sides

    def observe(self) -> None:
        """Check what must hold at every moment."""
        self.invariants.observe(self.machines.values())

    def tick(self, node: int) -> None:
        """Let time pass on one node."""
        self.machines[node].tick()

    def propose(self, node: int) -> None:
        """Propose a record that nobody proposed before."""
        self._proposals += 1
        try:
            self.machines[node].propose(b"%d;" % self._proposals)
        except ProposalDropped:
            return

    def read(self, node: int) -> None:
        """Ask for a read, which must see all that is committed anywhere by now."""
        name = b"read %d" % len(self._reads)
        states = [machine.status() for machine in self.machines.values()]
        self._reads[name] = max(state.commit for state in states)
        self.machines[node].read_index(name)

    def change(self, node: int, change: ConfChange) -> None:
        """Propose a voter change."""
        try:
            self.machines[node].propose_change(change)
        except ProposalDropped:
            return

    def work(self, node: int, crash: Crash | None = None) -> None:
        """Let a node do its duties, or crash while it does."""
        machine, disk = self.machines[node], self.disks[node]
        if not machine.has_ready():
            return
        ready = machine.ready()
        if crash is Crash.BEFORE_SAVE:
            self.messages.extend(m for m in ready.messages if m.kind in PROMPT)
            self.restart(node)
            return
        for read in ready.read_states:
            assert read.index >= self._reads[read.context], "a stale read"
        disk.save(ready)
        if crash is Crash.AFTER_SAVE:
            self.restart(node)
            return
        self.messages.extend(ready.messages)
        for entry in ready.committed_entries:
            self._apply(node, entry)
        if crash is Crash.AFTER_APPLY:
            self.restart(node)
            return
        machine.advance(ready)
        if ready.wants_snapshot:
            self.compact(node, keep_tail=2)

    def _apply(self, node: int, entry: Entry) -> None:
        disk = self.disks[node]
        assert entry.index == disk.applied + 1, "entries come in order, each once"
        disk.applied = entry.index
        if entry.kind is EntryKind.NORMAL:
            disk.data += entry.data
            return
        try:
            self.machines[node].apply_change(ConfChange.from_bytes(entry.data))
        except InvalidChange:
            return

    def restart(self, node: int) -> None:
        """Lose everything but the disk."""
        self.machines[node] = self._start(node)
        self.invariants.restarted(node)

    def compact(self, node: int, keep_tail: int) -> None:
        """Put a snapshot in place of most of a node's log."""
        disk = self.disks[node]
        if disk.applied > disk.snapshot.index:
            machine = self.machines[node]
            disk.snapshot = machine.compact(disk.applied, disk.data, keep_tail)

    def talk(self, island: set[int], rounds: int) -> None:
        """Let some work and hear each other; what is for others stays under way."""
        for _ in range(rounds):
            for node in sorted(island):
                self.work(node)
            near = [each for each in self.messages if each.to in island]
            self.messages = [each for each in self.messages if each.to not in island]
            for message in near:
                if message.sender in island:
                    self.machines[message.to].step(message)
                else:
                    self.messages.append(message)
            self.observe()

    def deliver(self, position: int, *, keep: bool = False) -> None:
        """Deliver one message out of order, maybe not for the last time."""
        if self.messages:
            position %= len(self.messages)
            message = self.messages[position]
            if not keep:
                del self.messages[position]
            self.machines[message.to].step(message)

    def lose(self, position: int) -> None:
        """Lose one message."""
        if self.messages:
            del self.messages[position % len(self.messages)]

    def heal(self, rounds: int) -> None:
        """Let everything work as it should for some ticks."""
        for _ in range(rounds):
            for node in self.machines:
                self.tick(node)
            for _ in range(20):
                for node in self.machines:
                    self.work(node)
                arriving, self.messages = self.messages, []
                for message in arriving:
                    self.machines[message.to].step(message)
                self.observe()

    def assert_agreement(self) -> None:
        """One leads, and all whom it knows have applied the same."""
        states = [machine.status() for machine in self.machines.values()]
        leader = max(
            (state for state in states if state.role is Role.LEADER),
            key=lambda state: state.term,
            default=None,
        )
        assert leader is not None, "nobody leads though all is well"
        assert leader.commit == leader.last_index, "entries stay uncommitted"
        for node in leader.progress:
            disk = self.disks[node]
            assert disk.applied == leader.commit, f"{node} lags though all is well"
            assert disk.data == self.disks[leader.id].data, f"{node} differs"
