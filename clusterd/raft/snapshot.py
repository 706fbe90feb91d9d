"""Taking a snapshot from the leader, and making one for those far behind."""

from collections import deque

from clusterd.raft.entry import ConfState, Snapshot
from clusterd.raft.log import Log
from clusterd.raft.replica import Replica


def take_snapshot(replica: Replica, snapshot: Snapshot) -> bool:
    """Put a snapshot in place of log and electorate; False if it says nothing new."""
    log = replica.log
    if snapshot.index <= log.committed:
        return False
    if replica.id not in snapshot.conf_state.members():
        # Meant for somebody else: taking it would make us forget the group.
        return False
    if log.has(snapshot.term, snapshot.index):
        # The log is longer and agrees: it only did not know it was committed.
        log.commit_to(snapshot.index)
        return False
    log.restore(snapshot)
    replica.peers.restore(snapshot.conf_state, log.last_index)
    return True


class ConfHistory:
    """The electorates since the last snapshot, by the index that made them.

    A snapshot at an older index names the electorate of that index.
    """

    def __init__(self, index: int, conf_state: ConfState) -> None:
        self._states: deque[tuple[int, ConfState]] = deque([(index, conf_state)])

    def add(self, index: int, conf_state: ConfState) -> None:
        """Note the electorate from `index` on."""
        self._states.append((index, conf_state))

    def at(self, index: int) -> ConfState:
        """Return the electorate after the entry `index`."""
        return next(state for since, state in reversed(self._states) if since <= index)

    def forget_before(self, index: int) -> None:
        """Drop what no snapshot at or after `index` can need."""
        while len(self._states) > 1 and self._states[1][0] <= index:
            self._states.popleft()


def make_snapshot(log: Log, history: ConfHistory, index: int, data: bytes) -> Snapshot:
    """Return the snapshot for an applied `index` that is still in the log.

    Raises ValueError for any other index.
    """
    term = log.term_at(index)
    if index > log.applying or term is None or index < log.snapshot.index:
        raise ValueError(
            f"no snapshot at index {index}: must be in"
            f" [{max(log.snapshot.index, log.first_index - 1)}, {log.applying}]"
        )
    return Snapshot(index=index, term=term, conf_state=history.at(index), data=data)
