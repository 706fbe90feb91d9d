"""Lines of JSON: what goes in comes out, and rubbish is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterd.api.protocol import (
    REQUEST_BYTES,
    Done,
    Event,
    Exit,
    Fault,
    ProtocolFault,
    Request,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON), st.text())
def test_a_request_survives_the_line(args: dict[str, object], author: str) -> None:
    """One line, whatever it holds: newlines inside are escaped."""
    request = Request(verb="v", args=args, author=author, timeout=2.0)  # type: ignore[arg-type]

    line = encode_request(request)

    assert line.count(b"\n") == 1
    assert decode_request(line) == request


@given(JSON)
def test_an_answer_survives_the_line(data: object) -> None:
    """Events and answers carry any JSON."""
    for answer in (Done(data=data), Event(data=data)):  # type: ignore[arg-type]
        assert decode_answer(encode_answer(answer)) == answer


@pytest.mark.parametrize("is_unknown", [True, False])
def test_a_fault_survives_the_line(is_unknown: bool) -> None:  # noqa: FBT001
    """Code, text, hint, exit, and whether it may still be done."""
    fault = Fault(
        code="E-X", text="t", hint="h", exit=Exit.CONFLICT, is_unknown=is_unknown
    )

    assert decode_answer(encode_answer(fault)) == fault


def test_output_that_is_no_utf8_survives_the_line() -> None:
    """Agents print bytes; they reach the user as surrogate escapes."""
    answer = Done(data={"reason": b"\xff".decode("utf-8", "surrogateescape")})

    assert decode_answer(encode_answer(answer)) == answer


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "`verb` must be a word"),
        (b'{"verb": 1}', "`verb` must be a word"),
        (b'{"verb": "v", "args": []}', "`args` must be an object"),
        (b'{"verb": "v", "author": 1}', "`author` must be a name"),
        (b'{"verb": "v", "timeout": true}', "`timeout` must be a number"),
        (b'{"verb": "v", "timeout": -1}', "`timeout` must be in"),
        (b'{"verb": "v", "timeout": NaN}', "`timeout` must be in"),
    ],
)
def test_rubbish_is_refused_with_its_reason(line: bytes, words: str) -> None:
    """Scripts in other languages speak this protocol, too."""
    with pytest.raises(ProtocolFault, match=words.replace("(", r"\(")):
        decode_request(line)


def test_an_unknown_exit_code_of_a_newer_daemon_is_a_refusal() -> None:
    """Neighbouring versions talk to each other."""
    answer = decode_answer(b'{"error": {"code": "E-NEW", "text": "t", "exit": 77}}')

    assert isinstance(answer, Fault)
    assert answer.exit is Exit.REFUSED


def test_a_request_beyond_the_bound_is_not_sent() -> None:
    """The daemon would only hang up in the middle of it."""
    request = Request(verb="v", args={"text": "x" * REQUEST_BYTES})

    with pytest.raises(ProtocolFault, match="at most"):
        encode_request(request)
