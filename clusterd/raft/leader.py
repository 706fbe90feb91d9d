"""The rules of a leader: proposals, acknowledgements, reads, handing over."""

from collections.abc import Callable, Mapping

from clusterd.raft.entry import NOBODY, Entry, EntryKind
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.progress import Progress, ProgressState
from clusterd.raft.quorum import VoteResult
from clusterd.raft.read_only import PendingRead, ReadState
from clusterd.raft.replica import ProposalDropped, Replica
from clusterd.raft.replication import (
    broadcast_append,
    broadcast_heartbeat,
    broadcast_new,
    send_append,
)
from clusterd.raft.voters import ConfChange, MalformedChange

PeerRule = Callable[[Replica, Message, Progress], None]


def on_beat(replica: Replica, _message: Message) -> None:
    """Time for a heartbeat; it also carries the newest read that waits."""
    broadcast_heartbeat(replica, replica.reads.last_context)


def on_check_quorum(replica: Replica, _message: Message) -> None:
    """Step down if a majority was silent since the last check."""
    if not replica.peers.is_quorum_active():
        replica.become_follower(replica.term, NOBODY)
    replica.peers.expect_signs_of_life(replica.id)


def on_proposal(replica: Replica, message: Message) -> None:
    """Put proposals in the log and send them out.

    Raises ProposalDropped if this leader was removed, is handing over, or holds
    too much that is not yet committed.
    """
    assert message.entries, "a proposal proposes something"
    if replica.peers.get(replica.id) is None:
        raise ProposalDropped("this node was removed from the group")
    if replica.transfer_to != NOBODY:
        raise ProposalDropped(f"leadership is being handed to {replica.transfer_to}")
    before = replica.pending_change
    if not replica.append(_admit_changes(replica, message.entries)):
        replica.pending_change = before
        raise ProposalDropped("too many uncommitted bytes; wait for earlier proposals")
    broadcast_append(replica)


