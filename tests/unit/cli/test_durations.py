"""Durations and times of day, as people write them."""

import time

import pytest

from clusterd.cli.durations import (
    clock_text,
    parse_duration,
    parse_instant,
    short_text,
    span_text,
)

NOON = 1_700_049_600.0  # 2023-11-15 12:00:00 UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15", 15.0),
        ("200ms", 0.2),
        ("90s", 90.0),
        ("15min", 900.0),
        ("2h", 7200.0),
        ("1d12h", 129_600.0),
        ("1d 12h", 129_600.0),
        ("0.5h", 1800.0),
        (" 2H ", 7200.0),
    ],
)
def test_durations_are_read_as_written(text: str, seconds: float) -> None:
    """No ISO 8601 for human hands."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "2 fortnights", "h2", "-5s", "1h!", "5s3"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With a sentence, not a stack trace."""
    with pytest.raises(ValueError, match=r"no duration|no unit"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        pytest.param("13:30", 5400.0, id="later today"),
        pytest.param("11:00", 82_800.0, id="tomorrow, because it has passed"),
        pytest.param("12:00", 86_400.0, id="now means tomorrow"),
        pytest.param("2h", 7200.0, id="a duration from now"),
    ],
)
def test_an_end_is_always_ahead(text: str, ahead: float) -> None:
    """`--until 06:00` at noon is tomorrow morning."""
    assert parse_instant(text, NOON, time.gmtime) == NOON + ahead


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (41, "41s"),
        (720, "12min"),
        (11_100, "3h 05min"),
        (273_600, "3d 04h"),
    ],
)
def test_spans_have_two_figures_at_most(seconds: float, text: str) -> None:
    """Nobody needs the seconds of three days."""
    assert span_text(seconds) == text


def test_short_times_keep_their_tenths() -> None:
    """A failover of 0.2 s is the point."""
    assert [short_text(each) for each in (0.21, 9.94, 12.3, 600)] == [
        "0.2 s",
        "9.9 s",
        "12 s",
        "10min",
    ]


def test_the_date_appears_only_when_it_is_another_day() -> None:
    """Short where short is clear."""
    assert clock_text(NOON, NOON + 60, time.gmtime) == "12:00"
    assert clock_text(NOON, NOON + 90_000, time.gmtime) == "2023-11-15 12:00"
