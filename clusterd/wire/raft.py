"""Consensus messages <-> protobuf, and what a voter keeps on disk <-> bytes.

The protobuf records carry no version of their own: fields are only ever added,
and the stream (by its Hello) and the log store (by its header) are versioned.
"""

from typing import TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Wire

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.message import Message, MessageKind
from clusterd.wire.faults import DecodeFault
from clusterd.wire.v1 import raft_pb2

W = TypeVar("W", bound=Wire)

_KINDS = {
    MessageKind.PROP: raft_pb2.RAFT_MESSAGE_KIND_PROP,
    MessageKind.APP: raft_pb2.RAFT_MESSAGE_KIND_APP,
    MessageKind.APP_RESP: raft_pb2.RAFT_MESSAGE_KIND_APP_RESP,
    MessageKind.VOTE: raft_pb2.RAFT_MESSAGE_KIND_VOTE,
    MessageKind.VOTE_RESP: raft_pb2.RAFT_MESSAGE_KIND_VOTE_RESP,
    MessageKind.SNAP: raft_pb2.RAFT_MESSAGE_KIND_SNAP,
    MessageKind.HEARTBEAT: raft_pb2.RAFT_MESSAGE_KIND_HEARTBEAT,
    MessageKind.HEARTBEAT_RESP: raft_pb2.RAFT_MESSAGE_KIND_HEARTBEAT_RESP,
    MessageKind.TRANSFER_LEADER: raft_pb2.RAFT_MESSAGE_KIND_TRANSFER_LEADER,
    MessageKind.TIMEOUT_NOW: raft_pb2.RAFT_MESSAGE_KIND_TIMEOUT_NOW,
    MessageKind.READ_INDEX: raft_pb2.RAFT_MESSAGE_KIND_READ_INDEX,
    MessageKind.READ_INDEX_RESP: raft_pb2.RAFT_MESSAGE_KIND_READ_INDEX_RESP,
    MessageKind.PRE_VOTE: raft_pb2.RAFT_MESSAGE_KIND_PRE_VOTE,
    MessageKind.PRE_VOTE_RESP: raft_pb2.RAFT_MESSAGE_KIND_PRE_VOTE_RESP,
}
"""Kinds that nodes say to each other. The others (LOCAL_KINDS) have no number
on the wire, so nobody can put them into another node's mouth."""

_KINDS_BACK = {number: kind for kind, number in _KINDS.items()}

_ENTRY_KINDS = {
    EntryKind.NORMAL: raft_pb2.ENTRY_KIND_NORMAL,
    EntryKind.CONF_CHANGE: raft_pb2.ENTRY_KIND_CONF_CHANGE,
    EntryKind.CONF_CHANGE_V2: raft_pb2.ENTRY_KIND_CONF_CHANGE_V2,
}
_ENTRY_KINDS_BACK = {number: kind for kind, number in _ENTRY_KINDS.items()}

_MESSAGE_HEAD = 128
"""Bytes that are more than any message needs beside what varies."""


def weight(message: Message) -> int:
    """Return about how many bytes a message will have, never fewer."""
    entries = sum(len(each.data) + 32 for each in message.entries)
    snapshot = 0
    if message.snapshot is not None:
        state = message.snapshot.conf_state
        members = state.voters + state.learners + state.voters_outgoing
        snapshot = len(message.snapshot.data) + 64 + 20 * len(members)
    return _MESSAGE_HEAD + entries + snapshot + len(message.context)


def message_to_wire(message: Message) -> raft_pb2.RaftMessage:
    """Return a message as protobuf. Local kinds are programmer errors."""
    wire = raft_pb2.RaftMessage(
        kind=_KINDS[message.kind],
        to=message.to,
        sender=message.sender,
        term=message.term,
        log_term=message.log_term,
        index=message.index,
        commit=message.commit,
        vote=message.vote,
        reject=message.reject,
        reject_hint=message.reject_hint,
        context=message.context,
    )
    if message.entries:
        wire.entries.extend(map(_entry_to_wire, message.entries))
    if message.snapshot is not None:
        wire.snapshot.CopyFrom(_snapshot_to_wire(message.snapshot))
    return wire


