"""Who dialled us: one live daemon per node name, the first one stays."""

from dataclasses import dataclass, field

from clusterd.model.names import NodeName
from clusterd.net.streams import Box, Purpose


@dataclass(slots=True, eq=False)
class Visit:
    """One stream somebody dialled to us."""

    purpose: Purpose
    address: str
    box: Box
    """What goes back on it."""
    heard_at: float = 0.0


@dataclass(slots=True, eq=False)
class _Guest:
    instance: str
    address: str
    heard_at: float
    visits: list[Visit] = field(default_factory=list)


class Guests:
    """Knows for each node name which daemon (instance) is alive.

    Two daemons with the same name hold the same certificate, so only the
    instance tells them apart. One is alive while it has a stream and was heard
    within `silence` seconds: a restarted daemon is let in as soon as its old
    streams ended, and after a power cut when they have been silent long enough.
    """

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._guests: dict[NodeName, _Guest] = {}

    def refusal(self, node: NodeName, instance: str, now: float) -> str:
        """Return why this instance must stay outside; empty if it may come in."""
        guest = self._guests.get(node)
        if guest is None or guest.instance == instance or not guest.visits:
            return ""
        age = now - guest.heard_at
        if age > self._silence:
            return ""
        return (
            f"another daemon called `{node}` is connected from {guest.address} and "
            f"was heard {age:.1f} s ago; two machines must not share a name and its "
            "certificate: stop one of them, and join it under a name of its own"
        )

    def enter(self, node: NodeName, instance: str, visit: Visit, now: float) -> None:
        """File a stream of a daemon that may come in."""
        guest = self._guests.get(node)
        if guest is None or guest.instance != instance:
            guest = _Guest(instance, visit.address, now)
            self._guests[node] = guest
        guest.heard_at = now
        guest.visits.append(visit)

    def leave(self, node: NodeName, visit: Visit) -> None:
        """Forget a stream that ended."""
        guest = self._guests.get(node)
        if guest is not None and visit in guest.visits:
            guest.visits.remove(visit)

    def heard(self, node: NodeName, now: float) -> None:
        """Note that something came from this node just now."""
        guest = self._guests.get(node)
        if guest is not None:
            guest.heard_at = now

    def way_back(self, node: NodeName, purpose: Purpose) -> Box | None:
        """Return where to put what shall go back on a stream of this node."""
        guest = self._guests.get(node)
        visits = guest.visits if guest is not None else []
        # The newest: an older one may be dead already without our knowing.
        return next((v.box for v in reversed(visits) if v.purpose is purpose), None)
