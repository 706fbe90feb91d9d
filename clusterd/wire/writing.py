"""From our types to JSON-able values: one compiled closure per type.

Every function here is called once per type and returns the closure that runs
once per value; so the reflection costs nothing when it matters.
"""

import base64
import functools
import json
from collections.abc import Callable
from typing import Any, assert_never

from clusterd.wire import reflect
from clusterd.wire.reflect import shape_of

Json = Any  # What the json module takes: recursive, so not worth spelling out.
Write = Callable[[Any], Json]

TAG = "@"
"""Key of the class name in a union. No field of a Python class is called so."""


@functools.cache
def writer_of(kind: object) -> Write:  # noqa: PLR0911  # One per shape.
    """Return the function that turns a value of this type into JSON-able data."""
    shape = shape_of(kind)
    match shape:
        case reflect.Scalar(type):
            return float if type is float else _as_it_is
        case reflect.Binary():
            return _binary
        case reflect.Choice():
            return _choice
        case reflect.Sequence(element):
            return _sequence(writer_of(element))
        case reflect.Row(elements):
            return _row([writer_of(each) for each in elements])
        case reflect.Collection(element):
            return _collection(writer_of(element))
        case reflect.Table(key, value):
            return _table(key, writer_of(value))
        case reflect.Alternatives():
            return _alternatives(shape)
        case reflect.Record():
            return _record(shape)
        case _:
            assert_never(shape)


def is_text(kind: object) -> bool:
    """Tell whether keys of this type can be keys of a JSON object as they are."""
    shape = shape_of(kind)
    return isinstance(shape, reflect.Scalar) and shape.type is str


def sort_key(data: Json) -> str:
    """Return what orders JSON-able data of one kind, always in the same way."""
    return json.dumps(data, sort_keys=True)


def _as_it_is(value: Any) -> Json:
    return value


def _binary(value: bytes) -> Json:
    return base64.b64encode(value).decode("ascii")


def _choice(value: Any) -> Json:
    return value.value


def _later(kind: object) -> Write:
    # Fields are looked up at first use: a record may contain itself.
    write: Write | None = None

    def deferred(value: Any) -> Json:
        nonlocal write
        if write is None:
            write = writer_of(kind)
        return write(value)

    return deferred


def _sequence(write: Write) -> Write:
    if write is _as_it_is:
        return list
    return lambda value: [write(each) for each in value]


def _row(writers: list[Write]) -> Write:
    def row(value: Any) -> Json:
        return [write(each) for write, each in zip(writers, value, strict=True)]

    return row


def _collection(write: Write) -> Write:
    return lambda value: sorted((write(each) for each in value), key=sort_key)


def _table(key: object, write: Write) -> Write:
    if is_text(key):
        return lambda value: {name: write(each) for name, each in value.items()}
    write_key = writer_of(key)

    def pairs(value: Any) -> Json:
        made = [[write_key(name), write(each)] for name, each in value.items()]
        return sorted(made, key=sort_key)

    return pairs


def _alternatives(shape: reflect.Alternatives) -> Write:
    if len(shape.members) == 1:
        write = _later(shape.members[0])
        return lambda value: None if value is None else write(value)
    writers = {each: _member(each) for each in shape.members}

    def alternative(value: Any) -> Json:
        return None if value is None else writers[value.__class__](value)

    return alternative


def _member(kind: object) -> Write:
    write = _later(kind)
    shape = shape_of(kind)
    if not isinstance(shape, reflect.Record):
        return write
    name = shape.type.__name__

    def tagged(value: Any) -> Json:
        data = write(value)
        data[TAG] = name
        return data

    return tagged


def _record(shape: reflect.Record) -> Write:
    # A field whose value needs no change has no writer: one call less for most.
    fields = tuple(
        (each.name, _field_writer(each.type), each.required, each.default)
        for each in shape.fields
    )

    def record(value: Any) -> Json:
        data = {}
        for name, write, required, default in fields:
            item = getattr(value, name)
            if not required and (item is default or item == default):
                continue
            data[name] = item if write is None else write(item)
        return data

    return record


def _field_writer(kind: object) -> Write | None:
    shape = shape_of(kind)
    if isinstance(shape, reflect.Scalar):
        return float if shape.type is float else None
    return _later(kind)
