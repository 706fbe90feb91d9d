"""What every stream must know of this node."""

from collections.abc import Callable
from dataclasses import dataclass

from clusterd.model.names import NodeName
from clusterd.model.note import Note
from clusterd.net.tls import Credentials

SILENCE_MIN = 1.0
"""Seconds. Below, a busy machine would lose healthy streams."""

SILENCE_HEARTBEATS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """This node as it shows itself, and how long it waits (seconds).

    `instance` is made anew at every start of the daemon. A stream on which
    nothing came for `silence` is torn down: after a cut, TCP alone would wait up
    to half a minute before it tries again (CONSENSUS 1.2).
    """

    node: NodeName
    instance: str
    credentials: Credentials
    heartbeat: float
    wall: Callable[[], float]
    tell: Callable[[Note], None]

    @property
    def silence(self) -> float:
        """Return how long nothing may come on a stream."""
        return max(SILENCE_MIN, SILENCE_HEARTBEATS * self.heartbeat)
