"""Everything that goes to one other member."""

import asyncio
from collections.abc import Callable

import grpc

from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.names import NodeName
from clusterd.net.bulk import BulkSender
from clusterd.net.channels import INSTANCE_KEY, open_channel
from clusterd.net.dialer import Dialer
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
        self._bulk = BulkSender(local, name, address, tally)
        self._asking: grpc.aio.Channel | None = None
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
        """The peer was just heard: try to reach it at once."""
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
        """Return the peer's answer. Raises AioRpcError."""
        question = question_to_bytes(body)
        if self._asking is None:
            self._asking = open_channel(
                self.address, self._name, self._local.credentials
            )
        call = self._asking.unary_unary(f"/{SERVICE}/Ask", None, None)
        metadata = ((INSTANCE_KEY, self._local.instance),)
        answer: bytes = await call(question, timeout=timeout, metadata=metadata)
        self._tally.count_sent(len(question))
        self._tally.count_received(len(answer))
        return answer_from_bytes(answer)

    async def stop(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bulk.stop()
        if self._asking is not None:
            await self._asking.close(None)


def _report_failure(task: asyncio.Task[None]) -> None:
    # A fault in a callback ends its stream; it must not end unheard.
    if not task.cancelled() and (error := task.exception()) is not None:
        context = {"message": f"{task.get_name()} ended", "exception": error}
        task.get_loop().call_exception_handler(context)
