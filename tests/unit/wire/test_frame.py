"""Frames of the streams between nodes."""

import pytest

from clusterd.membership.heartbeat import Refusal, Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.raft.message import Message, MessageKind
from clusterd.wire.faults import DecodeFault
from clusterd.wire.frame import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    Frame,
    Hello,
    Ping,
    Pong,
    RaftBatch,
    Welcome,
    common_protocol,
    frame_from_bytes,
    frame_to_bytes,
)

N1, N2 = NodeName("node1"), NodeName("node2")
FRAMES: tuple[Frame, ...] = (
    Hello(node=N1, instance="a", protocol_min=1, protocol_max=4),
    Welcome(node=N2, instance="b", protocol=3),
    Ping(12.25),
    Pong(12.25),
    Renew(
        sender=N1,
        session=4,
        sequence=5,
        sent_at=6.5,
        boot="boot",
        instance="a",
        heard={N2: 0.25},
        refusals=(Refusal(node=N2, session=3, index=41, ack_age=1.5),),
        released=3,
        has_filter=True,
        version="0.1.0",
    ),
    RenewAck(sender=N2, session=4, sequence=5, sent_at=6.5, granted=True),
    RaftBatch((Message(kind=MessageKind.APP, to=1), Message(kind=MessageKind.VOTE))),
)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda each: type(each).__name__)
def test_every_frame_survives_the_journey(frame: Frame) -> None:
    """Decoding is the inverse of encoding."""
    assert frame_from_bytes(frame_to_bytes(frame)) == frame


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", b"\xfa\x07\x00"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    """Empty, broken, and of a kind that this version does not know."""
    with pytest.raises(DecodeFault):
        frame_from_bytes(data)


@pytest.mark.parametrize(
    ("low", "high", "common"),
    [
        (PROTOCOL_MIN, PROTOCOL_MAX, PROTOCOL_MAX),
        (PROTOCOL_MIN, PROTOCOL_MAX + 1, PROTOCOL_MAX),
        (PROTOCOL_MAX, PROTOCOL_MAX + 2, PROTOCOL_MAX),
        (PROTOCOL_MAX + 1, PROTOCOL_MAX + 2, None),
        (PROTOCOL_MIN - 1, PROTOCOL_MIN - 1, None),
    ],
)
def test_neighbours_speak_the_newest_protocol_both_know(
    low: int, high: int, common: int | None
) -> None:
    """And those without a common one do not speak at all."""
    hello = Hello(node=N1, instance="a", protocol_min=low, protocol_max=high)

    assert common_protocol(hello) == common
