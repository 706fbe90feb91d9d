"""What one voter knows of the other members: when heard, what they report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clusterd.membership.heartbeat import Refusal, Renew
from clusterd.model.names import NodeName


@dataclass(slots=True)
class Peer:
    """One other member, as heard by this node. Instants: this node's clock."""

    heard_at: float
    """When its last renewal came; this node's start if none ever did."""
    ever_heard: bool = False
    heard_since: float = 0.0
    """When the present unbroken series of renewals began."""
    acked_at: float = 0.0
    """When this node last acknowledged one of its renewals (or started)."""
    boot: str = ""
    released: int = 0
    session: int = 0
    version: str = ""
    has_filter: bool = False
    heard: Mapping[NodeName, float] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()


class Peers:
    """All other members. `start` is this node's own start (its clock)."""

    def __init__(self, start: float, gap: float) -> None:
        """Begin; a silence longer than `gap` seconds breaks a series."""
        self._start = start
        self._gap = gap
        self._peers: dict[NodeName, Peer] = {}

    def get(self, name: NodeName) -> Peer:
        """Return what is known of `name`; nothing heard yet at first."""
        if name not in self._peers:
            self._peers[name] = Peer(heard_at=self._start, acked_at=self._start)
        return self._peers[name]

    def hear(self, renew: Renew, now: float) -> Peer:
        """Take in a renewal."""
        peer = self.get(renew.sender)
        if not peer.ever_heard or now - peer.heard_at > self._gap:
            peer.heard_since = now
        peer.heard_at = now
        peer.ever_heard = True
        peer.boot = renew.boot
        peer.released = renew.released
        peer.session = renew.session
        peer.version = renew.version
        peer.has_filter = renew.has_filter
        peer.heard = renew.heard
        peer.refusals = renew.refusals
        return peer

    def ages(self, names: Iterable[NodeName], now: float) -> dict[NodeName, float]:
        """Return for how long each of `names` has been silent (seconds)."""
        return {name: now - self.get(name).heard_at for name in names}

    def silence_seen_by(
        self, witness: NodeName, subject: NodeName, now: float
    ) -> float | None:
        """Return how long `witness` had not heard `subject` when it last said so.

        None: not known, or said longer ago than the gap. Its word is not aged by
        the time since: it may have heard `subject` meanwhile, and a node that is
        cut off itself would take everybody's last words for silence.
        """
        peer = self.get(witness)
        if not peer.ever_heard or now - peer.heard_at > self._gap:
            return None
        return peer.heard.get(subject)

    def refusal_by(
        self, witness: NodeName, subject: NodeName, index: int
    ) -> float | None:
        """Return the latest moment `witness` can have acknowledged `subject`.

        On this node's clock; None while it has not reported to refuse it because
        of the eviction at `index`.
        """
        peer = self.get(witness)
        for refusal in peer.refusals:
            if refusal.node == subject and refusal.index == index:
                return peer.heard_at - refusal.ack_age
        return None
