"""The lines between daemon and runner."""

import json

import pytest

from clusterd.host.runner_protocol import (
    LINE_MAX,
    Collected,
    End,
    Exited,
    Garbled,
    Hello,
    Kill,
    List,
    Message,
    Noticed,
    Run,
    Trouble,
    Unwatch,
    decode,
    encode,
)


@pytest.mark.parametrize(
    "message",
    [
        Run(run="1", argv=("/a", "start"), instance="vip", environment={"x": "ü\n"}),
        Kill(run="1"),
        Collected(run="1"),
        Unwatch(instance="vip"),
        List(),
        End(),
        Hello(boot="b", running=("1",), finished=("2", "3"), watched=()),
        Exited(run="1", status=None, signal=9, timed_out=True, stderr="\0\ufffd"),
        Noticed(instance="vip", what="process 7 exited"),
        Trouble(text="two\nlines"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_message_survives_the_wire(message: Message) -> None:
    """As one line, whatever is in it."""
    line = encode(message)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "no message"),
        (b'{"is":"run"}', "incomplete"),
        (b'{"is":"dance"}', "no message"),
        (b'{"is":["run"]}', "no message"),
        (b'{"is":"kill","run":7}', "`run` of `kill` cannot be 7"),
        (b'{"is":"kill","run":null}', "cannot be None"),
        (b'{"is":"run","run":"1","argv":"/bin/sh","instance":"i"}', "`argv`"),
        (b'{"is":"run","run":"1","argv":["a",1],"instance":"i"}', "`argv`"),
        (b'{"is":"run","environment":{"a":1}}', "`environment`"),
    ],
)
def test_a_wrong_line_is_refused_with_a_reason(line: bytes, why: str) -> None:
    """Neither end may fall over what the other says."""
    with pytest.raises(Garbled, match=why):
        decode(line)


def test_a_newer_end_may_say_more() -> None:
    """A new daemon talks to the runner that its predecessor started."""
    line = json.dumps({"is": "kill", "run": "1", "softly": True}).encode()

    assert decode(line) == Kill(run="1")


def test_the_longest_result_fits_into_a_line() -> None:
    """Escaping makes a character of output six; both streams are full."""
    worst = "\0" * (64 << 10)

    line = encode(Exited(run="x" * 200, stdout=worst, stderr=worst))

    assert len(line) < LINE_MAX
