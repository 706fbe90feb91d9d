"""The nouns of one plan: nodes, units and their score tables.

Everything here is internal to the room and lives as long as one call of
`plan`. Numbers such as PLC-5 are rules of the scheduler specification.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from clusterd.model.membership import MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.reason import Reason, ScorePart
from clusterd.model.resource import Clone, Primitive, Release, Role
from clusterd.model.score import INFINITY, add_scores
from clusterd.model.status import NodeHistory, Operation
from clusterd.policy.settings import Settings

Scores = list[int | None]
"""One score per node in global order; None: the node has no entry (PLC-5)."""


class Rank(IntEnum):
    """Roles in their order, so that `max` and `<` mean something (HIS, heading)."""

    UNKNOWN = 0
    STOPPED = 1
    STARTED = 2
    UNPROMOTED = 3
    PROMOTED = 4


def rank_of(role: Role | None) -> Rank:
    """Return the rank of a configured role; None is unknown."""
    return Rank.UNKNOWN if role is None else Rank[role.name]


class Kind(Enum):
    """What a unit is made of."""

    PRIMITIVE = "primitive"
    GROUP = "group"
    CLONE = "clone"


@dataclass(slots=True, eq=False, kw_only=True)
class Node:
    """A machine as this plan sees it (OVR-17); `index` is its place in the tables."""

    name: NodeName
    index: int
    state: MemberState
    identity: str = ""
    cleared: tuple[Release, ...] = ()
    """While lost: the release classes of which it certainly holds nothing."""
    standby: Reason | None = None
    """Why it may not run anything, or None."""
    maintenance: Reason | None = None
    assigned: int = 0
    """Primitives placed here so far in this plan (PLC-35)."""

    @property
    def online(self) -> bool:
        """Tell whether it can be told to do something."""
        return self.state is MemberState.ONLINE

    @property
    def lost(self) -> bool:
        """Tell whether it may still run things nobody can reach (unclean)."""
        return self.state is MemberState.LOST

    @property
    def available(self) -> bool:
        """Tell whether resources may be placed here (PLC-10)."""
        return self.online and self.standby is None and self.maintenance is None


@dataclass(slots=True, eq=False)
class Table:
    """The allowed-node table of a unit (PLC-5) with the components of each score."""

    scores: Scores
    parts: list[tuple[ScorePart, ...]]

    @classmethod
    def of_size(cls, size: int, score: int | None) -> "Table":
        """Return a table with the same `score` for every node."""
        return cls([score] * size, [()] * size)

    def copy(self) -> "Table":
        """Return an independent copy."""
        return Table(self.scores.copy(), self.parts.copy())

    def restore(self, saved: "Table") -> None:
        """Take back everything since `saved` was copied."""
        self.scores[:] = saved.scores
        self.parts[:] = saved.parts

    def bias(self, index: int, part: ScorePart) -> None:
        """Add a component to one node's score; a missing entry appears (PLC-8)."""
        self.scores[index] = add_scores(self.scores[index] or 0, part.score)
        self.parts[index] = (*self.parts[index], part)

    def merge(self, scores: Scores, what: str, source: str) -> None:
        """Take over `scores`, noting each difference as one component."""
        for index, (old, new) in enumerate(zip(self.scores, scores, strict=True)):
            if new is not None and new != old:
                change = new if new <= -INFINITY else new - (old or 0)
                part = ScorePart(what=what, score=change, source=source)
                self.parts[index] = (*self.parts[index], part)
        self.scores[:] = scores


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Link:
    """A colocation between two units (PLC-42)."""

    name: str
    dependent: "Unit"
    primary: "Unit"
    score: int
    role: Rank = Rank.UNKNOWN
    with_role: Rank = Rank.UNKNOWN
    influence: bool = True
    explicit: bool = True
    """Written by the user, not implied by a group."""

    @property
    def mandatory(self) -> bool:
        """Tell whether it is a must or a never."""
        return abs(self.score) >= INFINITY


