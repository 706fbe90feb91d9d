"""The replicated state as this node has it, and who waits for which request."""

from dataclasses import dataclass

from clusterd.model.names import NodeName
from clusterd.node.codec import Codec
from clusterd.raft.entry import Entry, EntryKind
from clusterd.state.apply import apply, skip
from clusterd.state.command import Command, Evict, Proposal
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Reply

Session = tuple[NodeName, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """One committed command, what it changed, and the reply to its request."""

    request: str
    command: Command
    before: Replicated
    after: Replicated
    reply: Reply


class Ledger:
    """Applies committed entries in order; knows the evictions still in the tail."""

    def __init__(self, codec: Codec, state: Replicated) -> None:
        """Begin with the state of the newest snapshot (or an empty one)."""
        self._codec = codec
        self.state = state
        self._tail: dict[int, Session] = {}

    def restore(self, data: bytes) -> None:
        """Replace everything by a snapshot from the leader."""
        self.state = self._codec.state_from_bytes(data)
        self._tail = {i: s for i, s in self._tail.items() if i > self.state.index}

    def append(self, entries: tuple[Entry, ...]) -> None:
        """Note the evictions among entries that replace the tail of the log.

        A voter refuses an evicted session from here on, before it acknowledges
        the append: that is what makes the lease inequality hold.
        """
        if not entries:
            return
        first = entries[0].index
        self._tail = {i: s for i, s in self._tail.items() if i < first}
        for entry in entries:
            command = self._command(entry)
            if isinstance(command, Evict):
                self._tail[entry.index] = (command.node, command.session)

    def evicted(self) -> dict[Session, int]:
        """Return the sessions whose eviction is appended but not applied.

        Each with the index of the entry that evicts it.
        """
        return {session: index for index, session in self._tail.items()}

    def apply(self, entry: Entry) -> Applied | None:
        """Apply one committed entry; None if it carries no command."""
        self._tail.pop(entry.index, None)
        before = self.state
        if entry.index <= before.index:
            return None
        if entry.kind is not EntryKind.NORMAL or not entry.data:
            self.state = skip(before, entry.index)
            return None
        proposal = self._codec.proposal_from_bytes(entry.data)
        self.state, reply = apply(before, entry.index, proposal)
        return Applied(
            request=proposal.request,
            command=proposal.command,
            before=before,
            after=self.state,
            reply=reply,
        )

    def encode(self, request: str, command: Command) -> bytes:
        """Return an entry's data for a command."""
        return self._codec.proposal_to_bytes(Proposal(request=request, command=command))

    def snapshot(self) -> bytes:
        """Return the present state as a snapshot's data."""
        return self._codec.state_to_bytes(self.state)

    def _command(self, entry: Entry) -> Command | None:
        if entry.kind is not EntryKind.NORMAL or not entry.data:
            return None
        return self._codec.proposal_from_bytes(entry.data).command
