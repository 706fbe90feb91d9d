"""What the leader knows of one follower, and how much it may send it."""

from collections import deque
from dataclasses import dataclass
from enum import Enum


class ProgressState(Enum):
    """How the leader feeds a follower.

    PROBE: one message at a time, until the place where the logs agree is found.
    REPLICATE: entries stream ahead of their acknowledgement.
    SNAPSHOT: nothing, until a snapshot under way has arrived or failed.
    """

    PROBE = "Probe"
    REPLICATE = "Replicate"
    SNAPSHOT = "Snapshot"


class Inflights:
    """The messages with entries that were sent and not yet acknowledged."""

    def __init__(self, max_count: int, max_bytes: int = 0) -> None:
        """Limit messages and their payload; `max_bytes` of 0 is no limit."""
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._sent: deque[tuple[int, int]] = deque()  # last index, payload bytes
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def is_full(self) -> bool:
        """Whether no further message may be sent."""
        too_large = 0 < self._max_bytes <= self._bytes
        return len(self._sent) >= self._max_count or too_large

    def add(self, last_index: int, size_bytes: int) -> None:
        """Note a message whose last entry is `last_index`."""
        assert not self.is_full, "a full window takes no message"
        self._sent.append((last_index, size_bytes))
        self._bytes += size_bytes

    def free_up_to(self, index: int) -> None:
        """Forget the messages whose entries have all arrived."""
        while self._sent and self._sent[0][0] <= index:
            self._bytes -= self._sent.popleft()[1]

    def clear(self) -> None:
        """Forget all."""
        self._sent.clear()
        self._bytes = 0


@dataclass(slots=True, kw_only=True)
class Progress:
    """One follower as its leader sees it; always match < next.

    `match` is known to be on the follower's disk; `next` is sent next. In PROBE
    and REPLICATE `is_flow_paused` stops the stream until an answer comes.
    `sent_commit` is the highest commit index the follower was told, as far as
    the messages were not lost.
    """

    next: int
    inflights: Inflights
    match: int = 0
    sent_commit: int = 0
    state: ProgressState = ProgressState.PROBE
    pending_snapshot: int = 0
    recent_active: bool = False
    is_flow_paused: bool = False
    is_learner: bool = False

    @property
    def is_paused(self) -> bool:
        """Whether nothing may be sent now."""
        return self.state is ProgressState.SNAPSHOT or self.is_flow_paused

    def become_probe(self) -> None:
        """Find out where the logs agree; after a snapshot, begin behind it."""
        first = self.match + 1
        if self.state is ProgressState.SNAPSHOT:
            first = max(first, self.pending_snapshot + 1)
        self._enter(ProgressState.PROBE)
        self.next = first
        self.sent_commit = min(self.sent_commit, self.next - 1)

    def become_replicate(self) -> None:
        """Stream from the place where the logs are known to agree."""
        self._enter(ProgressState.REPLICATE)
        self.next = self.match + 1

    def become_snapshot(self, index: int) -> None:
        """Wait for the snapshot at `index`, which is being sent."""
        self._enter(ProgressState.SNAPSHOT)
        self.pending_snapshot = index
        self.next = index + 1
        self.sent_commit = index

    def _enter(self, state: ProgressState) -> None:
        self.state = state
        self.is_flow_paused = False
        self.pending_snapshot = 0
        self.inflights.clear()

    def sent_entries(self, count: int, size_bytes: int) -> None:
        """Note an append that was just sent; it may have been empty."""
        match self.state:
            case ProgressState.REPLICATE:
                if count:
                    self.next += count
                    self.inflights.add(self.next - 1, size_bytes)
                # What overflows the window counts as a probe.
                self.is_flow_paused = self.inflights.is_full
            case ProgressState.PROBE:
                self.is_flow_paused = self.is_flow_paused or count > 0
            case ProgressState.SNAPSHOT:
                raise AssertionError("nothing is appended while a snapshot is sent")

    def can_bump_commit(self, commit: int) -> bool:
        """Whether telling `commit` may let the follower commit more."""
        return commit > self.sent_commit and self.sent_commit < self.next - 1

    def acknowledge(self, index: int) -> bool:
        """Take an acknowledgement up to `index`; return whether it is news."""
        if index <= self.match:
            return False
        self.match = index
        self.next = max(self.next, index + 1)
        self.is_flow_paused = False
        return True

    def step_back(self, rejected: int, hint: int) -> bool:
        """Take a rejection of the append behind `rejected`; return whether it is news.

        `hint` is the follower's guess of the last place where the logs agree.
        """
        if self.state is ProgressState.REPLICATE:
            if rejected <= self.match:
                return False
            self.next = self.match + 1
            self.sent_commit = min(self.sent_commit, self.next - 1)
            return True
        if self.next - 1 != rejected:
            return False  # An answer to an older probe.
        self.next = max(min(rejected, hint + 1), self.match + 1)
        self.sent_commit = min(self.sent_commit, self.next - 1)
        self.is_flow_paused = False
        return True
