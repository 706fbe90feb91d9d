"""Shape of a text: encodings, limits, aliases and places."""

import pytest

from clusterd.config.diagnostic import Code, Span
from clusterd.config.report import Report, split_lines
from clusterd.config.source import (
    DEPTH_MAX,
    SIZE_MAX,
    Listing,
    Scalar,
    Table,
    decode,
    read,
)


def codes(text: str) -> list[Code]:
    """Return what is said about a text that cannot be read."""
    report = Report("f", split_lines(text))
    assert read(text, report) is None
    return [each.code for each in report.diagnostics()]


def test_scalars_keep_their_characters() -> None:
    """`no`, `0x10` and `1_000` are what the user typed, not what YAML makes of it."""
    text = "a: no\nb: 0x10\nc: '1_000'\n"

    node = read(text, Report("f", split_lines(text)))

    assert isinstance(node, Table)
    values = [each for _, each in node.entries if isinstance(each, Scalar)]
    assert [each.text for each in values] == ["no", "0x10", "1_000"]
    assert values[2].span == Span(3, 4, 7)


def test_empty_values_are_null_and_empty_quotes_are_not() -> None:
    """`nic:` is unfinished, `nic: ""` is an empty text."""
    text = "- \n- ''\n- ~\n- 'null'\n"

    node = read(text, Report("f", split_lines(text)))

    assert isinstance(node, Listing)
    nulls = [isinstance(each, Scalar) and each.is_null for each in node.items]
    assert nulls == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", Code.EMPTY, id="nothing"),
        pytest.param("# only words\n", Code.EMPTY, id="comment"),
        pytest.param("---\n...\n", Code.EMPTY, id="empty document"),
        pytest.param("a: 1\n---\nb: 2\n", Code.UNSUPPORTED_YAML, id="two documents"),
        pytest.param("? [a]\n: b\n", Code.UNSUPPORTED_YAML, id="a list as key"),
        pytest.param("a: *b\n", Code.UNSUPPORTED_YAML, id="unknown alias"),
        pytest.param("a: !!int 3\n", Code.UNSUPPORTED_YAML, id="tag"),
        pytest.param("a: [1, 2\n", Code.SYNTAX, id="open bracket"),
        pytest.param('a: "\\UFFFFFFFF"\n', Code.SYNTAX, id="absurd escape"),
        pytest.param('a: "\\0"\n', Code.ENCODING, id="null character"),
        pytest.param('a: "\\ud800"\n', Code.ENCODING, id="half a character"),
        pytest.param("a: \x07\n", Code.ENCODING, id="bell"),
        pytest.param("a: @x\n", Code.SYNTAX, id="reserved sign"),
        pytest.param("a:\n\t- b\n", Code.TAB, id="tab"),
        pytest.param("a:\n  - b\n\tc: d\n", Code.TAB, id="tab after spaces"),
        pytest.param("[" * (DEPTH_MAX + 1), Code.TOO_LARGE, id="too deep"),
        pytest.param("[" * 100_000, Code.TOO_LARGE, id="absurdly deep"),
        pytest.param("x" * (SIZE_MAX + 1), Code.TOO_LARGE, id="too long"),
    ],
)
def test_unreadable_texts_are_explained(text: str, code: Code) -> None:
    """Each way to break YAML has its own words."""
    assert codes(text) == [code]


def test_a_bad_character_after_a_rare_line_break_has_its_place() -> None:
    """YAML counts U+2028 as the end of a line; so must we (found by a law)."""
    text = "\u2028\x00"
    report = Report("f", split_lines(text))

    read(text, report)

    assert [each.span for each in report.diagnostics()] == [Span(2, 1)]


def test_aliases_are_followed() -> None:
    """One list of operations for three resources is what they are for."""
    text = "a: &x [1]\nb: *x\n"

    node = read(text, Report("f", split_lines(text)))

    assert isinstance(node, Table)
    assert node.entries[0][1] is node.entries[1][1]


def test_bad_bytes_are_shown_where_they_stand() -> None:
    """An editor can jump to line 2, column 7."""
    _, report = decode(b"a: 1\nname: \xe9t\xe9\n", "f")

    assert report is not None
    (fault,) = report.diagnostics()
    assert (fault.code, fault.span) == (Code.ENCODING, Span(2, 7))


def test_utf_16_is_recognised() -> None:
    """What some editors call Unicode."""
    _, report = decode("a: 1".encode("utf-16"), "f")

    assert report is not None
    assert "UTF-16" in (report.diagnostics()[0].hint or "")


def test_a_byte_order_mark_is_no_text() -> None:
    """Some editors put it there; the first key is still the first key."""
    text, report = decode(b"\xef\xbb\xbfa: 1", "f")

    assert (text, report) == ("a: 1", None)
