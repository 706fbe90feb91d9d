"""What the cluster did, in a few words, from its own history."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from clusterd.state.documents import HistoryDocument

SHOWN = 6
_DECISIVE = frozenset(
    {"coordinator", "node-lost", "node-released", "failed", "move", "standby"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing the cluster did, `after` seconds from the fault."""

    after: float
    text: str


def told(
    history: Iterable[HistoryDocument], since_wall: float, address: str
) -> tuple[Step, ...]:
    """Return the decisive entries, oldest first: about nodes, failures, `address`.

    The rest (other resources that moved along, probes) is in the history itself.
    """
    followed = {address}
    steps = []
    for each in history:
        if each["kind"] == "failed":
            followed.add(each["resource"])
        if _is_decisive(each, followed):
            after = each["at_wall"] - since_wall
            steps.append(Step(after=after, text=each["text"]))
    return tuple(steps[:SHOWN])


def _is_decisive(entry: HistoryDocument, followed: Collection[str]) -> bool:
    match entry["kind"]:
        case "decided":
            wanted = tuple(f"move {name} " for name in followed)
            return entry["text"].startswith(("recover ", *wanted))
        case "started":
            return entry["resource"] in followed
        case kind:
            return kind in _DECISIVE
