"""What a joining machine and a member say to each other, and its protobuf."""

from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import DecodeError

from clusterd.model.names import NodeName
from clusterd.wire.faults import DecodeFault
from clusterd.wire.frame import PROTOCOL_MAX, PROTOCOL_MIN
from clusterd.wire.v1 import enrol_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """A machine wants to become the member `node`, reachable at `address`."""

    node: NodeName
    address: str
    request: bytes
    """Certificate signing request, PEM."""
    secret: bytes
    version: str = ""
    protocol_min: int = PROTOCOL_MIN
    protocol_max: int = PROTOCOL_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A member as the newcomer must know it to find it."""

    node: NodeName
    raft_id: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinReply:
    """Welcome: everything the newcomer needs. Keys and certificates are PEM."""

    cluster: str
    timing: str
    """Name of the timing profile."""
    raft_id: int
    certificate: bytes
    authority_certificate: bytes
    authority_key: bytes
    members: tuple[Neighbour, ...]
    """All members, the new one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRefused:
    """Not welcome, for this reason."""

    reason: str
    hint: str = ""


JoinAnswer: TypeAlias = JoinReply | JoinRefused


def request_to_bytes(request: JoinRequest) -> bytes:
    """Return a request to join as protobuf."""
    return enrol_pb2.JoinRequest(
        node=request.node,
        address=request.address,
        request=request.request,
        secret=request.secret,
        protocol_min=request.protocol_min,
        protocol_max=request.protocol_max,
        version=request.version,
    ).SerializeToString()


def request_from_bytes(data: bytes) -> JoinRequest:
    """Return the request to join. Raises DecodeFault."""
    try:
        wire = enrol_pb2.JoinRequest.FromString(data)
    except DecodeError as error:
        raise DecodeFault(f"not a request to join: {error}") from None
    return JoinRequest(
        node=NodeName(wire.node),
        address=wire.address,
        request=wire.request,
        secret=wire.secret,
        protocol_min=wire.protocol_min,
        protocol_max=wire.protocol_max,
        version=wire.version,
    )


def answer_to_bytes(answer: JoinAnswer) -> bytes:
    """Return the answer to a request to join as protobuf."""
    return _answer_to_wire(answer).SerializeToString()


def _answer_to_wire(answer: JoinAnswer) -> enrol_pb2.JoinAnswer:
    match answer:
        case JoinReply():
            return enrol_pb2.JoinAnswer(joined=_joined(answer))
        case JoinRefused(reason=reason, hint=hint):
            refused = enrol_pb2.JoinRefused(reason=reason, hint=hint)
            return enrol_pb2.JoinAnswer(refused=refused)


def _joined(reply: JoinReply) -> enrol_pb2.Joined:
    members = [
        enrol_pb2.Neighbour(node=m.node, raft_id=m.raft_id, address=m.address)
        for m in reply.members
    ]
    return enrol_pb2.Joined(
        cluster=reply.cluster,
        timing=reply.timing,
        raft_id=reply.raft_id,
        certificate=reply.certificate,
        authority_certificate=reply.authority_certificate,
        authority_key=reply.authority_key,
        members=members,
    )


def answer_from_bytes(data: bytes) -> JoinAnswer:
    """Return the answer to a request to join. Raises DecodeFault."""
    try:
        wire = enrol_pb2.JoinAnswer.FromString(data)
    except DecodeError as error:
        raise DecodeFault(f"not an answer to a join: {error}") from None
    match wire.WhichOneof("kind"):
        case "joined":
            return _reply(wire.joined)
        case "refused":
            return JoinRefused(reason=wire.refused.reason, hint=wire.refused.hint)
        case _:
            raise DecodeFault("an answer of no kind known here")


def _reply(wire: enrol_pb2.Joined) -> JoinReply:
    members = (
        Neighbour(node=NodeName(m.node), raft_id=m.raft_id, address=m.address)
        for m in wire.members
    )
    return JoinReply(
        cluster=wire.cluster,
        timing=wire.timing,
        raft_id=wire.raft_id,
        certificate=wire.certificate,
        authority_certificate=wire.authority_certificate,
        authority_key=wire.authority_key,
        members=tuple(members),
    )
