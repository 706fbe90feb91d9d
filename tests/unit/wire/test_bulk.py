"""Large messages in pieces."""

import pytest

from clusterd.raft.entry import Snapshot
from clusterd.raft.message import Message, MessageKind
from clusterd.wire.bulk import CHUNK_BYTES, Assembly, chunks
from clusterd.wire.faults import DecodeFault

LARGE = Message(
    kind=MessageKind.SNAP, snapshot=Snapshot(index=1, data=b"x" * (2 * CHUNK_BYTES))
)


def assembled(pieces: list[bytes]) -> Message:
    """Put the pieces together."""
    assembly = Assembly()
    for piece in pieces:
        assembly.add(piece)
    return assembly.message()


def test_pieces_make_the_message_again() -> None:
    """Whatever its size."""
    pieces = list(chunks(LARGE))

    assert len(pieces) == 3
    assert assembled(pieces) == LARGE


def test_a_missing_piece_is_noticed() -> None:
    """A snapshot with a hole must never be installed."""
    with pytest.raises(DecodeFault, match="bytes arrived"):
        assembled(list(chunks(LARGE))[:-1])


def test_nothing_at_all_is_not_a_message() -> None:
    """A caller that hangs up at once."""
    with pytest.raises(DecodeFault, match="0 of 0 bytes"):
        assembled([])


def test_more_than_announced_is_refused_at_once() -> None:
    """Nobody may fill our memory beyond what it said."""
    pieces = list(chunks(LARGE))

    with pytest.raises(DecodeFault, match="announced"):
        assembled([*pieces, pieces[-1]])
