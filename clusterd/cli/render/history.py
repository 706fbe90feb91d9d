"""Lines of history and of events."""

from clusterd.cli.durations import Calendar, short_text, stamp_text
from clusterd.cli.picture import Ink, Line, Picture, Span, line
from clusterd.state.documents import HistoryDocument

_BAD = ("failed", "node-lost")
_GOOD = ("started", "promoted", "node-online", "joined")


def history_picture(entries: list[HistoryDocument], calendar: Calendar) -> Picture:
    """Return one line for each entry, oldest first."""
    return tuple(history_line(each, calendar) for each in entries)


def history_line(entry: HistoryDocument, calendar: Calendar) -> Line:
    """Return time, kind and what happened, with its cause."""
    stamp = stamp_text(entry["at_wall"], calendar)
    return line(Span(stamp, Ink.DIM), "  ", _kind(entry), "  ", *_story(entry))


def _kind(entry: HistoryDocument) -> Span:
    kind = entry["kind"]
    ink = Ink.BAD if kind in _BAD else Ink.GOOD if kind in _GOOD else Ink.PLAIN
    return Span(f"{kind:<13}", ink)


def _story(entry: HistoryDocument) -> tuple[str, ...]:
    words = [entry["text"]]
    if entry["cause"] and entry["cause"] not in entry["text"]:
        words.append(f": {entry['cause']}")
    if entry["author"]:
        words.append(f"  by {entry['author']}")
    if entry["duration"]:
        words.append(f"  ({short_text(entry['duration'])})")
    return tuple(words)


def progress_line(entry: HistoryDocument) -> Line | None:
    """Return what a person who waits wants to see of an event, or None."""
    kind = entry["kind"]
    if kind == "decided":
        return line(Span(" · ", Ink.DIM), entry["text"])
    if kind in ("started", "stopped", "promoted", "demoted", "node-online"):
        return line(Span(" ✔ ", Ink.GOOD), *_story(entry))
    if kind in (*_BAD, "move-ended"):
        return line(Span(" ✖ ", Ink.BAD), *_story(entry))
    return None
