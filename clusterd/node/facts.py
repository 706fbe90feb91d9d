"""What only this node knows, beside the log: a read-only view of one moment."""

from dataclasses import dataclass

from clusterd.model.names import NodeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What only this node knows, for its users.

    `heard_ages`: seconds since each other member was heard. `leader_age`:
    seconds since this node last knew a leader; 0 while it knows one.
    """

    is_leader: bool
    is_elector: bool
    """This node votes, or is about to."""
    leader: NodeName | None
    leader_age: float
    in_charge: bool
    settled: bool
    lease_valid: bool
    lease_left: float
    has_filter: bool
    heard_ages: dict[NodeName, float]
    term: int
