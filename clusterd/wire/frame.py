"""What travels on the streams between nodes: LinkMessages, consensus, courtesy.

`net` moves bytes; here they become frames. The service and method names are
those of proto/clusterd/wire/v1/peers.proto.
"""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from google.protobuf.message import DecodeError

from clusterd.membership.heartbeat import Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.raft.message import Message
from clusterd.wire.faults import DecodeFault
from clusterd.wire.peer import (
    ack_from_wire,
    ack_to_wire,
    renew_from_wire,
    renew_to_wire,
)
from clusterd.wire.raft import message_from_wire, message_to_wire
from clusterd.wire.v1 import peers_pb2

PROTOCOL_MIN = 1
PROTOCOL_MAX = 1
"""Protocols this version speaks (D18). A stream uses the newest both speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame: who dials, which life of its daemon, what it speaks."""

    node: NodeName
    instance: str
    protocol_min: int = PROTOCOL_MIN
    protocol_max: int = PROTOCOL_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The answer to Hello: who was reached, and the protocol of this stream."""

    node: NodeName
    instance: str
    protocol: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? `stamp` is the sender's clock and comes back in the Pong."""

    stamp: float


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a Ping."""

    stamp: float


@dataclass(frozen=True, slots=True)
class RaftBatch:
    """Consensus messages that were waiting together, in order."""

    messages: tuple[Message, ...]


Frame: TypeAlias = Hello | Welcome | Ping | Pong | Renew | RenewAck | RaftBatch


def common_protocol(hello: Hello) -> int | None:
    """Return the newest protocol the caller and this version speak, or None."""
    newest = min(PROTOCOL_MAX, hello.protocol_max)
    return newest if newest >= max(PROTOCOL_MIN, hello.protocol_min) else None


def frame_to_bytes(frame: Frame) -> bytes:
    """Return a frame as protobuf."""
    return _to_wire(frame).SerializeToString()


def _to_wire(frame: Frame) -> peers_pb2.Frame:  # noqa: PLR0911  # One per kind.
    match frame:
        case Renew():
            return peers_pb2.Frame(renew=renew_to_wire(frame))
        case RenewAck():
            return peers_pb2.Frame(renew_ack=ack_to_wire(frame))
        case RaftBatch(messages):
            batch = peers_pb2.RaftBatch(messages=map(message_to_wire, messages))
            return peers_pb2.Frame(raft=batch)
        case Ping(stamp):
            return peers_pb2.Frame(ping=peers_pb2.Ping(stamp=stamp))
        case Pong(stamp):
            return peers_pb2.Frame(pong=peers_pb2.Pong(stamp=stamp))
        case Hello():
            return peers_pb2.Frame(hello=_hello_to_wire(frame))
        case Welcome():
            return peers_pb2.Frame(welcome=_welcome_to_wire(frame))
        case _:
            assert_never(frame)


def _hello_to_wire(hello: Hello) -> peers_pb2.Hello:
    return peers_pb2.Hello(
        node=hello.node,
        instance=hello.instance,
        protocol_min=hello.protocol_min,
        protocol_max=hello.protocol_max,
    )


def _welcome_to_wire(welcome: Welcome) -> peers_pb2.Welcome:
    return peers_pb2.Welcome(
        node=welcome.node, instance=welcome.instance, protocol=welcome.protocol
    )


def frame_from_bytes(data: bytes) -> Frame:
    """Return the frame. Raises DecodeFault."""
    try:
        wire = peers_pb2.Frame.FromString(data)
    except DecodeError as error:
        raise DecodeFault(f"not a frame: {error}") from None
    return _from_wire(wire)


def _from_wire(wire: peers_pb2.Frame) -> Frame:  # noqa: PLR0911  # One per kind.
    match wire.WhichOneof("kind"):
        case "renew":
            return renew_from_wire(wire.renew)
        case "renew_ack":
            return ack_from_wire(wire.renew_ack)
        case "raft":
            return RaftBatch(tuple(map(message_from_wire, wire.raft.messages)))
        case "ping":
            return Ping(wire.ping.stamp)
        case "pong":
            return Pong(wire.pong.stamp)
        case "hello":
            return _hello_from_wire(wire.hello)
        case "welcome":
            return _welcome_from_wire(wire.welcome)
        case _:
            raise DecodeFault("a frame of no kind known here")


def _hello_from_wire(wire: peers_pb2.Hello) -> Hello:
    return Hello(
        node=NodeName(wire.node),
        instance=wire.instance,
        protocol_min=wire.protocol_min,
        protocol_max=wire.protocol_max,
    )


def _welcome_from_wire(wire: peers_pb2.Welcome) -> Welcome:
    return Welcome(
        node=NodeName(wire.node), instance=wire.instance, protocol=wire.protocol
    )
