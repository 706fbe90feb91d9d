"""What a node finds on its disk when it starts, and how it goes on from there."""

from collections.abc import Callable
from dataclasses import dataclass, field

from clusterd.raft.entry import Entry, EntryKind, HardState, Snapshot
from clusterd.raft.log import Log
from clusterd.raft.reconfiguration import InvalidChange
from clusterd.raft.replica import RaftConfig, Replica
from clusterd.raft.snapshot import ConfHistory
from clusterd.raft.voters import ConfChange, MalformedChange


class LostLog(Exception):
    """The disk does not hold what was once promised: going on could undo commits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was saved: `entries` follow `snapshot` without a gap.

    The first members of a group all begin with the same snapshot, at index 1 and
    term 1, that names them; a node that joins later begins with nothing. Entries
    up to `applied` are not handed out again (0: all behind the snapshot are);
    voter changes among them are applied here.
    """

    hard_state: HardState = field(default_factory=HardState)
    snapshot: Snapshot | None = None
    entries: tuple[Entry, ...] = ()
    applied: int = 0


def restore_log(restored: Restored) -> Log:
    """Build the log.

    Raises LostLog if something is missing.
    """
    snapshot = restored.snapshot or Snapshot()
    if snapshot.conf_state.voters and not snapshot.index:
        # Else the log would reach back to its very beginning, and one who joins
        # would get entries only, never the names of the first members.
        raise LostLog("a snapshot that names voters must be at index 1 or later")
    for index, entry in enumerate(restored.entries, start=snapshot.index + 1):
        if entry.index != index:
            raise LostLog(f"saved log has entry {entry.index} where {index} belongs")
    log = Log(snapshot, restored.entries)
    commit = restored.hard_state.commit
    if commit > log.last_index:
        raise LostLog(
            f"saved log ends at {log.last_index}, but {commit} was committed:"
            " restore the disk, or remove this node and let it join anew"
        )
    log.commit_to(commit)
    if restored.applied > log.committed:
        raise LostLog(f"{restored.applied} was applied, {log.committed} is committed")
    log.applied_to(max(restored.applied, snapshot.index))
    return log


def restore_replica(
    config: RaftConfig, restored: Restored, dice: Callable[[int], int]
) -> tuple[Replica, ConfHistory]:
    """Build a follower that knows the electorate of its last applied entry.

    Raises LostLog.
    """
    log = restore_log(restored)
    replica = Replica(config, restored.hard_state, log, dice)
    history = ConfHistory(log.snapshot.index, log.snapshot.conf_state)
    for entry in log.between(log.first_index, log.applied + 1):
        if entry.kind is not EntryKind.NORMAL:
            _apply_again(replica, history, entry)
    return replica, history


def _apply_again(replica: Replica, history: ConfHistory, entry: Entry) -> None:
    try:
        change = ConfChange.from_bytes(entry.data)
        replica.peers.change(change, replica.log.last_index)
    except (InvalidChange, MalformedChange):
        return  # It had no effect then, and has none now.
    history.add(entry.index, replica.peers.conf_state)
