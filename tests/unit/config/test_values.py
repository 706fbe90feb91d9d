"""What one scalar means."""

import pytest

from clusterd.config.values import (
    BadValue,
    duration_text,
    read_duration,
    read_flag,
    read_name,
    read_score,
    score_value,
)
from clusterd.model.score import INFINITY


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10.0),
        ("200ms", 0.2),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("1d", 86400.0),
        ("1m30s", 90.0),
        ("1.5s", 1.5),
        ("0", 0.0),
    ],
)
def test_durations_in_words_of_people(text: str, seconds: float) -> None:
    """The units of the command line; a number has one, except zero."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["10", "ten", "-5s", "5 s", "1y", "", "s", "9999d"])
def test_other_texts_are_no_durations(text: str) -> None:
    """A bare number is seconds for some and milliseconds for others."""
    with pytest.raises(BadValue):
        read_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "200ms"), (90.0, "90s"), (300.0, "5m"), (7200.0, "2h"), (0.0, "0s")],
)
def test_durations_are_written_short(seconds: float, text: str) -> None:
    """Canonical text uses the largest unit that leaves no remainder."""
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("100", 100),
        ("-30", -30),
        ("inf", INFINITY),
        ("-inf", -INFINITY),
        ("-.inf", -INFINITY),
        ("INFINITY", INFINITY),
        ("mandatory", INFINITY),
        ("strongly", 1000),
        ("1000000", INFINITY),
    ],
)
def test_scores_are_numbers_or_words(text: str, score: int) -> None:
    """Words of the command line, infinities of Pacemaker and of YAML."""
    assert read_score(text) == score
    assert read_score(score_value(score)) == score


@pytest.mark.parametrize("text", ["1000001", "much", "1.5", ""])
def test_other_texts_are_no_scores(text: str) -> None:
    """Beyond infinity there is nothing to mean."""
    with pytest.raises(BadValue):
        read_score(text)


def test_flags_know_the_words_of_yaml() -> None:
    """YAML files are full of all of them."""
    assert all(read_flag(text) for text in ("true", "Yes", "on"))
    assert not any(read_flag(text) for text in ("false", "no", "OFF"))


@pytest.mark.parametrize("name", ["a:1", "-a", ".a", "a b", "a/b", "", "x" * 200, "é"])
def test_names_have_few_characters(name: str) -> None:
    """Names become instance names, files, metrics labels and shell words."""
    with pytest.raises(BadValue):
        read_name(name)