def message_from_wire(wire: raft_pb2.RaftMessage) -> Message:
    """Return the message. Raises DecodeFault for kinds that may not travel."""
    kind = _KINDS_BACK.get(wire.kind)
    if kind is None:
        raise DecodeFault(f"a consensus message of kind {wire.kind}")
    snapshot = _snapshot_from_wire(wire.snapshot) if wire.HasField("snapshot") else None
    return Message(
        kind=kind,
        to=wire.to,
        sender=wire.sender,
        term=wire.term,
        log_term=wire.log_term,
        index=wire.index,
        entries=tuple(map(_entry_from_wire, wire.entries)),
        commit=wire.commit,
        vote=wire.vote,
        snapshot=snapshot,
        reject=wire.reject,
        reject_hint=wire.reject_hint,
        context=wire.context,
    )


def entry_to_bytes(entry: Entry) -> bytes:
    """Return an entry as the log store keeps it."""
    return _entry_to_wire(entry).SerializeToString()


def entry_from_bytes(data: bytes) -> Entry:
    """Return the entry. Raises DecodeFault."""
    return _entry_from_wire(_parse(raft_pb2.Entry(), data))


def hard_state_to_bytes(state: HardState) -> bytes:
    """Return the hard state as the log store keeps it."""
    return raft_pb2.HardState(
        term=state.term, vote=state.vote, commit=state.commit
    ).SerializeToString()


def hard_state_from_bytes(data: bytes) -> HardState:
    """Return the hard state. Raises DecodeFault."""
    wire = _parse(raft_pb2.HardState(), data)
    return HardState(term=wire.term, vote=wire.vote, commit=wire.commit)


def snapshot_to_bytes(snapshot: Snapshot) -> bytes:
    """Return a snapshot as the log store keeps it."""
    return _snapshot_to_wire(snapshot).SerializeToString()


def snapshot_from_bytes(data: bytes) -> Snapshot:
    """Return the snapshot. Raises DecodeFault."""
    return _snapshot_from_wire(_parse(raft_pb2.Snapshot(), data))


def _parse(wire: W, data: bytes) -> W:
    try:
        wire.ParseFromString(data)
    except DecodeError as error:
        name = type(wire).__name__
        raise DecodeFault(f"not a record of kind {name}: {error}") from None
    return wire


def _entry_to_wire(entry: Entry) -> raft_pb2.Entry:
    return raft_pb2.Entry(
        term=entry.term,
        index=entry.index,
        kind=_ENTRY_KINDS[entry.kind],
        data=entry.data,
    )


def _entry_from_wire(wire: raft_pb2.Entry) -> Entry:
    kind = _ENTRY_KINDS_BACK.get(wire.kind)
    if kind is None:
        raise DecodeFault(f"an entry of kind {wire.kind}")
    return Entry(term=wire.term, index=wire.index, kind=kind, data=wire.data)


def _snapshot_to_wire(snapshot: Snapshot) -> raft_pb2.Snapshot:
    return raft_pb2.Snapshot(
        index=snapshot.index,
        term=snapshot.term,
        conf_state=_conf_state_to_wire(snapshot.conf_state),
        data=snapshot.data,
    )


def _snapshot_from_wire(wire: raft_pb2.Snapshot) -> Snapshot:
    return Snapshot(
        index=wire.index,
        term=wire.term,
        conf_state=_conf_state_from_wire(wire.conf_state),
        data=wire.data,
    )


def _conf_state_to_wire(state: ConfState) -> raft_pb2.ConfState:
    return raft_pb2.ConfState(
        voters=state.voters,
        learners=state.learners,
        voters_outgoing=state.voters_outgoing,
        learners_next=state.learners_next,
        auto_leave=state.auto_leave,
    )


def _conf_state_from_wire(wire: raft_pb2.ConfState) -> ConfState:
    return ConfState(
        voters=tuple(wire.voters),
        learners=tuple(wire.learners),
        voters_outgoing=tuple(wire.voters_outgoing),
        learners_next=tuple(wire.learners_next),
        auto_leave=wire.auto_leave,
    )
