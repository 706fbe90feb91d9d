"""Names of constraints the user did not name: made from their parts alone.

So a name does not change when an unrelated line is added above, and `diff` tells
what changed instead of what was renumbered.
"""

from clusterd.model.constraint import Colocation, Constraint, Location, Order
from clusterd.model.names import ConstraintName


def derived_name(constraint: Constraint) -> ConstraintName:
    """Return the name a constraint has unless the user gives another."""
    return ConstraintName("-".join(_parts(constraint)))


def _parts(constraint: Constraint) -> list[str]:
    match constraint:
        case Location(resource=resource, node=node):
            return ["location", resource, node]
        case Colocation(resource=resource, with_resource=other):
            return ["colocation", resource, other, *_roles(constraint)]
        case Order(first=first, then=then):
            before = _step(constraint.first_action, first)
            return ["order", *before, *_step(constraint.then_action, then)]


def _roles(colocation: Colocation) -> list[str]:
    # Told apart, so that "promoted a with b" is not "a with promoted b".
    role, other = colocation.role, colocation.with_role
    own = [role.value] if role else []
    return [*own, *(["with", other.value] if other else [])]


def _step(action: str, resource: str) -> list[str]:
    return [resource] if action == "start" else [action, resource]
