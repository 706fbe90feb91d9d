"""What both ends of a stream do: items to frames, frames to bytes, in and out."""

import asyncio
from collections.abc import Coroutine, Iterable
from enum import Enum
from typing import Protocol, TypeAlias

from clusterd.net.mailbox import Mailbox, Overflow
from clusterd.net.statistics import Tally
from clusterd.raft.message import Message
from clusterd.wire.frame import Frame, RaftBatch, frame_to_bytes

SERVICE = "clusterd.wire.v1.Peers"

Outgoing: TypeAlias = Frame | Message
Box: TypeAlias = Mailbox[Outgoing]

_BATCH_BYTES = 256 * 1024
_LINK_ITEMS = 16
_RAFT_ITEMS = 4096
_RAFT_BYTES = 64 * 1024 * 1024


class Purpose(Enum):
    """What a stream is for; the value is the name of the method."""

    LINK = "Link"
    RAFT = "Raft"

    @property
    def method(self) -> str:
        """Return the full name of the gRPC method."""
        return f"/{SERVICE}/{self.value}"


class Sink(Protocol):
    """The writing half of a gRPC stream."""

    async def write(self, data: bytes, /) -> None:
        """Send one frame; wait while flow control says so."""


def mailbox_for(purpose: Purpose) -> Box:
    """Return the right kind of mailbox for a stream."""
    match purpose:
        case Purpose.LINK:
            return Mailbox(
                items=_LINK_ITEMS, weight=_BATCH_BYTES, overflow=Overflow.OLDEST
            )
        case Purpose.RAFT:
            return Mailbox(
                items=_RAFT_ITEMS, weight=_RAFT_BYTES, overflow=Overflow.NEWEST
            )


async def drain(box: Box, sink: Sink, tally: Tally) -> None:
    """Send what comes into the box, for ever."""
    while True:
        for frame in frames_of(await box.take(_BATCH_BYTES)):
            data = frame_to_bytes(frame)
            await sink.write(data)
            tally.count_sent(len(data), messages_in(frame))


def frames_of(items: Iterable[Outgoing]) -> list[Frame]:
    """Return items as frames; consensus messages share one, last."""
    frames: list[Frame] = []
    messages: list[Message] = []
    for item in items:
        if isinstance(item, Message):
            messages.append(item)
        else:
            frames.append(item)
    if messages:
        frames.append(RaftBatch(tuple(messages)))
    return frames


def messages_in(frame: Frame) -> int:
    """Return how many messages of the cluster (not of courtesy) a frame holds."""
    match frame:
        case RaftBatch(messages):
            return len(messages)
        case _:
            return 1


async def first_of(*coroutines: Coroutine[object, object, None]) -> None:
    """Run all until the first ends; end the others; raise what it raised.

    If several end at once, the one named first speaks.
    """
    tasks = [asyncio.create_task(each) for each in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
