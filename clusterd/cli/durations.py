"""Durations and times of day, as people write and read them."""

import re
import time
from collections.abc import Callable
from typing import TypeAlias

Calendar: TypeAlias = Callable[[float], time.struct_time]
"""Turns seconds since 1970 into a date: `time.localtime`; in tests `time.gmtime`."""

MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0
_UNITS = {
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "m": MINUTE,
    "min": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def parse_duration(text: str) -> float:
    """Return the seconds of `2h`, `1d12h`, `90s` or `15` (seconds).

    Raises ValueError with a sentence for the user.
    """
    folded = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", folded):
        return float(folded)
    seconds, end = 0.0, 0
    while found := _PART.match(folded, end):
        unit = _UNITS.get(found[2])
        if unit is None:
            raise ValueError(
                f"`{found[2]}` is no unit of time (ms, s, min, h, d, w are)"
            )
        seconds += float(found[1]) * unit
        end = found.end()
    if not end or end != len(folded):
        raise ValueError(f"`{text}` is no duration; write 30s, 15min, 2h or 1d12h")
    return seconds


def parse_instant(text: str, now_wall: float, calendar: Calendar) -> float:
    """Return the wall second of the next `06:00`, or of `now_wall` plus a duration.

    Raises ValueError with a sentence for the user.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return now_wall + parse_duration(text)
    wanted = int(found[1]) * HOUR + int(found[2]) * MINUTE + int(found[3] or 0)
    today = calendar(now_wall)
    passed = today.tm_hour * HOUR + today.tm_min * MINUTE + today.tm_sec
    ahead = wanted - passed
    return float(int(now_wall)) + (ahead if ahead > 0 else ahead + DAY)


def span_text(seconds: float) -> str:
    """Return `41s`, `12min`, `3h 05min` or `3d 04h`: two figures at most."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // 60}min"
    if whole < DAY:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}min"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"


def short_text(seconds: float) -> str:
    """Return `0.2 s`, `12 s` or a longer span."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < MINUTE else span_text(seconds)


def clock_text(wall: float, now_wall: float, calendar: Calendar) -> str:
    """Return `09:41`; with the date when that is not within half a day."""
    form = "%H:%M" if abs(now_wall - wall) < DAY / 2 else "%Y-%m-%d %H:%M"
    return time.strftime(form, calendar(wall))


def stamp_text(wall: float, calendar: Calendar) -> str:
    """Return `2026-03-01 09:41:07`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", calendar(wall))
