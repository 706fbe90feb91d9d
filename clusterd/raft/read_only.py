"""Reads that must see every write before them, without an entry in the log.

The leader notes the commit index, proves by one round of heartbeats that it
still leads, and answers; the reader waits until it has applied so far (raft
thesis, section 6.4).
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """A read may go ahead as soon as `index` is applied; `context` is the reader's."""

    index: int
    context: bytes


@dataclass(slots=True, kw_only=True)
class PendingRead:
    """A read that waits for the proof; `reader` is the node that asked."""

    reader: int
    context: bytes
    index: int
    acks: dict[int, bool] = field(default_factory=dict)


class ReadQueue:
    """The reads that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._pending: dict[bytes, PendingRead] = {}

    @property
    def last_context(self) -> bytes:
        """The newest read's name; its proof is a proof for all before it."""
        return next(reversed(self._pending), b"")

    def add(self, read: PendingRead) -> None:
        """Let a read wait; asking again changes nothing."""
        self._pending.setdefault(read.context, read)

    def acknowledge(self, node: int, context: bytes) -> dict[int, bool]:
        """Note that a node confirmed the round named `context`; return all who did."""
        read = self._pending.get(context)
        if read is None:
            return {}
        read.acks[node] = True
        return read.acks

    def release(self, context: bytes) -> list[PendingRead]:
        """Take the proven read and all before it out of the queue."""
        if context not in self._pending:
            return []
        released = []
        for name in list(self._pending):
            released.append(self._pending.pop(name))
            if name == context:
                break
        return released
