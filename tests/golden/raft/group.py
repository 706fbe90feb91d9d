"""A few nodes, their disks and the messages between them, for the scenarios."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import RaftConfig, RaftMachine, Refusal, Restored
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.ready import Ready
from clusterd.raft.voters import ConfChange
from tests.golden.raft import describe

ERRORS = {
    Refusal.LOCAL_KIND: "raft: cannot step raft local message",
    Refusal.UNKNOWN_PEER: "raft: cannot step as peer not found",
    Refusal.PROPOSAL_DROPPED: "raft proposal dropped",
}


def slowest(sides: int) -> int:
    """Give the longest election timeout: nobody rises unless told to."""
    return sides - 1


@dataclass(slots=True, kw_only=True)
class Disk:
    """What survives a crash."""

    hard_state: HardState = field(default_factory=HardState)
    snapshot: Snapshot = field(default_factory=Snapshot)
    entries: list[Entry] = field(default_factory=list)

    def save(self, ready: Ready) -> None:
        """Save what a Ready wants saved."""
        self.hard_state = ready.hard_state or self.hard_state
        if ready.snapshot is not None:
            self.snapshot = ready.snapshot
            self.entries = []
        if ready.entries:
            first = ready.entries[0].index
            self.entries = [e for e in self.entries if e.index < first]
            self.entries.extend(ready.entries)

    def compact(self, snapshot: Snapshot, first: int) -> None:
        """Take a snapshot of our own and drop the entries before `first`."""
        if snapshot.index + 1 == first or not self.entries:
            self.snapshot = snapshot
        self.entries = [entry for entry in self.entries if entry.index >= first]


class Node:
    """One machine with its disk and an application that glues records together."""

    def __init__(self, config: RaftConfig, start: Snapshot) -> None:
        """Begin with a snapshot, as all nodes of a new group do."""
        self.config = config
        self.disk = Disk(snapshot=start)
        self.applied = start
        restored = Restored(snapshot=start)
        self.machine = RaftMachine(config, restored, slowest)

    def obey(self) -> Ready:
        """Do what the machine wants and return it."""
        ready = self.machine.ready()
        self.disk.save(ready)
        self.applied = ready.snapshot or self.applied
        for entry in ready.committed_entries:
            self._apply(entry)
        if ready.committed_entries:
            # So that whoever is behind the log gets the newest state.
            index, data = self.applied.index, self.applied.data
            self.machine.compact(index, data, keep_tail=index)
        self.machine.advance(ready)
        return ready

    def _apply(self, entry: Entry) -> None:
        update, conf_state = entry.data, self.applied.conf_state
        if entry.kind is not EntryKind.NORMAL:
            change = ConfChange.from_bytes(entry.data)
            update, conf_state = change.context, self.machine.apply_change(change)
        self.applied = Snapshot(
            index=entry.index,
            term=entry.term,
            conf_state=conf_state,
            data=self.applied.data + update,
        )

    def compact(self, first_gone: int) -> None:
        """Drop the log up to an index."""
        state = self.applied
        keep = state.index - first_gone
        self.machine.compact(state.index, state.data, keep_tail=keep)
        self.disk.compact(state, first_gone + 1)


class Group:
    """All nodes, by id from 1 on, and the messages under way."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.messages: list[Message] = []

    def add(self, config: RaftConfig, start: Snapshot) -> None:
        """Add a node whose id is the next one."""
        config = replace(config, id=len(self.nodes) + 1)
        self.nodes[config.id] = Node(config, start)

    def process_ready(self, node: int) -> Iterator[str]:
        """Let one node do what it wants, and draw that."""
        ready = self.nodes[node].obey()
        self.messages.extend(ready.messages)
        yield from describe.ready(ready)

    def deliver(
        self, to: int, kind: MessageKind | None = None, *, drop: bool = False
    ) -> Iterator[str]:
        """Deliver or drop what is under way to one node, and draw that."""
        taken = self.waiting(to, kind)
        self.messages = [each for each in self.messages if each not in taken]
        for message in taken:
            drawn = list(describe.message(message))
            drawn[0] = f"dropped: {drawn[0]}" if drop else drawn[0]
            yield from drawn
            if not drop:
                refusal = self.nodes[to].machine.step(message)
                if refusal is not None:
                    yield ERRORS[refusal]

    def waiting(self, to: int, kind: MessageKind | None = None) -> list[Message]:
        """Return what is under way to one node."""
        return [
            message
            for message in self.messages
            if message.to == to and kind in {None, message.kind}
        ]

    def stabilize(self, nodes: list[int]) -> Iterator[str]:
        """Let nodes work and talk until nothing more happens among them."""
        is_busy = True
        while is_busy:
            is_busy = False
            for node in nodes:
                if self.nodes[node].machine.has_ready():
                    is_busy = True
                    yield f"> {node} handling Ready"
                    yield from indent(self.process_ready(node))
            for node in nodes:
                if self.waiting(node):
                    is_busy = True
                    yield f"> {node} receiving messages"
                    yield from indent(self.deliver(node))


def indent(lines: Iterator[str]) -> Iterator[str]:
    """Move lines to the right."""
    return (f"  {line}" for line in lines)


def start_of(index: int, data: str, voters: ConfState) -> Snapshot:
    """Return the snapshot a new group begins with; nothing at all for a joiner."""
    term = 1 if index else 0
    return Snapshot(index=index, term=term, conf_state=voters, data=data.encode())
