"""The service members offer each other, on mutual TLS."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import grpc

from clusterd.membership.heartbeat import Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.model.note import Level, Note
from clusterd.net.bulk import gather
from clusterd.net.channels import CONNECT_DEADLINE, INSTANCE_KEY, server_options
from clusterd.net.diagnosis import impostor
from clusterd.net.faults import NetFault
from clusterd.net.guests import Guests, Visit
from clusterd.net.local import Local
from clusterd.net.statistics import Tally
from clusterd.net.streams import (
    SERVICE,
    Purpose,
    Visitor,
    await_silence,
    drain,
    first_of,
    mailbox_for,
    messages_in,
    silence_on,
)
from clusterd.raft.message import Message
from clusterd.wire.bulk import RECEIPT, answer_to_bytes, question_from_bytes
from clusterd.wire.faults import WireFault
from clusterd.wire.frame import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    Frame,
    Hello,
    Ping,
    Pong,
    Welcome,
    common_protocol,
    frame_from_bytes,
    frame_to_bytes,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where what comes in goes. `on_guest`: this node has just dialled us."""

    on_frame: Callable[[NodeName, Frame], None]
    on_large: Callable[[NodeName, Message], None]
    on_ask: Callable[[NodeName, bytes], Awaitable[bytes]]
    on_guest: Callable[[NodeName], None]
    tally: Callable[[NodeName], Tally]


