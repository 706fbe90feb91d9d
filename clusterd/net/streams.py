"""What both ends of a stream do: items to frames, frames to bytes, in and out."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from enum import Enum
from typing import NoReturn, Protocol, TypeAlias

import grpc

from clusterd.net.local import Local
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
_RAFT_PATIENCE = 3
_TICKS_PER_SILENCE = 5
_RAFT_BYTES = 64 * 1024 * 1024


class Purpose(Enum):
    """What a stream is for; the value is the name of the method."""

    LINK = "Link"
    RAFT = "Raft"

    @property
    def method(self) -> str:
        """Return the full name of the gRPC method."""
        return f"/{SERVICE}/{self.value}"


def silence_on(purpose: Purpose, local: Local) -> float:
    """Return for how many seconds nothing may come on a stream.

    A consensus stream falls with the heartbeat stream to the same peer, and asks
    for itself only now and then: pings cost as much as heartbeats.
    """
    match purpose:
        case Purpose.LINK:
            return local.silence
        case Purpose.RAFT:
            return _RAFT_PATIENCE * local.silence


class Stream(Protocol):
    """Either end of a gRPC stream that carries bytes."""

    async def read(self) -> object:
        """Return the next bytes, or something else at the end."""

    async def write(self, data: bytes, /) -> None:
        """Send bytes; wait while flow control says so."""


class Visitor(Stream, Protocol):
    """The server's end: who called, and a way to refuse. Source: grpc.aio."""

    async def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """End the call with an error."""

    def peer(self) -> str:
        """Return the caller's address, as `ipv4:ADDRESS:PORT`."""

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Return what TLS has proved of the caller."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None:
        """Return the metadata the caller sent."""


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


async def drain(box: Box, stream: Stream, tally: Tally) -> None:
    """Send what comes into the box, for ever."""
    while True:
        for frame in frames_of(await box.take(_BATCH_BYTES)):
            data = frame_to_bytes(frame)
            await stream.write(data)
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


async def await_silence(heard_at: Callable[[], float], silence: float) -> None:
    """Return when nothing came for `silence` seconds, or a tick more.

    `heard_at` tells when something last came, on the clock of the loop. After a
    stall of this process its timers run before it has read what waits in the
    sockets; so a tick that is late itself is not held against the peer.
    """
    clock = asyncio.get_running_loop()
    step = silence / _TICKS_PER_SILENCE
    while True:
        due = clock.time() + step
        await asyncio.sleep(step)
        now = clock.time()
        if now - due < step and now - heard_at() > silence:
            return


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