@dataclass(slots=True, eq=False, kw_only=True)
class Unit:
    """A primitive, group or clone, or one instance of what a clone copies (OVR-10)."""

    name: InstanceName
    base: ResourceName
    """Its name in the configuration and in histories (HIS-13)."""
    kind: Kind
    settings: Settings
    table: Table
    parent: "Unit | None" = None
    children: list["Unit"] = field(default_factory=list)
    primitive: Primitive | None = None
    clone: Clone | None = None
    number: int | None = None
    """Of this copy below a clone."""
    limit: int = 0
    """Clones: how many copies may run (PLC-81)."""
    removed: bool = False
    """No longer configured, or a copy too many."""

    managed: bool = True
    blocked: bool = False
    maintained: bool = False
    """In maintenance: unmanaged, and its monitors rest."""
    failed: bool = False
    must_stop: bool = False
    failures_ignored: bool = False
    role: Rank = Rank.STOPPED
    next_role: Rank = Rank.UNKNOWN
    active: list[Node] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    """Indices of nodes whose state is known (HIS-66)."""
    histories: dict[int, NodeHistory] = field(default_factory=dict)
    starting: dict[int, Operation] = field(default_factory=dict)
    stopping: set[int] = field(default_factory=set)
    """Nodes that were told to stop it and have not answered (D10)."""
    stale: set[tuple[int, str]] = field(default_factory=set)
    """Monitors, as (node, key), to be begun anew: expired or lost."""
    forgotten: set[int] = field(default_factory=set)
    """Nodes whose fail count is cleared by this plan (PLC-24)."""
    notes: list[Reason] = field(default_factory=list)
    """Failures and holds that matter to its placement."""

    this_with: list[Link] = field(default_factory=list)
    with_this: list[Link] = field(default_factory=list)
    locations: list[tuple[int, ScorePart]] = field(default_factory=list)

    priority: int = 0
    assigning: bool = False
    assigned: bool = False
    merging: bool = False
    node: Node | None = None
    counts: list[int] = field(default_factory=list)
    """Clones: copies per node placed so far (PLC-90)."""

    @property
    def waits(self) -> bool:
        """Tell whether a lost node must be fenced before it starts elsewhere.

        A copy of a clone is bound to its node, so it need not wait.
        """
        return not self.settings.keep and self.number is None

    @property
    def top(self) -> "Unit":
        """Return the topmost ancestor, or the unit itself."""
        unit = self
        while unit.parent is not None:
            unit = unit.parent
        return unit

    @property
    def shared(self) -> "Unit":
        """Return what a ban hits: the unit, or its whole clone (PLC-24)."""
        return self if self.number is None else self.top

    def leaves(self) -> Iterator["Unit"]:
        """Yield the primitives inside, in order."""
        if self.kind is Kind.PRIMITIVE:
            yield self
        for child in self.children:
            yield from child.leaves()

    def is_within(self, other: "Unit") -> bool:
        """Tell whether `other` is an ancestor."""
        unit = self.parent
        while unit is not None and unit is not other:
            unit = unit.parent
        return unit is not None

    def current(self) -> Node | None:
        """Return the node where it is now, the chosen one if several (PLC-38)."""
        if not self.waits:
            for node in self.active:
                if node.online:
                    return node
        return self.active[0] if self.active else None

    def highest_role(self) -> Rank:
        """Return its role; of a collective the highest of its parts (ORD-20)."""
        if self.kind is Kind.PRIMITIVE:
            return self.role
        return max(
            (child.highest_role() for child in self.children), default=Rank.STOPPED
        )

    def bias(self, index: int, part: ScorePart) -> None:
        """Add to its score on a node, and to that of everything in it (PLC-8)."""
        for child in self.children:
            child.bias(index, part)
        self.table.bias(index, part)

    def forbid(self, what: str, source: str = "") -> None:
        """Ban it from every node."""
        part = ScorePart(what=what, score=-INFINITY, source=source)
        for index in range(len(self.table.scores)):
            self.bias(index, part)
