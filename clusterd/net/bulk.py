"""Large consensus messages (snapshots): a call and a connection of their own."""

import asyncio

import grpc

from clusterd.model.names import NodeName
from clusterd.net.channels import INSTANCE_KEY, open_channel
from clusterd.net.diagnosis import cause_of
from clusterd.net.local import Local
from clusterd.net.statistics import Tally
from clusterd.net.streams import SERVICE, Stream
from clusterd.raft.message import Message
from clusterd.wire.bulk import Assembly, chunks

STALLED = 30.0
"""Seconds after which a transfer that does not end is given up; Raft sends again."""


async def gather(stream: Stream) -> tuple[Message, int]:
    """Return the message somebody sends in pieces, and its size in bytes.

    Raises DecodeFault.
    """
    assembly = Assembly()
    while isinstance(data := await stream.read(), bytes):
        assembly.add(data)
    return assembly.message(), assembly.size


class BulkSender:
    """Sends large messages to one peer, one at a time."""

    def __init__(
        self, local: Local, peer: NodeName, address: str, tally: Tally
    ) -> None:
        self._local = local
        self._peer = peer
        self._address = address
        self._tally = tally
        self._sending: asyncio.Task[None] | None = None

    def send(self, message: Message) -> None:
        """Send it, unless one is on its way: then it is lost, and Raft repeats."""
        if self._sending is not None and not self._sending.done():
            self._tally.dropped += 1
            return
        self._sending = asyncio.create_task(self._send(message))

    async def stop(self) -> None:
        """Give up what is on its way."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send(self, message: Message) -> None:
        try:
            async with asyncio.timeout(STALLED):
                await self._transfer(message)
        except grpc.aio.AioRpcError as error:
            self._tally.dropped += 1
            self._tally.trouble = cause_of(error, self._address, self._local)
        except (TimeoutError, asyncio.InvalidStateError):
            self._tally.dropped += 1
            self._tally.trouble = f"{self._address}: a large message got stuck"

    async def _transfer(self, message: Message) -> None:
        metadata = ((INSTANCE_KEY, self._local.instance),)
        channel = open_channel(self._address, self._peer, self._local.credentials)
        async with channel:
            start = channel.stream_unary(f"/{SERVICE}/Bulk", None, None)
            call = start(None, metadata=metadata)
            size = 0
            for piece in chunks(message):
                await call.write(piece)
                size += len(piece)
            await call.done_writing()
            await call
            self._tally.count_sent(size)
