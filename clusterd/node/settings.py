"""What a node must know before it has heard anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clusterd.model.names import NodeName
from clusterd.safety.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """This node's identity and the cluster's timing.

    `instance` is new at each start of the daemon. `seeds`: raft id, name and
    address of members to reach before the log tells (from joining).
    `snapshot_every` applied entries the log is folded, but for the newest
    `tail_kept`, so that followers slightly behind need no snapshot.
    """

    name: NodeName
    raft_id: int
    instance: str
    timing: Timing
    version: str = ""
    seeds: Mapping[int, tuple[NodeName, str]] = field(default_factory=dict)
    snapshot_every: int = 1000
    tail_kept: int = 500
