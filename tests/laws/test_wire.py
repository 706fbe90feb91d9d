"""Laws of the wire: whatever the types allow survives the journey, unchanged.

The values are drawn from the types themselves, so a field added in another room
and forgotten here is found.
"""

import json
from typing import Any, assert_never

from hypothesis import given
from hypothesis import strategies as st

from clusterd.executor.inputs import Input
from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.cluster import ClusterState
from clusterd.model.transition import Transition
from clusterd.raft.entry import ConfState, Entry, HardState, Snapshot
from clusterd.raft.message import LOCAL_KINDS, Message, MessageKind
from clusterd.state.command import Proposal
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Reply
from clusterd.wire import reflect
from clusterd.wire.codec import Codec
from clusterd.wire.command import command_from_bytes, command_to_bytes
from clusterd.wire.faults import WireFault
from clusterd.wire.frame import RaftBatch, frame_from_bytes, frame_to_bytes
from clusterd.wire.raft import (
    entry_from_bytes,
    entry_to_bytes,
    hard_state_from_bytes,
    hard_state_to_bytes,
    snapshot_from_bytes,
    snapshot_to_bytes,
    weight,
)

NUMBERS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
WILD_TEXTS = st.text(st.characters(), max_size=8)  # Lone surrogates too.
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def values_of(  # noqa: PLR0911  # One return per shape.
    kind: object, texts: st.SearchStrategy[str] = WILD_TEXTS
) -> Any:
    """Return a strategy for every value the type allows."""
    shape = reflect.shape_of(kind)
    match shape:
        case reflect.Scalar(type):
            plain = {str: texts, int: NUMBERS, float: FLOATS, bool: st.booleans()}
            return plain[type]
        case reflect.Binary():
            return st.binary(max_size=8)
        case reflect.Choice(type):
            return st.sampled_from(list(type))
        case reflect.Sequence(element):
            return st.lists(values_of(element, texts), max_size=2).map(tuple)
        case reflect.Row(elements):
            return st.tuples(*(values_of(each, texts) for each in elements))
        case reflect.Collection(element):
            return st.frozensets(values_of(element, texts), max_size=2)
        case reflect.Table(key, value):
            pair = values_of(key, texts), values_of(value, texts)
            return st.dictionaries(*pair, max_size=2)
        case reflect.Alternatives(members, optional):
            some = [_deferred(each, texts) for each in members]
            return st.one_of(*([st.none()] if optional else []), *some)
        case reflect.Record(type, fields):
            arguments = {each.name: values_of(each.type, texts) for each in fields}
            return st.builds(type, **arguments)
        case _:
            assert_never(shape)


def _deferred(kind: object, texts: st.SearchStrategy[str]) -> Any:
    # A union may contain itself.
    return st.deferred(lambda: values_of(kind, texts))


TRAVELLING = st.sampled_from(sorted(set(MessageKind) - LOCAL_KINDS, key=str))
MESSAGES = st.builds(
    Message,
    kind=TRAVELLING,
    to=NUMBERS,
    sender=NUMBERS,
    term=NUMBERS,
    log_term=NUMBERS,
    index=NUMBERS,
    entries=st.lists(values_of(Entry), max_size=3).map(tuple),
    commit=NUMBERS,
    vote=NUMBERS,
    snapshot=st.none() | values_of(Snapshot),
    reject=st.booleans(),
    reject_hint=NUMBERS,
    context=st.binary(max_size=8),
)


@given(values_of(Proposal))
def test_every_command_survives(proposal: Proposal) -> None:
    """What is committed is what was proposed."""
    assert command_from_bytes(command_to_bytes(proposal)) == proposal


def survives(codec: Codec[Any], value: object) -> None:
    """Assert that the value comes back, and that it has one form only."""
    data = codec.encode(value)

    assert codec.decode(data) == value
    assert codec.encode(codec.decode(data)) == data


REPLICATED = Codec[Replicated](Replicated)
CLUSTER_STATES = Codec[ClusterState](ClusterState)
TRANSITIONS = Codec[Transition](Transition)
REPLIES = Codec[Reply](Reply)
INPUTS = Codec[Input](Input)


@given(values_of(Replicated))
def test_every_state_survives_and_has_one_form(state: Replicated) -> None:
    """A snapshot is the state; equal states are equal bytes."""
    survives(REPLICATED, state)


@given(values_of(ClusterState) | values_of(Transition))
def test_what_the_planner_is_told_and_says_survives(
    value: ClusterState | Transition,
) -> None:
    """The plan is made from the state, not from a likeness of it."""
    codec = CLUSTER_STATES if isinstance(value, ClusterState) else TRANSITIONS

    survives(codec, value)


@given(values_of(Reply))
def test_every_reply_survives(reply: Reply) -> None:
    """Users are told what the state machine said."""
    survives(REPLIES, reply)


@given(values_of(Input))
def test_every_executor_input_survives(value: Input) -> None:
    """What the runner reports is what the executor hears."""
    survives(INPUTS, value)


@given(values_of(LinkMessage, TEXTS))
def test_every_heartbeat_survives(message: LinkMessage) -> None:
    """All fields: a lease rests on them."""
    assert frame_from_bytes(frame_to_bytes(message)) == message


@given(st.lists(MESSAGES, max_size=3).map(tuple))
def test_every_consensus_message_survives(messages: tuple[Message, ...]) -> None:
    """All fields, several messages in one frame, in order."""
    batch = RaftBatch(messages)

    data = frame_to_bytes(batch)

    assert frame_from_bytes(data) == batch
    assert len(data) <= 16 + sum(weight(each) + 8 for each in messages)


def test_no_field_of_a_consensus_message_is_left_out_of_the_law() -> None:
    """The strategy above names them by hand."""
    shape = reflect.shape_of(Message)

    assert isinstance(shape, reflect.Record)
    assert len(shape.fields) == 13


@given(values_of(Entry), values_of(HardState), values_of(Snapshot))
def test_what_a_voter_keeps_survives(
    entry: Entry, state: HardState, snapshot: Snapshot
) -> None:
    """Term, vote and log are the same after a restart."""
    assert entry_from_bytes(entry_to_bytes(entry)) == entry
    assert hard_state_from_bytes(hard_state_to_bytes(state)) == state
    assert snapshot_from_bytes(snapshot_to_bytes(snapshot)) == snapshot


@given(st.binary(max_size=64))
def test_no_bytes_from_the_network_do_more_than_raise_a_wire_fault(data: bytes) -> None:
    """A peer may be broken; this node must not break with it."""
    for read in (frame_from_bytes, command_from_bytes):
        try:
            read(data)
        except WireFault:
            continue


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(["@", "command", "request"]), inner)
    ),
    max_leaves=6,
)


@given(json_values)
def test_no_json_does_more_than_raise_a_wire_fault(data: object) -> None:
    """Well-formed and meaningless is the common case of a wrong version."""
    try:
        command_from_bytes(b"1.0 " + json.dumps(data).encode())
    except WireFault:
        return
    raise AssertionError("random JSON was taken for a command")


def test_conf_state_is_part_of_the_laws() -> None:
    """Guards the guard: the snapshot's strategy must vary the voters."""
    shape = reflect.shape_of(Snapshot)

    assert isinstance(shape, reflect.Record)
    assert ConfState in {each.type for each in shape.fields}
