"""One stream that we dialled: connect, greet, send, watch for silence, again."""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import grpc
from tenacity import AsyncRetrying, retry_if_exception_type
from tenacity.wait import wait_random

from clusterd.model.names import NodeName
from clusterd.model.note import Level, Note
from clusterd.net.channels import CONNECT_DEADLINE, open_channel
from clusterd.net.diagnosis import cause_of, is_refusal
from clusterd.net.local import Local
from clusterd.net.statistics import Tally
from clusterd.net.streams import (
    Outgoing,
    Purpose,
    await_silence,
    drain,
    first_of,
    mailbox_for,
    silence_on,
)
from clusterd.wire.faults import WireFault
from clusterd.wire.frame import (
    Frame,
    Hello,
    Ping,
    Pong,
    Welcome,
    frame_from_bytes,
    frame_to_bytes,
)

BACK_OFF = (0.2, 1.0)
"""Seconds between attempts, drawn at random: not everybody at the same time."""

_PINGS_PER_SILENCE = 3
_RTT_EVERY = 5.0
"""Seconds between measurements of the round trip."""

_PROMPT = 0.3
"""Seconds within which a healthy peer has answered our greeting."""

_CALL_ENDED = (grpc.aio.UsageError, asyncio.InvalidStateError)

Call: TypeAlias = "grpc.aio.StreamStreamCall[bytes, bytes]"


class StreamLost(Exception):
    """The stream is not, or no longer, there; the text says why."""


class _Overtaken(StreamLost):
    """The peer was heard meanwhile: a fresh attempt will be quicker."""


