"""How a leader brings its log to the others: appends, snapshots, heartbeats."""

from clusterd.raft.message import Message, MessageKind
from clusterd.raft.progress import Progress, ProgressState
from clusterd.raft.replica import Replica


def broadcast_append(replica: Replica) -> None:
    """Send everybody what they lack, or at least the commit index."""
    for node in replica.peers.members():
        if node != replica.id:
            send_append(replica, node)


def broadcast_new(replica: Replica) -> None:
    """Send entries to those who lack some, nothing to the others."""
    for node in replica.peers.members():
        if node != replica.id:
            send_append(replica, node, even_if_empty=False)


def send_append(replica: Replica, to: int, *, even_if_empty: bool = True) -> bool:
    """Send one member the entries it lacks, unless its stream is paused.

    Returns whether a message was sent.
    """
    progress = _progress(replica, to)
    if progress.is_paused:
        return False
    log = replica.log
    prev_index = progress.next - 1
    prev_term = log.term_at(prev_index)
    if prev_term is None:
        return _send_snapshot(replica, to, progress)

    # With a full window only empty appends go out. Without them, if all the
    # messages of the window were lost, nothing would ever be sent again.
    is_throttled = (
        progress.state is ProgressState.REPLICATE and progress.inflights.is_full
    )
    limit = replica.config.max_entries_bytes
    entries = () if is_throttled else log.entries_from(progress.next, limit)
    if not entries and not even_if_empty:
        return False
    replica.send(
        Message(
            kind=MessageKind.APP,
            to=to,
            index=prev_index,
            log_term=prev_term,
            entries=entries,
            commit=log.committed,
        )
    )
    progress.sent_entries(len(entries), sum(len(entry.data) for entry in entries))
    progress.sent_commit = log.committed
    return True


def _send_snapshot(replica: Replica, to: int, progress: Progress) -> bool:
    # A snapshot is large; it is not thrown after a node that may be off.
    if not progress.recent_active:
        return False
    snapshot = replica.log.snapshot
    if to not in snapshot.conf_state.members():
        # It joined after this was made and would take it for somebody else's.
        replica.wants_snapshot = True
        return False
    progress.become_snapshot(snapshot.index)
    replica.send(Message(kind=MessageKind.SNAP, to=to, snapshot=snapshot))
    return True


def broadcast_heartbeat(replica: Replica, context: bytes) -> None:
    """Tell everybody that we still lead; `context` names a read, if any."""
    for node in replica.peers.members():
        if node != replica.id:
            _send_heartbeat(replica, node, context)


def _send_heartbeat(replica: Replica, to: int, context: bytes) -> None:
    progress = _progress(replica, to)
    # Beyond `match` its log may differ from ours: that must not be committed.
    commit = min(progress.match, replica.log.committed)
    replica.send(
        Message(kind=MessageKind.HEARTBEAT, to=to, commit=commit, context=context)
    )
    progress.sent_commit = commit


def _progress(replica: Replica, node: int) -> Progress:
    progress = replica.peers.get(node)
    assert progress is not None, f"{node} is not a member"
    return progress