class PeerServer:
    """Listens for members; tells them apart by their certificates."""

    def __init__(self, local: Local, guests: Guests, doors: Doors) -> None:
        self._local = local
        self._guests = guests
        self._doors = doors
        self._server = grpc.aio.server(options=server_options())
        self._server.add_generic_rpc_handlers((self._handlers(),))

    def listen(self, bind: str) -> int:
        """Take the port; return it. Raises NetFault if it cannot be had."""
        credentials = self._local.credentials
        shown = grpc.ssl_server_credentials(
            [(credentials.key, credentials.certificate)],
            root_certificates=credentials.authority,
            require_client_auth=True,
        )
        try:
            return self._server.add_secure_port(bind, shown)
        except RuntimeError as error:
            raise NetFault(
                f"cannot listen on {bind}: {error}",
                "another daemon may run here, or the address is not this machine's",
            ) from None

    async def start(self) -> None:
        """Begin to answer."""
        await self._server.start()

    async def stop(self, grace: float) -> None:
        """Finish requests for at most `grace` seconds, then hang up."""
        await self._server.stop(grace)

    def _handlers(self) -> "grpc.GenericRpcHandler[bytes, bytes]":
        methods = {
            "Link": grpc.stream_stream_rpc_method_handler(self._link),
            "Raft": grpc.stream_stream_rpc_method_handler(self._raft),
            "Bulk": grpc.stream_unary_rpc_method_handler(self._bulk),
            "Ask": grpc.unary_unary_rpc_method_handler(self._ask),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    async def _link(self, _: object, context: Visitor) -> None:
        await self._serve(context, Purpose.LINK)

    async def _raft(self, _: object, context: Visitor) -> None:
        await self._serve(context, Purpose.RAFT)

    async def _serve(self, context: Visitor, purpose: Purpose) -> None:
        try:
            await self._visit(context, purpose)
        except WireFault as fault:
            await self._refuse(context, str(fault), grpc.StatusCode.INVALID_ARGUMENT)
        except TimeoutError:
            await context.abort(grpc.StatusCode.ABORTED, "nothing heard for too long")

    async def _visit(self, context: Visitor, purpose: Purpose) -> None:
        node, instance = await self._greet(context)
        now = self._now()
        visit = Visit(purpose, context.peer(), mailbox_for(purpose), now)
        self._guests.enter(node, instance, visit, now)
        try:
            self._doors.on_guest(node)
            await first_of(
                self._read(context, node, visit),
                drain(visit.box, context, self._doors.tally(node)),
                self._await_silence(visit),
            )
        finally:
            self._guests.leave(node, visit)

    async def _greet(self, context: Visitor) -> tuple[NodeName, str]:
        async with asyncio.timeout(CONNECT_DEADLINE):
            data = await context.read()
        hello = frame_from_bytes(data) if isinstance(data, bytes) else None
        if not isinstance(hello, Hello):
            await self._refuse(context, "a stream begins with Hello")
        node = _proven_name(context)
        if hello.node != node:
            await self._refuse(context, impostor(hello.node, node))
        protocol = common_protocol(hello)
        if protocol is None:
            await self._refuse(context, _no_protocol(hello))
        await self._refuse_duplicate(context, node, hello.instance)
        welcome = Welcome(
            node=self._local.node, instance=self._local.instance, protocol=protocol
        )
        await context.write(frame_to_bytes(welcome))
        return node, hello.instance

    async def _read(self, context: Visitor, node: NodeName, visit: Visit) -> None:
        tally = self._doors.tally(node)
        while isinstance(data := await context.read(), bytes):
            visit.heard_at = self._now()
            self._guests.heard(node, visit.heard_at)
            frame = frame_from_bytes(data)
            tally.count_received(len(data), messages_in(frame))
            await self._refuse_impostor(context, frame, node)
            self._take(node, visit, frame)

    async def _await_silence(self, visit: Visit) -> None:
        silence = silence_on(visit.purpose, self._local)
        await await_silence(lambda: visit.heard_at, silence)
        raise TimeoutError

    def _take(self, node: NodeName, visit: Visit, frame: Frame) -> None:
        match frame:
            case Ping(stamp):
                visit.box.put(Pong(stamp))
            case _:
                self._doors.on_frame(node, frame)

    async def _bulk(self, _: AsyncIterator[bytes], context: Visitor) -> bytes:
        node = await self._caller(context)
        try:
            message, size = await gather(context)
        except WireFault as fault:
            await self._refuse(context, str(fault), grpc.StatusCode.INVALID_ARGUMENT)
        self._doors.tally(node).count_received(size)
        self._doors.on_large(node, message)
        return RECEIPT

    async def _ask(self, data: bytes, context: Visitor) -> bytes:
        node = await self._caller(context)
        try:
            body = question_from_bytes(data)
        except WireFault as fault:
            await self._refuse(context, str(fault), grpc.StatusCode.INVALID_ARGUMENT)
        tally = self._doors.tally(node)
        tally.count_received(len(data))
        answer = answer_to_bytes(await self._doors.on_ask(node, body))
        tally.count_sent(len(answer))
        return answer

    async def _caller(self, context: Visitor) -> NodeName:
        node = _proven_name(context)
        metadata = dict(context.invocation_metadata() or ())
        instance = metadata.get(INSTANCE_KEY, "")
        await self._refuse_duplicate(context, node, str(instance))
        return node

    async def _refuse_impostor(
        self, context: Visitor, frame: Frame, node: NodeName
    ) -> None:
        match frame:
            case Renew(sender=claimed) | RenewAck(sender=claimed) if claimed != node:
                await self._refuse(context, impostor(claimed, node))

    async def _refuse_duplicate(
        self, context: Visitor, node: NodeName, instance: str
    ) -> None:
        refusal = self._guests.refusal(node, instance, self._now())
        if node == self._local.node and instance != self._local.instance:
            refusal = f"this is `{node}` itself; two machines must not share a name"
        if refusal:
            await self._refuse(context, refusal, grpc.StatusCode.ALREADY_EXISTS)

    async def _refuse(
        self,
        context: Visitor,
        reason: str,
        code: grpc.StatusCode = grpc.StatusCode.PERMISSION_DENIED,
    ) -> NoReturn:
        address = context.peer()
        fields = {"address": address, "reason": reason}
        text = f"refused {address}: {reason}"
        self._local.tell(
            Note(name="peer-refused", level=Level.ERROR, text=text, fields=fields)
        )
        await context.abort(code, reason)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _proven_name(context: Visitor) -> NodeName:
    # TLS has checked the certificate before we get here; it always has a name.
    (name,) = context.auth_context()["x509_common_name"]
    return NodeName(name.decode())


def _no_protocol(hello: Hello) -> str:
    return (
        f"no common protocol: `{hello.node}` speaks {hello.protocol_min} to "
        f"{hello.protocol_max}, this node {PROTOCOL_MIN} to {PROTOCOL_MAX}; upgrade "
        "the older one"
    )
