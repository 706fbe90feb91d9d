"""What only this node knows: beside the log, the present moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clusterd.model.names import NodeName

REACHABLE_WITHIN = 1.0
"""Seconds since a member's last renewal within which its vote counts as reachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One node's view of now. Ages in seconds, measured on its boot-time clock.

    `freshness`: since it last heard a leader that a majority acknowledges (0 on
    that leader itself); None: never. `heard`: since the last renewal of each
    other member; absent: never. `enforcement` names who takes resources away
    when the lease ends (`nft`, `kernel`, `guard`). `transition`: the plan being
    carried out, as far as this node knows; empty: none.
    """

    node: NodeName
    has_quorum: bool
    freshness: float | None = None
    heard: Mapping[NodeName, float] = field(default_factory=dict)
    voters: frozenset[NodeName] = frozenset()
    lease_valid: bool = False
    enforcement: str = ""
    transition: str = ""
    version: str = ""
    silence: float = REACHABLE_WITHIN

    def reaches(self, node: NodeName) -> bool:
        """Tell whether `node` is this one or was heard lately."""
        return node == self.node or self.heard.get(node, self.silence) < self.silence

    def reachable_voters(self) -> tuple[NodeName, ...]:
        """Return the voters this node can count on now, sorted."""
        return tuple(sorted(each for each in self.voters if self.reaches(each)))
