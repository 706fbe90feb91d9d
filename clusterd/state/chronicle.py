"""The bounded ring of HistoryEntry: what users read later."""

from dataclasses import replace

from clusterd.model.history import HistoryEntry
from clusterd.state.replicated import Replicated

HISTORY_KEPT = 500


def remember(state: Replicated, *entries: HistoryEntry) -> Replicated:
    """Append entries (stamped with the state's index), dropping the oldest."""
    stamped = tuple(replace(each, index=state.index) for each in entries)
    return replace(state, history=(state.history + stamped)[-HISTORY_KEPT:])


def entry(kind: str, text: str, wall: float, **fields: str) -> HistoryEntry:
    """Return an entry without index; `fields` are its optional text fields."""
    return HistoryEntry(index=0, at_wall=wall, kind=kind, text=text, **fields)  # type: ignore[arg-type]
