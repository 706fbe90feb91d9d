"""The second port: where machines without a certificate ask to join."""

from collections.abc import Awaitable, Callable

import grpc

from clusterd.model.note import Level, Note
from clusterd.net.channels import server_options
from clusterd.net.faults import NetFault
from clusterd.net.streams import Visitor
from clusterd.net.tls import Credentials
from clusterd.wire.enrol import (
    JoinAnswer,
    JoinRefused,
    JoinRequest,
    answer_to_bytes,
    request_from_bytes,
)
from clusterd.wire.faults import WireFault
from clusterd.wire.frame import PROTOCOL_MAX, PROTOCOL_MIN

ENROL_SERVICE = "clusterd.wire.v1.Enrol"

_AT_ONCE = 8
"""Requests in work; more are turned away by gRPC: strangers reach this port."""


class EnrolServer:
    """Shows the cluster's certificates, takes requests, passes them to `on_join`."""

    def __init__(
        self,
        credentials: Credentials,
        bind: str,
        *,
        on_join: Callable[[JoinRequest], Awaitable[JoinAnswer]],
        tell: Callable[[Note], None],
    ) -> None:
        self._credentials = credentials
        self._bind = bind
        self._on_join = on_join
        self._tell = tell
        self._server: grpc.aio.Server | None = None
        self.port = 0
        """The port in use, once started; of interest when `bind` says 0."""

    async def start(self) -> None:
        """Listen and answer. Raises NetFault if the address cannot be had."""
        self._server = grpc.aio.server(
            options=server_options(), maximum_concurrent_rpcs=_AT_ONCE
        )
        method = grpc.unary_unary_rpc_method_handler(self._join)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(ENROL_SERVICE, {"Join": method}),)
        )
        # The authority goes with our certificate: the newcomer compares its
        # fingerprint with the token's before it says anything.
        shown = self._credentials.certificate + self._credentials.authority
        pair = (self._credentials.key, shown)
        credentials = grpc.ssl_server_credentials([pair])
        try:
            self.port = self._server.add_secure_port(self._bind, credentials)
        except RuntimeError as error:
            raise NetFault(
                f"cannot listen on {self._bind}: {error}",
                "another daemon may run here, or the address is not this machine's",
            ) from None
        await self._server.start()

    async def stop(self, grace: float = 0.2) -> None:
        """Finish requests for at most `grace` seconds, then hang up."""
        if self._server is not None:
            await self._server.stop(grace)

    async def answer(self, request: JoinRequest) -> JoinAnswer:
        """Return what the cluster says to a request it understands."""
        return _foreign_protocol(request) or await self._on_join(request)

    async def _join(self, data: bytes, context: Visitor) -> bytes:
        try:
            request = request_from_bytes(data)
        except WireFault as fault:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(fault))
        answer = await self.answer(request)
        if isinstance(answer, JoinRefused):
            self._tell_refusal(request, answer, context.peer())
        return answer_to_bytes(answer)

    def _tell_refusal(
        self, request: JoinRequest, answer: JoinRefused, address: str
    ) -> None:
        fields = {"node": request.node, "address": address, "reason": answer.reason}
        text = f"`{request.node}` ({address}) may not join: {answer.reason}"
        note = Note(name="join-refused", level=Level.WARNING, text=text, fields=fields)
        self._tell(note)


def _foreign_protocol(request: JoinRequest) -> JoinRefused | None:
    if request.protocol_min <= PROTOCOL_MAX and request.protocol_max >= PROTOCOL_MIN:
        return None
    return JoinRefused(
        reason=f"no common protocol: `{request.node}` speaks {request.protocol_min} to "
        f"{request.protocol_max}, the cluster {PROTOCOL_MIN} to {PROTOCOL_MAX}",
        hint="install the cluster's version of clusterd there",
    )
