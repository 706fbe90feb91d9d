"""Types as data: what the codec needs to know of one, read once."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

SCALARS = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A str, int, float or bool."""

    type: type


@dataclass(frozen=True, slots=True)
class Binary:
    """A `bytes`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An Enum."""

    type: type[Enum]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A tuple of any length, all elements alike."""

    element: object


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple of fixed length."""

    elements: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A frozenset."""

    element: object


@dataclass(frozen=True, slots=True)
class Table:
    """A Mapping."""

    key: object
    value: object


@dataclass(frozen=True, slots=True)
class Alternatives:
    """A union, without its None."""

    members: tuple[object, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class RecordField:
    """One constructor argument of a record."""

    name: str
    type: object
    required: bool
    default: object


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass."""

    type: type
    fields: tuple[RecordField, ...]


Shape: TypeAlias = (
    Scalar
    | Binary
    | Choice
    | Sequence
    | Row
    | Collection
    | Table
    | Alternatives
    | Record
)


def shape_of(kind: object) -> Shape:
    """Return the shape of a type annotation. Raises TypeError for unknown ones."""
    kind = _plain(kind)
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _alternatives(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        return Collection(arguments[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Table(*arguments)
    if isinstance(kind, type):
        return _class(kind)
    raise TypeError(f"the codec has no form for {kind!r}")


def _plain(kind: object) -> object:
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    return kind


def _alternatives(arguments: tuple[object, ...]) -> Alternatives:
    members = tuple(_plain(each) for each in arguments if each is not type(None))
    return Alternatives(members, optional=len(members) < len(arguments))


def _tuple(arguments: tuple[object, ...]) -> Shape:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return Sequence(arguments[0])
    return Row(arguments)


def _class(kind: type) -> Shape:
    if dataclasses.is_dataclass(kind):
        return Record(kind, _fields(kind))
    if issubclass(kind, Enum):
        return Choice(kind)
    if kind in SCALARS:
        return Scalar(kind)
    if kind is bytes:
        return Binary()
    raise TypeError(f"the codec has no form for {kind!r}")


def _fields(kind: Any) -> tuple[RecordField, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        _field(each, hints[each.name]) for each in dataclasses.fields(kind) if each.init
    )


def _field(each: dataclasses.Field[object], kind: object) -> RecordField:
    if each.default is not dataclasses.MISSING:
        return RecordField(each.name, kind, required=False, default=each.default)
    if each.default_factory is not dataclasses.MISSING:
        made = each.default_factory()
        return RecordField(each.name, kind, required=False, default=made)
    return RecordField(each.name, kind, required=True, default=None)
