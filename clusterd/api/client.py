"""A synchronous client for the local door. Standard library only, and little of it."""

import socket
from collections.abc import Iterator, Mapping
from types import TracebackType

from clusterd.api.protocol import (
    ANSWER_BYTES,
    SOCKET_PATH,
    TIMEOUT,
    Answer,
    Done,
    Event,
    Exit,
    Fault,
    Json,
    ProtocolFault,
    Request,
    decode_answer,
    encode_request,
)

GRACE = 1.0
"""Seconds a node may be late before it counts as unreachable."""
_CHUNK = 65_536


class AnswerFault(Exception):
    """The node (or the way to it) answered with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {fault.text}")
        self.fault = fault


class LocalClient:
    """Asks the daemon behind one unix socket; one connection per request."""

    def __init__(
        self, path: str = SOCKET_PATH, author: str = "", grace: float = GRACE
    ) -> None:
        self.path = path
        self.author = author
        self.grace = grace

    def request(
        self,
        verb: str,
        args: Mapping[str, Json] | None = None,
        timeout: float = TIMEOUT,
    ) -> Json:
        """Ask, skip events, return the answer. Raises AnswerFault."""
        with self.stream(verb, args, timeout) as stream:
            for _ in stream:
                pass
            return stream.result

    def stream(
        self,
        verb: str,
        args: Mapping[str, Json] | None = None,
        timeout: float = TIMEOUT,
        *,
        endless: bool = False,
    ) -> "Stream":
        """Ask; iterate over the events, then `result` is the answer.

        `endless`: however long it is silent, that is no fault. Raises AnswerFault,
        here or while iterating.
        """
        request = Request(
            verb=verb, args=args or {}, author=self.author, timeout=timeout
        )
        try:
            line = encode_request(request)
        except ProtocolFault as error:
            fault = Fault(code="E-TOO-LARGE", text=str(error), exit=Exit.USAGE)
            raise AnswerFault(fault) from None
        connection = self._connect(timeout + self.grace)
        try:
            connection.sendall(line)
        except OSError as error:
            connection.close()
            raise AnswerFault(self._unreachable(_why(error))) from None
        if endless:
            connection.settimeout(None)
        return Stream(connection, self.path, timeout)

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            connection.connect(self.path)
        except OSError as error:
            connection.close()
            raise AnswerFault(self._connect_fault(error)) from None
        return connection

    def _connect_fault(self, error: OSError) -> Fault:
        if isinstance(error, PermissionError):
            return Fault(
                code="E-FORBIDDEN",
                text=f"not allowed to open {self.path}",
                hint="run it as root, or as the user the daemon runs as",
                exit=Exit.FORBIDDEN,
            )
        return self._unreachable(_why(error))

    def _unreachable(self, why: str) -> Fault:
        return Fault(
            code="E-UNREACHABLE",
            text=f"no daemon on {self.path} ({why})",
            hint="systemctl status clusterd",
            exit=Exit.UNREACHABLE,
        )


class Stream:
    """The answer to one request: events to iterate over, then `result`."""

    def __init__(self, connection: socket.socket, path: str, timeout: float) -> None:
        self._connection = connection
        self._path = path
        self._timeout = timeout
        self._buffer = bytearray()
        self.result: Json = None

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the node stops working for this request."""
        self._connection.close()

    def __iter__(self) -> Iterator[Json]:
        """Yield the events as they come. Raises AnswerFault."""
        while True:
            answer = self._next()
            match answer:
                case Event(data=data):
                    yield data
                case Done(data=data):
                    self.result = data
                    return
                case Fault():
                    raise AnswerFault(answer)

    def _next(self) -> Answer:
        try:
            return decode_answer(self._line())
        except ProtocolFault as error:
            fault = Fault(code="E-PROTOCOL", text=str(error), exit=Exit.UNREACHABLE)
            raise AnswerFault(fault) from None

    def _line(self) -> bytes:
        scanned = 0
        while (end := self._buffer.find(b"\n", scanned)) < 0:
            scanned = len(self._buffer)
            if scanned > ANSWER_BYTES:
                raise ProtocolFault(f"an answer exceeds {ANSWER_BYTES} bytes")
            self._buffer += self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _receive(self) -> bytes:
        try:
            chunk = self._connection.recv(_CHUNK)
        except TimeoutError:
            text = f"the daemon on {self._path} did not answer in {self._timeout:g} s"
            raise AnswerFault(_silent(text)) from None
        except OSError as error:
            text = f"lost the daemon on {self._path} ({_why(error)})"
            raise AnswerFault(_silent(text)) from None
        if not chunk:
            text = f"the daemon on {self._path} hung up before it answered"
            raise AnswerFault(_silent(text))
        return chunk


def _silent(text: str) -> Fault:
    return Fault(
        code="E-UNREACHABLE",
        text=text,
        hint="systemctl status clusterd",
        exit=Exit.UNREACHABLE,
        is_unknown=True,
    )


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
