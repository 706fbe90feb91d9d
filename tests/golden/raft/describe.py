"""Draws messages, Readys and logs the way the scenarios of etcd-io/raft do."""

from collections.abc import Iterable, Iterator, Mapping

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.message import Message
from clusterd.raft.ready import Ready
from clusterd.raft.status import PeerStatus
from clusterd.raft.voters import Change, ConfChange


def changes(steps: Iterable[Change]) -> str:
    """Draw voter changes: `v1 l2 r3`."""
    return " ".join(f"{step.kind.value}{step.node}" for step in steps)


def entry(it: Entry) -> str:
    """Draw one entry: `1/3 EntryNormal "data"`."""
    head = f"{it.term}/{it.index} Entry{it.kind.value}"
    if it.kind is EntryKind.NORMAL:
        return f'{head} "{it.data.decode()}"'
    return f"{head} {changes(ConfChange.from_bytes(it.data).changes)}".rstrip()


def conf_state(it: ConfState) -> str:
    """Draw the electorate of a snapshot."""
    return (
        f"Voters:{_ids(it.voters)} VotersOutgoing:{_ids(it.voters_outgoing)}"
        f" Learners:{_ids(it.learners)} LearnersNext:{_ids(it.learners_next)}"
        f" AutoLeave:{str(it.auto_leave).lower()}"
    )


def _ids(ids: Iterable[int]) -> str:
    return f"[{' '.join(map(str, ids))}]"


def snapshot(it: Snapshot) -> str:
    """Draw a snapshot without its data."""
    return f"Index:{it.index} Term:{it.term} ConfState:{conf_state(it.conf_state)}"


def message(it: Message) -> Iterator[str]:
    """Draw a message, over several lines if it is long."""
    head = f"{it.sender}->{it.to} Msg{it.kind.value}"
    head += f" Term:{it.term} Log:{it.log_term}/{it.index}"
    head += f" Rejected (Hint: {it.reject_hint})" if it.reject else ""
    head += f" Commit:{it.commit}" if it.commit else ""
    head += f" Vote:{it.vote}" if it.vote else ""
    if len(it.entries) == 1:
        head += f" Entries:[{entry(it.entries[0])}]"
    if len(it.entries) > 1:
        yield f"{head} Entries:["
        yield from (f"  {entry(each)}" for each in it.entries)
        head = "]"
    yield head
    if it.snapshot is not None:
        yield f"  Snapshot: {snapshot(it.snapshot)}"


def hard_state(it: HardState) -> str:
    """Draw what is saved besides entries."""
    vote = f" Vote:{it.vote}" if it.vote else ""
    return f"Term:{it.term}{vote} Commit:{it.commit}"


def ready(it: Ready) -> Iterator[str]:
    """Draw everything a caller has to do."""
    if not it:
        yield "<empty Ready>"
        return
    yield f"Ready MustSync={str(it.must_sync).lower()}:"
    if it.soft_state is not None:
        state = it.soft_state
        yield f"Lead:{state.leader} State:State{state.role.value}"
    if it.hard_state is not None:
        yield f"HardState {hard_state(it.hard_state)}"
    for read in it.read_states:
        yield f"ReadState index={read.index} context={read.context.decode()}"
    if it.entries:
        yield "Entries:"
        yield from map(entry, it.entries)
    if it.snapshot is not None:
        yield f"Snapshot {snapshot(it.snapshot)}"
    if it.committed_entries:
        yield "CommittedEntries:"
        yield from map(entry, it.committed_entries)
    if it.messages:
        yield "Messages:"
        for each in it.messages:
            yield from message(each)


def progress(peers: Mapping[int, PeerStatus]) -> Iterator[str]:
    """Draw what a leader knows of each member."""
    for node, it in sorted(peers.items()):
        line = f"{node}: State{it.state.value} match={it.match} next={it.next}"
        line += " learner" if it.is_learner else ""
        line += " paused" if it.is_paused else ""
        line += f" pendingSnap={it.pending_snapshot}" if it.pending_snapshot else ""
        line += "" if it.recent_active else " inactive"
        line += f" inflight={it.inflight}" if it.inflight else ""
        line += "[full]" if it.is_inflight_full and it.inflight else ""
        yield line
