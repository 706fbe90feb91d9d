"""From JSON-able values to our types: one compiled closure per type.

Strict: a wrong type, a missing field without default, an unknown choice and an
unknown field are DecodeFaults that name the place. Only unknown fields may be
let pass (`tolerant`), when a newer minor version is known to have written them.
"""

import base64
import binascii
import functools
from collections.abc import Callable
from enum import Enum
from typing import Any, assert_never

from clusterd.wire import reflect
from clusterd.wire.faults import DecodeFault
from clusterd.wire.reflect import shape_of
from clusterd.wire.writing import TAG, Json, is_text

Read = Callable[[Json], Any]

_LEAVES = (reflect.Scalar, reflect.Choice, reflect.Binary)
_WORDS = {dict: "an object", list: "a list", type(None): "nothing"}


@functools.cache
def reader_of(  # noqa: PLR0911  # One return per shape.
    kind: object, *, tolerant: bool = False
) -> Read:
    """Return the function that builds a value of this type from JSON-able data."""
    shape = shape_of(kind)
    part = functools.partial(reader_of, tolerant=tolerant)
    match shape:
        case reflect.Scalar(type):
            return _real if type is float else _scalar(type)
        case reflect.Binary():
            return _binary
        case reflect.Choice(type):
            return _choice(type)
        case reflect.Sequence(element):
            return _sequence(part(element))
        case reflect.Row(elements):
            return _row([part(each) for each in elements])
        case reflect.Collection(element):
            read_all = _sequence(part(element))
            return lambda data: frozenset(read_all(data))
        case reflect.Table(key, value):
            read = part(value)
            return _table(read) if is_text(key) else _pairs(part(key), read)
        case reflect.Alternatives():
            return _alternatives(shape, tolerant=tolerant)
        case reflect.Record():
            return _record(shape, tolerant=tolerant)
        case _:
            assert_never(shape)


def _wrong(data: Json, wanted: str) -> DecodeFault:
    found = type(data)
    return DecodeFault(f"{wanted} expected, {_WORDS.get(found, found.__name__)} found")


def _later(kind: object, *, tolerant: bool) -> Read:
    # Records are looked up at first use: one may contain itself.
    if isinstance(shape_of(kind), _LEAVES):
        return reader_of(kind, tolerant=tolerant)
    read: Read | None = None

    def deferred(data: Json) -> Any:
        nonlocal read
        if read is None:
            read = reader_of(kind, tolerant=tolerant)
        return read(data)

    return deferred


def _scalar(kind: type) -> Read:
    def scalar(data: Json) -> Any:
        # Not isinstance: True must not pass as a number.
        if data.__class__ is not kind:
            raise _wrong(data, kind.__name__)
        return data

    return scalar


def _real(data: Json) -> float:
    if data.__class__ is float:
        return data
    if data.__class__ is int:
        return float(data)
    raise _wrong(data, "number")


def _binary(data: Json) -> bytes:
    if data.__class__ is not str:
        raise _wrong(data, "base64 text")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeFault(f"not base64: {error}") from None


def _choice(kind: type[Enum]) -> Read:
    members = {each.value: each for each in kind}

    def choice(data: Json) -> Any:
        # 1, 1.0 and True are one key of a dict; only the exact type is the value.
        try:
            member = members[data]
        except (KeyError, TypeError):
            member = None
        if member is None or member.value.__class__ is not data.__class__:
            raise DecodeFault(
                f"{data!r} is not one of {kind.__name__}: "
                f"{', '.join(map(str, members))}"
            )
        return member

    return choice


def _list(data: Json) -> list[Json]:
    if data.__class__ is not list:
        raise _wrong(data, "a list")
    return data


def _at(step: str | int, read: Read, data: Json) -> Any:
    try:
        return read(data)
    except DecodeFault as fault:
        raise fault.within(step) from None


def _sequence(read: Read) -> Read:
    def sequence(data: Json) -> Any:
        return tuple(_at(i, read, each) for i, each in enumerate(_list(data)))

    return sequence


def _row(readers: list[Read]) -> Read:
    def row(data: Json) -> Any:
        if len(_list(data)) != len(readers):
            raise DecodeFault(f"{len(readers)} elements expected, {len(data)} found")
        return tuple(
            _at(i, read, each)
            for i, (read, each) in enumerate(zip(readers, data, strict=True))
        )

    return row


def _object(data: Json) -> dict[str, Json]:
    if data.__class__ is not dict:
        raise _wrong(data, "an object")
    return data


def _table(read: Read) -> Read:
    def table(data: Json) -> Any:
        return {name: _at(name, read, each) for name, each in _object(data).items()}

    return table


def _pairs(read_key: Read, read: Read) -> Read:
    read_pair = _row([read_key, read])

    def pairs(data: Json) -> Any:
        return dict(_at(i, read_pair, each) for i, each in enumerate(_list(data)))

    return pairs


def _alternatives(shape: reflect.Alternatives, *, tolerant: bool) -> Read:
    if len(shape.members) == 1:
        return _optional(_later(shape.members[0], tolerant=tolerant), shape)
    tagged: dict[str, Read] = {}
    plain: dict[type, Read] = {}
    for each in shape.members:
        read = _later(each, tolerant=tolerant)
        _enrol(each, read, tagged, plain)

    def alternative(data: Json) -> Any:
        if data.__class__ is dict and tagged:
            return _tagged(data, tagged)
        read = plain.get(data.__class__)
        if read is None:
            raise _wrong(data, f"one of {', '.join(sorted(tagged))}")
        return read(data)

    return _optional(alternative, shape)


def _optional(read: Read, shape: reflect.Alternatives) -> Read:
    if not shape.optional:
        return read
    return lambda data: None if data is None else read(data)


def _enrol(
    kind: object, read: Read, tagged: dict[str, Read], plain: dict[type, Read]
) -> None:
    """File the reader of one member of a union under what tells it apart."""
    shape = shape_of(kind)
    match shape:
        case reflect.Record(type):
            name, place = type.__name__, tagged
            if name in place:
                raise TypeError(f"two members of a union are called {name}")
            place[name] = read
        case reflect.Scalar(type) if type not in plain:
            plain[type] = read
        case _:
            raise TypeError(f"{kind!r} cannot be told apart in a union")


def _tagged(data: dict[str, Json], tagged: dict[str, Read]) -> Any:
    name = data.get(TAG)
    read = tagged.get(name) if isinstance(name, str) else None
    if read is None:
        raise DecodeFault(
            f"`{TAG}` is {name!r}, expected one of {', '.join(sorted(tagged))}"
        )
    return read({key: value for key, value in data.items() if key != TAG})


def _record(shape: reflect.Record, *, tolerant: bool) -> Read:
    build = shape.type
    readers = {e.name: _later(e.type, tolerant=tolerant) for e in shape.fields}
    required = frozenset(each.name for each in shape.fields if each.required)

    def record(data: Json) -> Any:
        arguments = {}
        for name, item in _object(data).items():
            read = readers.get(name)
            if read is None:
                if not tolerant:
                    raise DecodeFault(f"{build.__name__} has no field `{name}`")
                continue
            try:  # Not through `_at`: this is the hot loop.
                arguments[name] = read(item)
            except DecodeFault as fault:
                raise fault.within(name) from None
        if not required <= arguments.keys():
            missing = min(required - arguments.keys())
            raise DecodeFault(f"{build.__name__} needs `{missing}`")
        return build(**arguments)

    return record
