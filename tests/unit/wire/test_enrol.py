"""Requests to join and their answers."""

import pytest

from clusterd.model.names import NodeName
from clusterd.wire.enrol import (
    JoinAnswer,
    JoinRefused,
    JoinReply,
    JoinRequest,
    Neighbour,
    answer_from_bytes,
    answer_to_bytes,
    request_from_bytes,
    request_to_bytes,
)
from clusterd.wire.faults import DecodeFault

REQUEST = JoinRequest(
    node=NodeName("node2"),
    address="10.0.0.2:7600",
    request=b"csr",
    secret=b"s" * 16,
    version="0.1.0",
)
REPLY = JoinReply(
    cluster="c",
    timing="fast",
    raft_id=2,
    certificate=b"cert",
    authority_certificate=b"ca",
    authority_key=b"key",
    members=(Neighbour(node=NodeName("node1"), raft_id=1, address="10.0.0.1:7600"),),
)


def test_a_request_survives() -> None:
    """Decoding is the inverse of encoding."""
    assert request_from_bytes(request_to_bytes(REQUEST)) == REQUEST


@pytest.mark.parametrize("answer", [REPLY, JoinRefused(reason="used", hint="new one")])
def test_an_answer_survives(answer: JoinAnswer) -> None:
    """Welcome or not."""
    assert answer_from_bytes(answer_to_bytes(answer)) == answer


def test_broken_bytes_are_decode_faults() -> None:
    """Strangers reach the enrol port."""
    with pytest.raises(DecodeFault):
        request_from_bytes(b"\xff")
    with pytest.raises(DecodeFault):
        answer_from_bytes(b"\xff")
    with pytest.raises(DecodeFault, match="no kind"):
        answer_from_bytes(b"")
