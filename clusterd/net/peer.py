"""Everything that goes to one other member."""

import asyncio
from collections.abc import Callable

import grpc

from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.names import NodeName
from clusterd.net.bulk import BulkSender
from clusterd.net.channels import INSTANCE_KEY, open_channel
from clusterd.net.dialer import Dialer
from clusterd.net.faults import PeerUnreachable
from clusterd.net.local import Local
from clusterd.net.statistics import Tally
from clusterd.net.streams import SERVICE, Purpose
from clusterd.raft.message import Message
from clusterd.wire.bulk import answer_from_bytes, question_to_bytes
from clusterd.wire.frame import Frame
from clusterd.wire.raft import weight

BULK_FROM = 1024 * 1024
"""Bytes from which a consensus message travels apart, in pieces."""


class Peer:
    """Two streams, large messages and requests: each with its own connection."""

    def __init__(
        self,
        local: Local,
        name: NodeName,
        address: str,
        tally: Tally,
        on_frame: Callable[[NodeName, Frame], None],
    ) -> None:
        self.address = address
        self._local = local
        self._name = name
        self._tally = tally
        self._link = Dialer(local, name, address, Purpose.LINK, tally, on_frame)
        self._raft = Dialer(local, name, address, Purpose.RAFT, tally, on_frame)
        self._link.when_lost(self._start_anew)
        self._bulk = BulkSender(local, name, address, tally)
        self._asking: grpc.aio.Channel | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._tasks = [
            asyncio.create_task(self._link.run(), name=f"link to {name}"),
            asyncio.create_task(self._raft.run(), name=f"raft to {name}"),
        ]
        for task in self._tasks:
            task.add_done_callback(_report_failure)

    @property
    def is_linked(self) -> bool:
        """Tell whether the heartbeat stream we dialled is up."""
        return self._link.connected

    def hurry(self) -> None:
        """Try to reach the peer at once: it was just heard."""
        self._link.hurry()
        self._raft.hurry()

    def send_link(self, message: LinkMessage) -> None:
        """Send on the heartbeat stream we dialled."""
        self._link.send(message, 0)

    def send_raft(self, message: Message) -> None:
        """Send on the stream, or apart if it is large."""
        size = weight(message)
        if size > BULK_FROM:
            self._bulk.send(message)
        else:
            self._raft.send(message, size)

    async def ask(self, body: bytes, timeout: float) -> bytes:  # noqa: ASYNC109  # A deadline of gRPC's.
        """Return the peer's answer.

        Raises AioRpcError, WireFault, or PeerUnreachable if we hung up ourselves.
        """
        question = question_to_bytes(body)
        channel = self._asking
        if channel is None:
            channel = open_channel(self.address, self._name, self._local.credentials)
            self._asking = channel
        call = channel.unary_unary(f"/{SERVICE}/Ask", None, None)
        metadata = ((INSTANCE_KEY, self._local.instance),)
        try:
            answer: bytes = await call(question, timeout=timeout, metadata=metadata)
        except asyncio.CancelledError:
            # gRPC says so too when the channel was closed under the call.
            if _is_being_cancelled():
                raise
            raise PeerUnreachable(self._name, "the connection was lost") from None
        self._tally.count_sent(len(question))
        self._tally.count_received(len(answer))
        return answer_from_bytes(answer)

    def _start_anew(self) -> None:
        # What is dead for heartbeats is dead for the rest: the other connections
        # would only find out when TCP gives up.
        self._raft.reset()
        if self._asking is not None:
            task = asyncio.create_task(self._asking.close(None))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            self._asking = None

    async def stop(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bulk.stop()
        await asyncio.gather(*self._closing, return_exceptions=True)
        if self._asking is not None:
            await self._asking.close(None)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _report_failure(task: asyncio.Task[None]) -> None:
    # A fault in a callback ends its stream; it must not end unheard.
    if not task.cancelled() and (error := task.exception()) is not None:
        context = {"message": f"{task.get_name()} ended", "exception": error}
        task.get_loop().call_exception_handler(context)
