"""Ask a health URL one question: HTTP/1.1 over one new connection, in time.

No proxy, no redirects, at most 64 KiB of answer: a check looks at this service and
nothing else. `http.client` would cost 20 ms of imports per check.
"""

# The C half of `socket`: the other half imports `enum` and `selectors`, 6 ms.
import _socket
import time

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    import ssl

BODY_LIMIT = 65536
_HEAD_LIMIT = 65536
_PORTS = {"http": 80, "https": 443}


class Url:
    """Where to ask: scheme, host, port and path with query."""

    def __init__(self, scheme: str, host: str, port: int, path: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path

    @property
    def authority(self) -> str:
        """What belongs into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Answer:
    """What the service said; `body` is cut at BODY_LIMIT bytes."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


class Trust:
    """How to believe a server's certificate: `ca_file` empty means the system's."""

    def __init__(self, *, ca_file: str = "", insecure: bool = False) -> None:
        self.ca_file = ca_file
        self.insecure = insecure

    def context(self) -> "ssl.SSLContext":
        """Build the TLS context; OSError if the CA file cannot be read."""
        import ssl  # noqa: PLC0415  # 15 ms, only for https.

        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_url(text: str) -> Url:
    """Read `http://host[:port]/path`; ValueError with a sentence."""
    scheme, mark, rest = text.strip().partition("://")
    if not mark or scheme.lower() not in _PORTS:
        raise ValueError("must begin with http:// or https://")
    authority, slash, path = rest.partition("/")
    host, port = _split_port(authority)
    if not host or "@" in authority or any(blank in rest for blank in " \t\r\n"):
        raise ValueError("must be a URL such as http://127.0.0.1:8080/health")
    number = int(port) if port.isdigit() else 0
    if port and not 0 < number < 65536:
        raise ValueError("must have a port from 1 to 65535")
    scheme = scheme.lower()
    return Url(scheme, host, number or _PORTS[scheme], slash + path or "/")


def parse_statuses(text: str) -> list[range]:
    """Read `200-399,401` as ranges; ValueError with a sentence."""
    ranges = []
    for part in text.replace(" ", "").split(","):
        first, mark, last = part.partition("-")
        if not first.isdigit() or (mark and not last.isdigit()):
            raise ValueError("must be statuses such as 200-399,401")
        ranges.append(range(int(first), int(last or first) + 1))
    return ranges


def fetch(url: Url, *, method: str, seconds: float, trust: Trust) -> Answer:
    """Ask once; `seconds` is for everything.

    Raises OSError (TimeoutError when they are over) or ValueError (not HTTP).
    """
    until = time.monotonic() + seconds
    connection = _connect(url, until)
    try:
        stream = _Stream(connection, until)
        if url.scheme == "https":
            stream.secure(trust, url.host)
        request = f"{method} {url.path} HTTP/1.1\r\nHost: {url.authority}\r\n"
        request += "User-Agent: clusterd-check\r\nAccept: */*\r\nConnection: close\r\n"
        stream.send(request.encode() + b"\r\n")
        return _read_answer(stream, has_body=method != "HEAD")
    finally:
        connection.close()


class _Stream:
    """A connection whose every step shares one deadline."""

    def __init__(self, connection: _socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until

    def secure(self, trust: Trust, host: str) -> None:
        """Continue in TLS; verification is against `host`."""
        import socket  # noqa: PLC0415  # `ssl` needs the Python half; it imports it anyway.

        self._connection.settimeout(_left(self._until))
        plain = socket.socket(fileno=self._connection.detach())
        plain.settimeout(_left(self._until))
        self._connection = trust.context().wrap_socket(plain, server_hostname=host)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._connection.settimeout(_left(self._until))
        self._connection.sendall(data)

    def receive(self) -> bytes:
        """Return what has come; empty at the end."""
        self._connection.settimeout(_left(self._until))
        return self._connection.recv(16384)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _connect(url: Url, until: float) -> _socket.socket:
    fault: OSError = OSError(f"`{url.host}` has no address")
    for family, address in _resolve(url, until):
        connection = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(until))
            connection.connect(address)
        except OSError as refused:
            connection.close()
            fault = refused
        else:
            return connection
    raise fault


def _resolve(url: Url, until: float) -> list[tuple[int, tuple[str, int]]]:
    """Return families and addresses; a numeric host asks nobody."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, url.host)
        except OSError:
            continue
        return [(family, (url.host, url.port))]
    return _look_up(url, until)


def _look_up(url: Url, until: float) -> list[tuple[int, tuple[str, int]]]:
    """Ask the resolver in a thread: it knows no limit and cannot be interrupted."""
    import threading  # noqa: PLC0415  # Only for hosts that are names.

    found: list[tuple[int, tuple[str, int]]] = []

    def look() -> None:
        try:
            answers = _socket.getaddrinfo(
                url.host, url.port, 0, _socket.SOCK_STREAM, _socket.IPPROTO_TCP
            )
        except OSError:
            return
        found.extend((each[0], (str(each[4][0]), url.port)) for each in answers)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(_left(until))
    if thread.is_alive():
        raise TimeoutError(f"looking up `{url.host}` timed out")
    return list(found)


def _read_answer(stream: _Stream, *, has_body: bool) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.receive()
        if not more or len(data) > _HEAD_LIMIT:
            raise ValueError("the answer is not HTTP" if data else "no answer")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = _status(lines[0])
    if not has_body:
        return Answer(status, b"")
    headers = dict(_header(line) for line in lines[1:])
    if headers.get("transfer-encoding", "").lower().endswith("chunked"):
        return Answer(status, _chunked(stream, body))
    length = headers.get("content-length", "")
    wanted = min(BODY_LIMIT, int(length)) if length.isdigit() else BODY_LIMIT
    return Answer(status, _exactly(stream, body, wanted))


def _status(line: str) -> int:
    words = line.split()
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        raise ValueError("the answer is not HTTP")
    return int(words[1])


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _exactly(stream: _Stream, body: bytes, wanted: int) -> bytes:
    while len(body) < wanted and (more := stream.receive()):
        body += more
    return body[:wanted]


def _chunked(stream: _Stream, data: bytes) -> bytes:
    """Join the chunks of a body (RFC 9112, 7.1) up to the limit."""
    body = b""
    while len(body) < BODY_LIMIT:
        while b"\r\n" not in data and (more := stream.receive()):
            data += more
        line, _, data = data.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0] or b"0", 16)
        except ValueError:
            raise ValueError("the answer is not HTTP: bad chunk") from None
        if size == 0:
            break
        data = _at_least(stream, data, min(size, BODY_LIMIT) + 2)
        body += data[:size]
        data = data[size + 2 :]
    return body[:BODY_LIMIT]


def _at_least(stream: _Stream, data: bytes, wanted: int) -> bytes:
    while len(data) < wanted and (more := stream.receive()):
        data += more
    return data


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):  # [2001:db8::1]:8080
        host, _, port = authority[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port
