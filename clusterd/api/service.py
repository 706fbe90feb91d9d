"""The server behind the local socket. Thin: frames, rights, time limits.

A request that fails in an unforeseen way is answered with E-INTERNAL and told to
`on_fault`; it never takes the daemon with it.
"""

import asyncio
import contextlib
import errno
import os
import socket
import struct
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path

from clusterd.api.asked import Asked
from clusterd.api.dispatch import dispatch, is_endless, is_streaming
from clusterd.api.door import Door
from clusterd.api.faults import RequestRefused, timed_out, usage
from clusterd.api.protocol import (
    REQUEST_BYTES,
    Answer,
    Done,
    Event,
    Exit,
    Fault,
    Json,
    ProtocolFault,
    Request,
    decode_request,
    encode_answer,
)

REQUEST_SECONDS = 5.0
"""A client that connects must have sent its request by then."""
REQUESTS_MAX = 100
"""Open connections; a client that needs more is a loop gone wild."""
LINGER_SECONDS = 0.5
"""A client that read its answer hangs up at once; a broken one is not waited for."""
LATE = 0.5
"""Seconds beyond a request's timeout for its own words about it."""
_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid (unix(7)).


class LocalService:
    """Serves the local door. `uids`: who may come in, beside root."""

    def __init__(
        self,
        door: Door,
        uids: Collection[int] = (),
        on_fault: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self._door = door
        self._uids = frozenset({0, *uids})
        self._on_fault = on_fault
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, path: str) -> None:
        """Listen on `path`; a dead socket there is replaced, a live one is not.

        Raises OSError when another process answers there.
        """
        listening = _listen(path)
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listening, limit=REQUEST_BYTES
        )

    @property
    def open_requests(self) -> int:
        """The number of connections being served, for metrics."""
        return len(self._open)

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(tuple(self._open), timeout=1.0)

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._open.add(task)
        try:
            answer = await self._answer(reader, writer)
            await _send(writer, answer)
            await _linger(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # The client is gone, or the daemon goes.
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Answer:
        try:
            self._admit(writer)
            request = await _read(reader)
            return Done(data=await self._serve(request, reader, writer))
        except RequestRefused as refusal:
            return refusal.fault
        except ProtocolFault as fault:
            return Fault(code="E-PROTOCOL", text=str(fault), exit=Exit.USAGE)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001  # One request, not the daemon.
            return self._internal(error)

    def _internal(self, error: Exception) -> Fault:
        if self._on_fault is not None:
            self._on_fault("a request failed", error)
        return Fault(
            code="E-INTERNAL",
            text=f"the daemon failed on this request ({type(error).__name__}: {error})",
            hint="this is a defect; the journal of clusterd has the details",
        )

    def _admit(self, writer: asyncio.StreamWriter) -> None:
        uid = _peer_uid(writer)
        if uid not in self._uids:
            raise RequestRefused(
                Fault(
                    code="E-FORBIDDEN",
                    text=f"user id {uid} may not ask this daemon",
                    hint="run it as root",
                    exit=Exit.FORBIDDEN,
                )
            )
        if len(self._open) > REQUESTS_MAX:
            raise RequestRefused(
                Fault(
                    code="E-BUSY",
                    text=f"{REQUESTS_MAX} requests are open",
                    hint="look for a client in a loop: ss -xp",
                )
            )

    async def _serve(
        self,
        request: Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> Json:
        now = asyncio.get_running_loop().time()
        deadline = now + request.timeout
        asked = Asked(request=request, door=self._door, deadline=deadline)

        async def emit(data: Json) -> None:
            await _send(writer, Event(data=data))

        limit = None if is_endless(asked) else deadline + LATE
        try:
            async with asyncio.timeout_at(limit):
                if is_streaming(request.verb):
                    return await _until_hangup(dispatch(asked, emit), reader)
                return await dispatch(asked, emit)
        except TimeoutError:
            raise timed_out("no answer", request.timeout) from None


async def _until_hangup(
    work: Coroutine[None, None, Json], reader: asyncio.StreamReader
) -> Json:
    """Do the work; give up as soon as the client has closed its side."""
    doing = asyncio.create_task(work)
    hangup = asyncio.create_task(reader.read(1))
    try:
        await asyncio.wait({doing, hangup}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ConnectionResetError
        return doing.result()
    finally:
        doing.cancel()
        hangup.cancel()
        await asyncio.gather(doing, hangup, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request:
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise usage(f"a request may have at most {REQUEST_BYTES} bytes") from None
    except asyncio.IncompleteReadError:
        raise ConnectionResetError from None
    except TimeoutError:
        raise usage(f"no request came within {REQUEST_SECONDS:g} s") from None
    return decode_request(line)


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let the client read the answer before the connection goes.

    Closing while some of its request is unread would reset the connection and
    throw the answer away: a refusal comes before the request was read.
    """
    writer.write_eof()
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while await reader.read(REQUEST_BYTES):
                pass
    except TimeoutError:
        return


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(encode_answer(answer))
    await writer.drain()


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    peer: socket.socket = writer.get_extra_info("socket")
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return int(uid)


def _listen(path: str) -> socket.socket:
    _remove_dead(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # Nobody else may knock, not even for a moment.
    try:
        listening.bind(path)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    return listening


def _remove_dead(path: str) -> None:
    """Remove a socket nobody listens on any more. Raises OSError if one does."""
    if not Path(path).is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            Path(path).unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, f"another daemon answers on {path}")
