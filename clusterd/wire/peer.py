"""Heartbeats <-> protobuf."""

from clusterd.membership.heartbeat import Refusal, Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.wire.v1 import peers_pb2


def renew_to_wire(renew: Renew) -> peers_pb2.Renew:
    """Return a renewal as protobuf."""
    return peers_pb2.Renew(
        sender=renew.sender,
        session=renew.session,
        sequence=renew.sequence,
        sent_at=renew.sent_at,
        boot=renew.boot,
        instance=renew.instance,
        heard={str(name): age for name, age in renew.heard.items()},
        refusals=map(_refusal_to_wire, renew.refusals),
        released=renew.released,
        has_filter=renew.has_filter,
        version=renew.version,
    )


def renew_from_wire(wire: peers_pb2.Renew) -> Renew:
    """Return the renewal."""
    return Renew(
        sender=NodeName(wire.sender),
        session=wire.session,
        sequence=wire.sequence,
        sent_at=wire.sent_at,
        boot=wire.boot,
        instance=wire.instance,
        heard={NodeName(name): age for name, age in wire.heard.items()},
        refusals=tuple(map(_refusal_from_wire, wire.refusals)),
        released=wire.released,
        has_filter=wire.has_filter,
        version=wire.version,
    )


def ack_to_wire(ack: RenewAck) -> peers_pb2.RenewAck:
    """Return the answer to a renewal as protobuf."""
    return peers_pb2.RenewAck(
        sender=ack.sender,
        session=ack.session,
        sequence=ack.sequence,
        sent_at=ack.sent_at,
        granted=ack.granted,
    )


def ack_from_wire(wire: peers_pb2.RenewAck) -> RenewAck:
    """Return the answer to a renewal."""
    return RenewAck(
        sender=NodeName(wire.sender),
        session=wire.session,
        sequence=wire.sequence,
        sent_at=wire.sent_at,
        granted=wire.granted,
    )


def _refusal_to_wire(refusal: Refusal) -> peers_pb2.Refusal:
    return peers_pb2.Refusal(
        node=refusal.node,
        session=refusal.session,
        index=refusal.index,
        ack_age=refusal.ack_age,
    )


def _refusal_from_wire(wire: peers_pb2.Refusal) -> Refusal:
    return Refusal(
        node=NodeName(wire.node),
        session=wire.session,
        index=wire.index,
        ack_age=wire.ack_age,
    )
