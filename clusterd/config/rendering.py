"""Fields of model objects as the words that stand for them in YAML.

The writer and `diff` both speak through this file, so that what a change is
called is what a user would write.
"""

from collections.abc import Iterator
from enum import Enum

from clusterd.config.advice import CHECK_LEVEL
from clusterd.config.field import Field, Kind, Shape
from clusterd.config.schema_resources import OPERATION
from clusterd.config.table_reader import BUILT_IN
from clusterd.config.values import duration_text, flag_text, score_value
from clusterd.model.configuration import NodeSettings, Properties
from clusterd.model.constraint import Colocation, Constraint, Location, Order
from clusterd.model.resource import Clone, Meta, OperationSpec
from clusterd.model.score import INFINITY

Described = Properties | NodeSettings | Meta | OperationSpec | Clone

_SCALARS = frozenset({Kind.FLAG, Kind.INTEGER, Kind.DURATION, Kind.SCORE, Kind.WORD})

Pairs = list[tuple[str, str]]
"""Keys with their values as text, in the order of the schema."""


def fields_text(shape: Shape, thing: Described) -> Pairs:
    """Return the scalar fields of `thing` that differ from the schema's default.

    Where a default can be undone, being unset is written as `default`.
    """
    return [
        (field.key, text)
        for field, text in _texts(shape, thing)
        if text is not None and text != _default_text(field)
    ]


def _texts(shape: Shape, thing: Described) -> Iterator[tuple[Field, str | None]]:
    for field in shape.fields:
        if field.kind in _SCALARS and hasattr(thing, field.name):
            yield field, _value_text(field, getattr(thing, field.name))


def _value_text(field: Field, value: object) -> str | None:
    if value is None:
        return BUILT_IN if field.can_unset and field.default else None
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return flag_text(value)
    if field.kind is Kind.SCORE and isinstance(value, int):
        return score_value(value)
    if field.kind is Kind.DURATION and isinstance(value, (int, float)):
        return duration_text(value)
    return str(value)


def _default_text(field: Field) -> str | None:
    if field.can_unset:
        # Always written: a later release may choose other defaults.
        return None
    return (
        "0s" if field.default == "0" and field.kind is Kind.DURATION else field.default
    )


def operation_text(operation: OperationSpec) -> Pairs:
    """Return the fields of an operation; time limits are always written."""
    pairs = fields_text(OPERATION, operation)
    if operation.name != "monitor" and not operation.interval:
        pairs.remove(("interval", "0s"))
    if depth_of(operation) is not None:
        pairs.append(("depth", operation.params[CHECK_LEVEL]))
    return pairs


def depth_of(operation: OperationSpec) -> int | None:
    """Return the depth, if the user could have written it as `depth`."""
    level = operation.params.get(CHECK_LEVEL, "")
    plain = level.isascii() and level.isdigit() and str(int(level)) == level
    return int(level) if plain and int(level) <= 1000 else None


def extra_params(operation: OperationSpec) -> Pairs:
    """Return the parameters of an operation that `depth` does not express."""
    deep = depth_of(operation) is not None
    return [
        (name, value)
        for name, value in operation.params.items()
        if not (deep and name == CHECK_LEVEL)
    ]


def constraint_text(constraint: Constraint) -> Pairs:
    """Return the keys and values of one entry, without its name."""
    match constraint:
        case Location():
            return _location_text(constraint)
        case Colocation():
            return _colocation_text(constraint)
        case Order():
            return _order_text(constraint)


def _location_text(location: Location) -> Pairs:
    if location.score > 0:
        place = ("prefers", location.node)
    elif location.score < 0:
        place = ("avoids", location.node)
    else:
        place = ("node", location.node)
    score = score_value(min(abs(location.score), INFINITY))
    return [("resource", location.resource), place, ("score", score)]


def _colocation_text(colocation: Colocation) -> Pairs:
    word = "with" if colocation.score >= 0 else "apart-from"
    pairs: Pairs = [
        ("resource", colocation.resource),
        (word, colocation.with_resource),
        ("score", score_value(abs(colocation.score))),
    ]
    if colocation.role:
        pairs.append(("role", colocation.role.value))
    if colocation.with_role:
        pairs.append(("with-role", colocation.with_role.value))
    return pairs


def _order_text(order: Order) -> Pairs:
    pairs: Pairs = [("first", order.first), ("then", order.then)]
    if order.first_action != "start":
        pairs.append(("first-action", order.first_action))
    if order.then_action != order.first_action:
        pairs.append(("then-action", order.then_action))
    pairs.append(("kind", order.kind.value))
    if not order.symmetrical:
        pairs.append(("symmetrical", "false"))
    return pairs
