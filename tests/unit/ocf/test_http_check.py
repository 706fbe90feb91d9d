"""One question over HTTP: URLs, statuses, and answers of many servers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clusterd.ocf.http_check import (
    BODY_LIMIT,
    Answer,
    Trust,
    Url,
    fetch,
    parse_statuses,
    parse_url,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://a", ("http", "a", 80, "/")),
        ("HTTPS://a/x?y=1", ("https", "a", 443, "/x?y=1")),
        ("http://127.0.0.1:8080/h", ("http", "127.0.0.1", 8080, "/h")),
        ("http://[2001:db8::1]:81/", ("http", "2001:db8::1", 81, "/")),
        ("http://[::1]", ("http", "::1", 80, "/")),
    ],
)
def test_urls_are_read(text: str, parts: tuple[str, str, int, str]) -> None:
    """Scheme, host, port, path with query."""
    url = parse_url(text)

    assert (url.scheme, url.host, url.port, url.path) == parts


@pytest.mark.parametrize(
    "text",
    ["", "a", "ftp://a", "http://", "http://a:0", "http://a:99999", "http://a b"],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    """With a sentence that fits behind the parameter's name."""
    with pytest.raises(ValueError, match=r"^must "):
        parse_url(text)


def test_the_host_header_names_port_and_brackets_as_needed() -> None:
    """RFC 9110, 7.2."""
    texts = ["http://a", "http://a:81", "http://[::1]:81"]

    assert [parse_url(text).authority for text in texts] == ["a", "a:81", "[::1]:81"]


def test_statuses_are_numbers_and_ranges() -> None:
    """Ends included."""
    ranges = parse_statuses("200-299, 401")

    good = [s for s in (199, 200, 299, 300, 401) if any(s in each for each in ranges)]
    assert good == [200, 299, 401]
    with pytest.raises(ValueError, match="statuses"):
        parse_statuses("2xx")


@contextmanager
def server(*pieces: bytes, pause: float = 0.0) -> Iterator[Url]:
    """Answer one connection with these pieces, then close it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                for piece in pieces:
                    try:
                        connection.sendall(piece)
                    except OSError:
                        return
                    time.sleep(pause)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Url("http", "127.0.0.1", listener.getsockname()[1], "/")
        thread.join()


def ask(url: Url, seconds: float = 2.0) -> Answer:
    """Ask as an agent does."""
    return fetch(url, method="GET", seconds=seconds, trust=Trust())


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"], b"ok", id="length"
        ),
        pytest.param(
            [b"HTTP/1.0 200 OK\r\n\r\n", b"o", b"k"], b"ok", id="until closed"
        ),
        pytest.param(
            [
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r",
                b"\n1\r\no\r",
                b"\n1;x=y\r\nk\r\n0\r\n\r\n",
            ],
            b"ok",
            id="chunks, cut anywhere",
        ),
        pytest.param([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", id="no body"),
    ],
)
def test_bodies_are_read_however_they_are_framed(
    pieces: list[bytes], body: bytes
) -> None:
    """RFC 9112, 6.3."""
    with server(*pieces) as url:
        assert ask(url).body == body


def test_an_endless_body_is_cut() -> None:
    """A check reads at most 64 KiB."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 200_000) as url:
        assert len(ask(url).body) == BODY_LIMIT


@pytest.mark.parametrize(
    "text", [b"SSH-2.0-OpenSSH\r\n\r\n", b"", b"HTTP/1.1 huh\r\n\r\n"]
)
def test_what_does_not_speak_http_is_told(text: bytes) -> None:
    """A port may belong to another service."""
    with server(text) as url, pytest.raises(ValueError, match="answer"):
        ask(url)


def test_a_trickle_of_bytes_does_not_prolong_the_limit() -> None:
    """The limit is for everything, not for each read."""
    drops = [b"x"] * 8
    with server(b"HTTP/1.1 200 OK\r\n\r\n", *drops, pause=0.1) as url:
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            ask(url, seconds=0.3)
        assert time.monotonic() - begun < 0.6
