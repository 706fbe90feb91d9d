"""Wishes and bans that connect resources with nodes and with each other."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from clusterd.model.names import ConstraintName, NodeName, ResourceName
from clusterd.model.resource import Role
from clusterd.model.score import INFINITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """`resource` likes (positive) or avoids (negative score) `node`."""

    name: ConstraintName
    resource: ResourceName
    node: NodeName
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Colocation:
    """`resource` goes where `with_resource` is; negative score: where it is not.

    INFINITY is mandatory: without `with_resource` somewhere, `resource` stops.
    """

    name: ConstraintName
    resource: ResourceName
    with_resource: ResourceName
    score: int = INFINITY
    role: Role | None = None
    with_role: Role | None = None


class OrderKind(Enum):
    """How binding an order is. Source: Pacemaker `kind`."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    SERIALIZE = "serialize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`first_action` of `first`, then `then_action` of `then`; reversed to stop.

    Actions are `start`, `stop`, `promote` or `demote`.
    """

    name: ConstraintName
    first: ResourceName
    then: ResourceName
    first_action: str = "start"
    then_action: str = "start"
    kind: OrderKind = OrderKind.MANDATORY
    symmetrical: bool = True


Constraint: TypeAlias = Location | Colocation | Order
