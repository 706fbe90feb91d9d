"""Parameters: text in, typed values out, and a sentence for what is wrong."""

import pytest

from clusterd.ocf.parameter import Choice, Flag, Integer, Seconds, Text, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("3s", 3.0),
        ("3 sec", 3.0),
        ("250ms", 0.25),
        ("250 msec", 0.25),
        ("1.5min", 90.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("0", 0.0),
    ],
)
def test_times_are_read_in_the_units_that_clusters_use(
    text: str, seconds: float
) -> None:
    """Without a unit it is seconds."""
    assert parse_seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-1s", "inf", "nan", "3 parsecs", "ms"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Neither negative nor endless: both would break a limit."""
    with pytest.raises(ValueError, match="must be a time"):
        parse_seconds(text)


@pytest.mark.parametrize("text", ["yes", "TRUE", "on", "1", " y "])
def test_yes_has_many_spellings(text: str) -> None:
    """Those that Pacemaker accepts."""
    assert Flag(help="x").parse(text) is True


@pytest.mark.parametrize("text", ["no", "False", "off", "0", ""])
def test_no_has_many_spellings_too(text: str) -> None:
    """Empty is no."""
    assert Flag(help="x").parse(text) is False


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    """Never guess a switch."""
    with pytest.raises(ValueError, match="yes or no"):
        Flag(help="x").parse("perhaps")


def test_numbers_have_bounds_that_include_their_ends() -> None:
    """And the sentence names the bound."""
    port = Integer(help="x", minimum=1, maximum=65535)

    assert [port.parse("1"), port.parse("65535"), port.parse("")] == [1, 65535, 0]
    with pytest.raises(ValueError, match="at least 1"):
        port.parse("0")
    with pytest.raises(ValueError, match="at most 65535"):
        port.parse("65536")
    with pytest.raises(ValueError, match="whole number"):
        port.parse("0x10")


def test_a_choice_is_a_word_of_its_list_in_any_case() -> None:
    """It reads in the spelling of the list."""
    choice = Choice("off", "warn", "fail", default="off", help="x")

    assert choice.parse(" Warn ") == "warn"
    with pytest.raises(ValueError, match="off, warn, fail"):
        choice.parse("never")


def test_text_loses_the_blanks_around_it() -> None:
    """They come from copying and are never meant."""
    assert Text(help="x").parse("  a b ") == "a b"


def test_an_unset_time_is_zero() -> None:
    """Without a default there is no other value."""
    assert Seconds(help="x").parse("") == 0.0
