"""The working state of one plan, shared by its phases."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from clusterd.model.cluster import ClusterState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.result import FailCount
from clusterd.policy.step import Ordering, Step
from clusterd.policy.unit import Node, Scores, Unit


@dataclass(slots=True, eq=False, kw_only=True)
class Work:
    """All that the phases share."""

    state: ClusterState
    nodes: list[Node]
    tops: list[Unit] = field(default_factory=list)
    named: dict[ResourceName, list[Unit]] = field(default_factory=dict)
    """Primitives by configured name; several below a clone."""
    targets: dict[ResourceName, Unit] = field(default_factory=dict)
    """What a constraint or hold naming a resource means (INP-107)."""
    steps: list[Step] = field(default_factory=list)
    steps_of: dict[tuple[Unit, str], list[Step]] = field(default_factory=dict)
    """Steps of a unit by key, oldest first."""
    orderings: list[Ordering] = field(default_factory=list)
    fences: dict[int, Step] = field(default_factory=dict)
    counts_of: dict[ResourceName, list[FailCount]] = field(default_factory=dict)
    """Fail counts by configured name."""
    rechecks: list[float] = field(default_factory=list)
    available: list[bool] = field(default_factory=list)
    """`Node.available` by index, once the status has been read."""

    def node(self, name: NodeName) -> Node | None:
        """Return the node of that name, or None if it is unknown."""
        return next((node for node in self.nodes if node.name == name), None)

    def leaves(self) -> Iterator[Unit]:
        """Yield every primitive, in the order of the configuration."""
        for top in self.tops:
            yield from top.leaves()

    def any_available(self, scores: Scores) -> bool:
        """Tell whether some node may be chosen (PLC-13)."""
        return any(
            available and score is not None and score >= 0
            for available, score in zip(self.available, scores, strict=True)
        )