def _admit_changes(replica: Replica, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Empty the voter changes that must not follow now; they keep their place."""
    admitted = []
    for index, entry in enumerate(entries, start=replica.log.last_index + 1):
        if entry.kind is EntryKind.NORMAL:
            admitted.append(entry)
        elif replica.config.validate_changes and not _may_change(replica, entry):
            admitted.append(Entry())
        else:
            replica.pending_change = index
            admitted.append(entry)
    return tuple(admitted)


def _may_change(replica: Replica, entry: Entry) -> bool:
    if replica.pending_change > replica.log.applied:
        return False  # One at a time.
    try:
        change = ConfChange.from_bytes(entry.data)
    except MalformedChange:
        return False  # From a node of another version.
    return change.leaves_joint == replica.peers.is_joint


def on_read_index(replica: Replica, message: Message) -> None:
    """Answer a read at once, after a proof, or when there is a first commit."""
    if replica.peers.is_singleton and replica.id in replica.peers.voters():
        _answer_read(replica, _reader(replica, message), message.context)
    elif not replica.has_committed_in_term():
        # An earlier leader may have committed more than we know of.
        replica.early_reads.append(message)
    else:
        _begin_read(replica, message)


def _begin_read(replica: Replica, message: Message) -> None:
    reader = _reader(replica, message)
    if replica.config.read_only_lease:
        _answer_read(replica, reader, message.context)
        return
    replica.reads.add(
        PendingRead(reader=reader, context=message.context, index=replica.log.committed)
    )
    replica.reads.acknowledge(replica.id, message.context)
    broadcast_heartbeat(replica, message.context)


def _reader(replica: Replica, message: Message) -> int:
    return message.sender or replica.id


def _answer_read(
    replica: Replica, reader: int, context: bytes, index: int | None = None
) -> None:
    index = replica.log.committed if index is None else index
    if reader == replica.id:
        replica.read_states.append(ReadState(index=index, context=context))
        return
    answer = Message(
        kind=MessageKind.READ_INDEX_RESP, to=reader, index=index, context=context
    )
    replica.send(answer)


def on_append_response(replica: Replica, message: Message, progress: Progress) -> None:
    """Take a follower's answer to an append or a snapshot, or our own disk's."""
    progress.recent_active = True
    if message.reject:
        _on_rejection(replica, message, progress)
        return
    is_found = progress.state is ProgressState.PROBE and progress.match == message.index
    if progress.acknowledge(message.index) or is_found:
        _resume_stream(replica, message.index, progress)
        _spread_commit(replica, message.sender, progress)
        _continue_transfer(replica, message.sender, progress)


def _on_rejection(replica: Replica, message: Message, progress: Progress) -> None:
    hint = message.reject_hint
    if message.log_term > 0:
        # The follower's log has `log_term` at the hint. Where ours has a larger
        # term they cannot agree, so whole terms are skipped in one round trip.
        hint, _ = replica.log.agreement(hint, message.log_term)
    if progress.step_back(message.index, hint):
        if progress.state is ProgressState.REPLICATE:
            progress.become_probe()
        send_append(replica, message.sender)


def _resume_stream(replica: Replica, index: int, progress: Progress) -> None:
    match progress.state:
        case ProgressState.PROBE:
            progress.become_replicate()
        case ProgressState.SNAPSHOT:
            # Any snapshot will do, even another than ours, as soon as our log
            # has all that comes after it. By way of PROBE, which heeds it.
            if progress.match + 1 >= replica.log.first_index:
                progress.become_probe()
                progress.become_replicate()
        case ProgressState.REPLICATE:
            progress.inflights.free_up_to(index)


def _spread_commit(replica: Replica, sender: int, progress: Progress) -> None:
    is_other = sender != replica.id
    if replica.commit_by_quorum():
        _begin_early_reads(replica)
        broadcast_append(replica)
    elif is_other and progress.can_bump_commit(replica.log.committed):
        send_append(replica, sender)
    # The window may have opened for more than one message.
    while is_other and send_append(replica, sender, even_if_empty=False):
        pass


def _begin_early_reads(replica: Replica) -> None:
    if not replica.has_committed_in_term():
        return
    waiting, replica.early_reads = replica.early_reads, []
    for message in waiting:
        _begin_read(replica, message)


def _continue_transfer(replica: Replica, sender: int, progress: Progress) -> None:
    if sender == replica.transfer_to and progress.match == replica.log.last_index:
        replica.send(Message(kind=MessageKind.TIMEOUT_NOW, to=sender))


def on_heartbeat_response(
    replica: Replica, message: Message, progress: Progress
) -> None:
    """Try again to bring a living follower up to date; count it for reads."""
    progress.recent_active = True
    progress.is_flow_paused = False
    # A follower in PROBE gets an append even if it lacks nothing: only its
    # answer brings it back to REPLICATE.
    lacks_entries = progress.match < replica.log.last_index
    if lacks_entries or progress.state is ProgressState.PROBE:
        send_append(replica, message.sender)
    if message.context and not replica.config.read_only_lease:
        _prove_reads(replica, message)


def _prove_reads(replica: Replica, message: Message) -> None:
    acks = replica.reads.acknowledge(message.sender, message.context)
    if replica.peers.vote_result(acks) is VoteResult.WON:
        for read in replica.reads.release(message.context):
            _answer_read(replica, read.reader, read.context, read.index)


def on_snapshot_status(_replica: Replica, message: Message, progress: Progress) -> None:
    """Go on behind a snapshot that was delivered, or (`reject`) was not."""
    if progress.state is not ProgressState.SNAPSHOT:
        return
    if message.reject:
        # Before the change of state, which else would probe from behind it.
        progress.pending_snapshot = 0
    progress.become_probe()
    # Delivered: wait for the follower's answer. Failed: for its next heartbeat.
    progress.is_flow_paused = True


def on_unreachable(_replica: Replica, _message: Message, progress: Progress) -> None:
    """Probe a follower whose stream has likely lost more than one message."""
    if progress.state is ProgressState.REPLICATE:
        progress.become_probe()


def on_transfer(replica: Replica, message: Message, progress: Progress) -> None:
    """Hand over to the sender as soon as it has all entries.

    The machine gives up after an election timeout.
    """
    to = message.sender
    if progress.is_learner or to == replica.transfer_to:
        return
    replica.transfer_to = NOBODY
    if to == replica.id:
        return
    replica.election_elapsed = 0
    replica.transfer_to = to
    if progress.match == replica.log.last_index:
        replica.send(Message(kind=MessageKind.TIMEOUT_NOW, to=to))
    else:
        send_append(replica, to)


def after_change(replica: Replica) -> None:
    """Act as the present electorate wants: step down, commit, feed newcomers."""
    own = replica.peers.get(replica.id)
    if own is None or own.is_learner:
        if replica.config.step_down_on_removal:
            replica.become_follower(replica.term, NOBODY)
        return
    # A smaller electorate may have what a larger one still lacked.
    if replica.commit_by_quorum():
        broadcast_append(replica)
    else:
        broadcast_new(replica)
    if replica.transfer_to not in replica.peers.voters():
        replica.transfer_to = NOBODY


def leave_joint(replica: Replica) -> None:
    """Propose the end of a joint configuration that ends by itself.

    A hand-over under way drops it; then the next applied entry, or the next
    leader, tries again.
    """
    entry = Entry(kind=EntryKind.CONF_CHANGE_V2)
    message = Message(kind=MessageKind.PROP, sender=replica.id, entries=(entry,))
    if replica.transfer_to == NOBODY and replica.peers.get(replica.id) is not None:
        on_proposal(replica, message)


_PEER_RULES: Mapping[MessageKind, PeerRule] = {
    MessageKind.APP_RESP: on_append_response,
    MessageKind.HEARTBEAT_RESP: on_heartbeat_response,
    MessageKind.SNAP_STATUS: on_snapshot_status,
    MessageKind.UNREACHABLE: on_unreachable,
    MessageKind.TRANSFER_LEADER: on_transfer,
}


def _about_member(replica: Replica, message: Message) -> None:
    progress = replica.peers.get(message.sender)
    if progress is not None:
        _PEER_RULES[message.kind](replica, message, progress)


RULES: Mapping[MessageKind, Callable[[Replica, Message], None]] = {
    MessageKind.BEAT: on_beat,
    MessageKind.CHECK_QUORUM: on_check_quorum,
    MessageKind.PROP: on_proposal,
    MessageKind.READ_INDEX: on_read_index,
    **dict.fromkeys(_PEER_RULES, _about_member),
}
