"""What the cluster did, in a few words, from its own history."""

from collections.abc import Iterable
from dataclasses import dataclass

from clusterd.state.documents import HistoryDocument

SHOWN = 5
_DECISIVE = frozenset(
    {
        *("coordinator", "node-lost", "node-released", "failed"),
        *("move", "standby", "started", "fenced", "recovered"),
    }
)
_NOISE = ("waits:", "it shall run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing the cluster did, `after` seconds from the fault."""

    after: float
    text: str


def told(history: Iterable[HistoryDocument], since_wall: float) -> tuple[Step, ...]:
    """Return the decisive entries, oldest first, up to where the VIP serves again."""
    steps = [
        Step(after=each["at_wall"] - since_wall, text=each["text"])
        for each in history
        if _is_decisive(each)
    ]
    return tuple(steps[:SHOWN])


def _is_decisive(entry: HistoryDocument) -> bool:
    if entry["kind"] == "decided":
        return not any(word in entry["text"] for word in _NOISE)
    return entry["kind"] in _DECISIVE
