"""Why a decision fell, in words and numbers."""

from dataclasses import dataclass

from clusterd.model.names import InstanceName, NodeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One cause. `rule` is the number in the scheduler specification (PLC-20)."""

    text: str
    rule: str = ""
    source: str = ""
    """The constraint, failure or hold it stems from, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One component of a node's score for a resource."""

    what: str
    score: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeScore:
    """The score of one node for one instance, with its components."""

    node: NodeName
    total: int
    parts: tuple[ScorePart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an instance is and shall be, with the scores that decided it.

    `node` None: nowhere; then `reasons` says why, the first blocking check first.
    """

    instance: InstanceName
    current: tuple[NodeName, ...]
    node: NodeName | None
    scores: tuple[NodeScore, ...] = ()
    reasons: tuple[Reason, ...] = ()