class Dialer:
    """Keeps one stream to one peer alive until it is stopped."""

    def __init__(
        self,
        local: Local,
        peer: NodeName,
        address: str,
        purpose: Purpose,
        tally: Tally,
        on_frame: Callable[[NodeName, Frame], None],
    ) -> None:
        self._local = local
        self._peer = peer
        self._address = address
        self._purpose = purpose
        self._tally = tally
        self._on_frame = on_frame
        self._box = mailbox_for(purpose)
        self._hurry = asyncio.Event()
        self._reset = asyncio.Event()
        self._when_lost: Callable[[], None] = _nothing
        self._heard_at = self._sent_at = 0.0
        self._told = ""
        self.connected = False

    def send(self, item: Outgoing, weight: int) -> None:
        """Send it soon, or lose it; never wait."""
        self._tally.dropped += self._box.put(item, weight)
        self._sent_at = asyncio.get_running_loop().time()

    def when_lost(self, call: Callable[[], None]) -> None:
        """Call this each time the stream is lost after it was up."""
        self._when_lost = call

    def hurry(self) -> None:
        """Cut the back-off short: the peer was just heard."""
        self._hurry.set()

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(StreamLost),
            wait=wait_random(*BACK_OFF),
            sleep=self._pause,
        )
        async for attempt in retrying:
            with attempt:
                await self._attempt()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return
        self._hurry.clear()

    async def _attempt(self) -> None:
        try:
            await self._converse()
        except _Overtaken:
            raise
        except grpc.aio.AioRpcError as error:
            cause = cause_of(error, self._address, self._local)
            raise self._lost(cause, is_refusal=is_refusal(error)) from None
        except (TimeoutError, WireFault, StreamLost, *_CALL_ENDED) as error:
            raise self._lost(str(error) or f"{self._address}: no answer") from None

    def _lost(self, cause: str, *, is_refusal: bool = False) -> StreamLost:
        self._tally.dropped += self._box.clear()
        if self._purpose is Purpose.LINK:
            self._tally.trouble = cause
            self._tell_trouble(cause, is_refusal=is_refusal)
        return StreamLost(cause)

    async def _converse(self) -> None:
        channel = open_channel(self._address, self._peer, self._local.credentials)
        async with channel:
            call: Call = channel.stream_stream(self._purpose.method, None, None)(None)
            async with asyncio.timeout(CONNECT_DEADLINE):
                await first_of(self._greet(call), self._overtaken())
            self._set_connected(is_up=True)
            try:
                await first_of(
                    self._read(call),
                    drain(self._box, call, self._tally),
                    self._await_silence(),
                    self._ping(),
                    self._await_reset(),
                )
            finally:
                self._set_connected(is_up=False)
                self._when_lost()

    def reset(self) -> None:
        """Give up the stream as it is, and dial again."""
        self._reset.set()

    async def _await_reset(self) -> None:
        self._reset.clear()
        await self._reset.wait()
        raise StreamLost(f"{self._address}: heartbeats were lost")

    async def _overtaken(self) -> None:
        # After a cut, an attempt may wait for a packet sent before it healed.
        # The peer reached us, so a fresh attempt will be quicker than this one.
        await asyncio.sleep(_PROMPT)
        self._hurry.clear()
        await self._hurry.wait()
        raise _Overtaken(self._address)

    async def _greet(self, call: Call) -> None:
        hello = Hello(node=self._local.node, instance=self._local.instance)
        await call.write(frame_to_bytes(hello))
        answer = frame_from_bytes(await _next(call))
        if not isinstance(answer, Welcome):
            raise StreamLost(f"{self._address}: no welcome, but {answer}")

    async def _read(self, call: Call) -> None:
        clock = asyncio.get_running_loop()
        while True:
            data = await _next(call)
            self._heard_at = clock.time()
            self._take(data)

    async def _await_silence(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        silence = silence_on(self._purpose, self._local)
        await await_silence(lambda: self._heard_at, silence)
        raise StreamLost(f"{self._address}: silent for {silence:.1f} s")

    def _take(self, data: bytes) -> None:
        frame = frame_from_bytes(data)
        self._tally.count_received(len(data))
        match frame:
            case Pong(stamp):
                now = asyncio.get_running_loop().time()
                if self._purpose is Purpose.LINK:
                    self._tally.rtt = now - stamp
            case _:
                self._on_frame(self._peer, frame)

    async def _ping(self) -> None:
        # Renewals and their answers keep a heartbeat stream busy both ways, and
        # then only the round trip is asked for. On a quiet stream pings tell a
        # quiet cluster from a dead wire, at both ends.
        clock = asyncio.get_running_loop()
        step = silence_on(self._purpose, self._local) / _PINGS_PER_SILENCE
        asked_at = -_RTT_EVERY
        while True:
            now = clock.time()
            quiet_since = min(self._heard_at, self._sent_at)
            if now - quiet_since > step or now - asked_at > _RTT_EVERY:
                asked_at = self._sent_at = now
                self._box.put(Ping(now))
            await asyncio.sleep(step)

    def _set_connected(self, *, is_up: bool) -> None:
        self.connected = is_up
        if self._purpose is Purpose.LINK:
            self._tally.connected = is_up
        if is_up and self._purpose is Purpose.LINK:
            self._tally.trouble = self._told = ""
            self._tell("peer-connected", Level.INFO, f"connected to `{self._peer}`")

    def _tell_trouble(self, cause: str, *, is_refusal: bool) -> None:
        # Once per cause: a peer that stays away must not fill the log.
        if cause != self._told:
            self._told = cause
            level = Level.ERROR if is_refusal else Level.WARNING
            name = "peer-refuses" if is_refusal else "peer-unreachable"
            self._tell(name, level, f"no stream to `{self._peer}`: {cause}")

    def _tell(self, name: str, level: Level, text: str) -> None:
        fields = {"peer": self._peer, "address": self._address}
        self._local.tell(Note(name=name, level=level, text=text, fields=fields))


def _nothing() -> None:
    pass


async def _next(call: Call) -> bytes:
    data = await call.read()
    if isinstance(data, bytes):
        return data
    raise StreamLost("the peer closed the stream")
