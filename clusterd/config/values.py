"""What one scalar means: durations, scores, flags, names; and how to write them.

Each `read_*` raises BadValue with a sentence for the user. Each `*_text` is the
inverse: reading what it returns gives the same value.
"""

import re
from decimal import Decimal

from clusterd.model.score import INFINITY

DURATION_MAX = 366 * 86400.0
"""A year, in seconds: longer ones are slips of the finger."""

PREFERENCE = 100
"""The score of `prefers` and `avoids` without a number."""

STRONG_PREFERENCE = 1000
"""`strongly`: outweighs ten ordinary preferences, not a ban."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$|^0$"

SCORE_WORDS = {
    "mandatory": INFINITY,
    "strongly": STRONG_PREFERENCE,
    "inf": INFINITY,
    "+inf": INFINITY,
    "-inf": -INFINITY,
    "infinity": INFINITY,
    "+infinity": INFINITY,
    "-infinity": -INFINITY,
}

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}$"

KEY_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.:/-]{0,254}$"
"""Names of parameters and node attributes: they become environment variables."""

AGENT_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*(:[A-Za-z0-9_][A-Za-z0-9_.@-]*){1,2}$"

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")

_FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}


class BadValue(ValueError):
    """A scalar that its field cannot hold; `hint` is the way out."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_flag(text: str) -> bool:
    """Read `true`, `false` and the other YAML words for them."""
    if text.lower() not in _FLAGS:
        raise BadValue(f"`{_short(text)}` is neither true nor false")
    return _FLAGS[text.lower()]


def flag_text(value: bool) -> str:  # noqa: FBT001  # the value to write is a flag
    """Return `true` or `false`."""
    return "true" if value else "false"


def read_integer(text: str) -> int:
    """Read a whole number."""
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise BadValue(f"`{_short(text)}` is not a whole number")
    return int(text)


def read_duration(text: str) -> float:
    """Read `10s`, `200ms`, `1m30s` as seconds."""
    if text == "0":
        return 0.0
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise BadValue(
            f"`{_short(text)}` has no unit", f"write `{_short(text)}s` for seconds"
        )
    if not re.fullmatch(DURATION_PATTERN, text):
        raise BadValue(
            f"`{_short(text)}` is not a duration",
            "durations look like `10s`, `200ms`, `5m`, `1h`",
        )
    seconds = sum(_part_seconds(*part) for part in _PART.findall(text))
    if seconds > DURATION_MAX:
        raise BadValue(f"`{_short(text)}` is longer than a year")
    return seconds


def _part_seconds(number: str, unit: str) -> float:
    # 200 ms is 200 / 1000, the float nearest to 0.2; 200 * 0.001 is not.
    return float(number) / 1000 if unit == "ms" else float(number) * _UNITS[unit]


def duration_text(seconds: float) -> str:
    """Return the shortest text that `read_duration` turns into the same float."""
    whole = int(seconds)
    if whole == seconds:
        for unit, size in (("h", 3600), ("m", 60)):
            if whole and whole % size == 0:
                return f"{whole // size}{unit}"
        return f"{whole}s"
    milliseconds = round(seconds * 1000)
    if milliseconds / 1000 == seconds:
        return f"{milliseconds}ms"
    return f"{Decimal(repr(seconds)):f}s"


def read_score(text: str) -> int:
    """Read a number, `inf`, `-inf`, `mandatory` or `strongly`."""
    word = text.lower().replace(".inf", "inf")
    if word in SCORE_WORDS:
        return SCORE_WORDS[word]
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise BadValue(
            f"`{_short(text)}` is not a score",
            "a whole number, `mandatory`, `strongly`, `inf` or `-inf`",
        )
    if abs(int(text)) > INFINITY:
        raise BadValue(
            f"`{_short(text)}` is beyond the largest score, {INFINITY}",
            "`inf` is the word for always",
        )
    return int(text)


def score_value(score: int) -> str:
    """Return a score as written in YAML: `100`, `mandatory`, `-inf`."""
    if score >= INFINITY:
        return "mandatory"
    if score <= -INFINITY:
        return "-inf"
    return str(score)


def read_name(text: str) -> str:
    """Read the name of a node, resource or constraint."""
    if not re.fullmatch(NAME_PATTERN[1:-1], text):
        raise BadValue(
            f"`{_short(text)}` is no name",
            "letters, digits, `-`, `_` and `.`; not beginning with `-` or `.`",
        )
    return text


def read_key(text: str) -> str:
    """Read the name of a parameter or node attribute."""
    if not re.fullmatch(KEY_PATTERN[1:-1], text):
        raise BadValue(
            f"`{_short(text)}` is no name of a parameter or attribute",
            "begin with a letter or `_`; then letters, digits and `_.:/-`",
        )
    return text


def _short(text: str) -> str:
    """Return `text` fit for a one-line message."""
    one = " ".join(text.split())
    return one if len(one) <= 40 else f"{one[:37]}..."
