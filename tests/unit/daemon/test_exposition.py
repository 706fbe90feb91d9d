"""`/metrics` over HTTP: what is answered, and what is not."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from clusterd.daemon.exposition import Exposition
from clusterd.daemon.lifecycle import Lifecycle
from clusterd.daemon.paths import Paths


def _answer(folder: Path, request: bytes) -> tuple[str, dict[str, str], str]:
    """Return status, headers and body of the answer outside any cluster."""
    lifecycle = Lifecycle(
        Paths(data=folder, run=folder),
        lambda _: None,
        lambda _: None,
        is_punctual=False,
    )
    head, _, body = Exposition(lifecycle)._answer(request).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(each.split(": ", 1) for each in lines), body.decode()


def test_metrics_are_there_without_a_cluster(tmp_path: Path) -> None:
    """A scrape that fails looks like a dead daemon; this one only has no cluster."""
    status, headers, body = _answer(tmp_path, b"GET /metrics HTTP/1.1\r\n\r\n")

    names = {family.name for family in text_string_to_metric_families(body)}
    assert status == "HTTP/1.1 200 OK"
    assert headers["Content-Type"].startswith("text/plain")
    assert "process_resident_memory_bytes" in names
    assert not any(name.startswith("clusterd_") for name in names)


def test_the_length_is_that_of_the_body(tmp_path: Path) -> None:
    """The connection is closed after it, but clients trust the header."""
    for request in (b"GET /metrics HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        _, headers, body = _answer(tmp_path, request)

        assert int(headers["Content-Length"]) == len(body.encode())
        assert headers["Connection"] == "close"


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /metrics/../secret HTTP/1.1\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n",
        b"\xff\xfe\x00 /metrics x\r\n\r\n",
    ],
)
def test_nothing_else_is_served(tmp_path: Path, request_head: bytes) -> None:
    """Read only, one page: there is nothing to find here."""
    status, _, body = _answer(tmp_path, request_head)

    assert status == "HTTP/1.1 404 Not Found"
    assert body == "only GET /metrics\n"
