"""Counters per peer, and what they look like to others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatistics:
    """What passed between this node and one peer since this daemon started.

    `connected`: the heartbeat stream we dialled is up. `rtt`: seconds, of the
    last ping on it; None before the first. `trouble`: why the last attempt to
    connect failed or the last stream ended; empty while connected.
    """

    connected: bool = False
    sent: int = 0
    received: int = 0
    dropped: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    rtt: float | None = None
    trouble: str = ""


class Tally:
    """The same, while it is being counted."""

    def __init__(self) -> None:
        self.connected = False
        self.sent = 0
        self.received = 0
        self.dropped = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.rtt: float | None = None
        self.trouble = ""

    def count_sent(self, size: int, messages: int = 1) -> None:
        """Note that this many messages left in a frame of `size` bytes."""
        self.sent += messages
        self.bytes_sent += size

    def count_received(self, size: int, messages: int = 1) -> None:
        """Note that this many messages came in a frame of `size` bytes."""
        self.received += messages
        self.bytes_received += size

    def snapshot(self) -> PeerStatistics:
        """Return the counters as they are now."""
        return PeerStatistics(
            connected=self.connected,
            sent=self.sent,
            received=self.received,
            dropped=self.dropped,
            bytes_sent=self.bytes_sent,
            bytes_received=self.bytes_received,
            rtt=self.rtt,
            trouble=self.trouble,
        )
