"""What goes over the socket between the daemon and its planner.

Four bytes of length, then a pickle. Both ends are the same program on the same
machine, connected by a socket pair nobody else can reach.
"""

import pickle
import struct
from dataclasses import dataclass

from clusterd.model.cluster import ClusterState
from clusterd.model.transition import Transition

LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Plan this state; the answer carries the number."""

    number: int
    state: ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """A transition, or the fault (a traceback as text) of a planner with a bug."""

    number: int
    transition: Transition | None
    fault: str = ""


def frame(value: PlanRequest | PlanAnswer) -> bytes:
    """Return `value` as one frame."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data
