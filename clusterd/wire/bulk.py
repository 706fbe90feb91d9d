"""Large consensus messages in pieces, and requests forwarded between nodes."""

from collections.abc import Iterator

from google.protobuf.message import DecodeError

from clusterd.raft.message import Message
from clusterd.wire.faults import DecodeFault
from clusterd.wire.raft import message_from_wire, message_to_wire
from clusterd.wire.v1 import peers_pb2, raft_pb2

CHUNK_BYTES = 256 * 1024
LARGEST = 256 * 1024 * 1024
"""Bytes of the largest message taken: what a node can hold beside its work."""

RECEIPT = peers_pb2.Receipt().SerializeToString()


def chunks(message: Message) -> Iterator[bytes]:
    """Yield the pieces in which to send this message."""
    whole = memoryview(message_to_wire(message).SerializeToString())
    for start in range(0, len(whole), CHUNK_BYTES):
        piece = peers_pb2.Chunk(
            data=bytes(whole[start : start + CHUNK_BYTES]),
            total=len(whole) if start == 0 else 0,
        )
        yield piece.SerializeToString()


class Assembly:
    """Puts the pieces of one message together again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._total = 0
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take the next piece. Raises DecodeFault if it is one too many."""
        chunk = _parse_chunk(data)
        if not self._pieces:
            self._total = chunk.total
        self.size += len(chunk.data)
        if self.size > min(self._total, LARGEST):
            raise DecodeFault(f"more than the {self._total} bytes that were announced")
        self._pieces.append(chunk.data)

    def message(self) -> Message:
        """Return the message. Raises DecodeFault if something is missing."""
        if self.size < self._total or not self._pieces:
            raise DecodeFault(f"{self.size} of {self._total} bytes arrived")
        try:
            wire = raft_pb2.RaftMessage.FromString(b"".join(self._pieces))
        except DecodeError as error:
            raise DecodeFault(f"not a consensus message: {error}") from None
        return message_from_wire(wire)


def _parse_chunk(data: bytes) -> peers_pb2.Chunk:
    try:
        return peers_pb2.Chunk.FromString(data)
    except DecodeError as error:
        raise DecodeFault(f"not a chunk: {error}") from None


def question_to_bytes(body: bytes) -> bytes:
    """Return a request to another node as protobuf."""
    return peers_pb2.Question(body=body).SerializeToString()


def question_from_bytes(data: bytes) -> bytes:
    """Return the body of the request. Raises DecodeFault."""
    try:
        return peers_pb2.Question.FromString(data).body
    except DecodeError as error:
        raise DecodeFault(f"not a question: {error}") from None


def answer_to_bytes(body: bytes) -> bytes:
    """Return the answer to a request as protobuf."""
    return peers_pb2.Answer(body=body).SerializeToString()


def answer_from_bytes(data: bytes) -> bytes:
    """Return the body of the answer. Raises DecodeFault."""
    try:
        return peers_pb2.Answer.FromString(data).body
    except DecodeError as error:
        raise DecodeFault(f"not an answer: {error}") from None
