"""Consensus messages as protobuf."""

import pytest

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.message import LOCAL_KINDS, Message, MessageKind
from clusterd.wire.faults import DecodeFault
from clusterd.wire.raft import (
    entry_from_bytes,
    entry_to_bytes,
    hard_state_from_bytes,
    hard_state_to_bytes,
    message_from_wire,
    message_to_wire,
    snapshot_from_bytes,
    snapshot_to_bytes,
    weight,
)
from clusterd.wire.v1 import raft_pb2

ENTRY = Entry(term=2, index=9, kind=EntryKind.CONF_CHANGE_V2, data=b"\x00change")
SNAPSHOT = Snapshot(
    index=8,
    term=2,
    conf_state=ConfState(
        voters=(1, 2, 3),
        learners=(5,),
        voters_outgoing=(1, 4),
        learners_next=(4,),
        auto_leave=True,
    ),
    data=b"state",
)
FULL = Message(
    kind=MessageKind.APP_RESP,
    to=1,
    sender=2,
    term=3,
    log_term=4,
    index=5,
    entries=(ENTRY, Entry(term=2, index=10)),
    commit=6,
    vote=7,
    snapshot=SNAPSHOT,
    reject=True,
    reject_hint=8,
    context=b"read",
)


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - LOCAL_KINDS, key=str))
def test_every_kind_that_travels_arrives_as_itself(kind: MessageKind) -> None:
    """A new kind in `raft` without a number on the wire fails here."""
    message = Message(kind=kind, to=1, sender=2, term=3)

    assert message_from_wire(message_to_wire(message)) == message


def test_every_field_arrives() -> None:
    """All of today's fields at once; one that is added later fails in the laws."""
    assert message_from_wire(message_to_wire(FULL)) == FULL


@pytest.mark.parametrize("kind", sorted(LOCAL_KINDS, key=str))
def test_what_a_node_says_to_itself_has_no_form_on_the_wire(kind: MessageKind) -> None:
    """Or another node could make it campaign."""
    with pytest.raises(KeyError):
        message_to_wire(Message(kind=kind))


def test_an_unknown_kind_from_the_wire_is_refused() -> None:
    """Number 0 is what a message without kind decodes to."""
    with pytest.raises(DecodeFault, match="kind 0"):
        message_from_wire(raft_pb2.RaftMessage(to=1))


def test_an_absent_snapshot_stays_absent() -> None:
    """An empty snapshot is not none."""
    empty = Message(kind=MessageKind.SNAP, snapshot=Snapshot())
    none = Message(kind=MessageKind.SNAP)

    assert message_from_wire(message_to_wire(empty)) == empty
    assert message_from_wire(message_to_wire(none)) == none


def test_entries_and_hard_state_and_snapshots_survive_the_disk() -> None:
    """What a voter remembers across a crash."""
    state = HardState(term=5, vote=3, commit=4)

    assert entry_from_bytes(entry_to_bytes(ENTRY)) == ENTRY
    assert hard_state_from_bytes(hard_state_to_bytes(state)) == state
    assert snapshot_from_bytes(snapshot_to_bytes(SNAPSHOT)) == SNAPSHOT


def test_broken_records_are_decode_faults() -> None:
    """The log store reports them as corruption."""
    with pytest.raises(DecodeFault, match="kind Entry"):
        entry_from_bytes(b"\xff\xff\xff")


def test_the_weight_is_never_below_the_size() -> None:
    """By the weight it is decided what fits on the stream."""
    size = len(message_to_wire(FULL).SerializeToString())

    assert size <= weight(FULL) <= size + 512
