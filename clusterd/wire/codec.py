"""Our frozen types as JSON: one generic codec, built from the types themselves.

It serves log commands, snapshots, the pipe to the planner and the answers of the
API. What is equal encodes to equal bytes: sorted keys, no spaces, floats as the
shortest text that reads back the same. Fields at their default are left out, so
**a default is part of the format**: it never changes its meaning later.
"""

import json
from typing import Any, Generic, TypeVar

from clusterd.wire.faults import DecodeFault
from clusterd.wire.reading import reader_of
from clusterd.wire.writing import Json, writer_of

T = TypeVar("T")

_COMPACT = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_ASCII = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


class Codec(Generic[T]):
    """Turns values of one type into bytes and back.

    For a union say both: `COMMANDS = Codec[Command](Command)`. Raises TypeError
    when made for a type that has no form (a bare dict, a list, an open class).
    """

    def __init__(self, kind: object) -> None:
        self._write = writer_of(kind)
        self._read = reader_of(kind)
        self._read_tolerant = reader_of(kind, tolerant=True)

    def to_data(self, value: T) -> Json:
        """Return the value as dicts, lists and scalars that JSON knows."""
        return self._write(value)

    def from_data(self, data: Json, *, tolerant: bool = False) -> T:
        """Return the value these data describe.

        `tolerant`: a newer minor version wrote them; skip fields unknown here.
        Raises DecodeFault.
        """
        read = self._read_tolerant if tolerant else self._read
        value: T = read(data)
        return value

    def encode(self, value: T) -> bytes:
        """Return the canonical bytes. Raises ValueError for NaN and infinity."""
        return json_bytes(self._write(value))

    def decode(self, data: bytes, *, tolerant: bool = False) -> T:
        """Return the value these bytes describe. Raises DecodeFault."""
        return self.from_data(json_data(data), tolerant=tolerant)


def json_bytes(data: Json) -> bytes:
    """Return JSON-able data as canonical, compact JSON."""
    try:
        return _COMPACT.encode(data).encode()
    except UnicodeEncodeError:
        # Output of agents may hold bytes that are no UTF-8 (surrogate escapes);
        # as \udcXX they survive, and the result is still valid JSON.
        return _ASCII.encode(data).encode()


def json_data(data: bytes) -> Json:
    """Return what JSON bytes hold. Raises DecodeFault."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DecodeFault(f"not JSON: {error}") from None


_CODECS: dict[object, Codec[Any]] = {}


def _codec_of(kind: type[T]) -> Codec[T]:
    codec = _CODECS.get(kind)
    if codec is None:
        codec = _CODECS[kind] = Codec(kind)
    return codec


def encode(value: T, kind: type[T]) -> bytes:
    """Return `value` as canonical bytes; for unions use a Codec."""
    return _codec_of(kind).encode(value)


def decode(kind: type[T], data: bytes) -> T:
    """Return the value of this class in `data`. Raises DecodeFault."""
    return _codec_of(kind).decode(data)


def to_data(value: T, kind: type[T]) -> Json:
    """Return `value` as dicts, lists and scalars that JSON knows."""
    return _codec_of(kind).to_data(value)


def from_data(kind: type[T], data: Json) -> T:
    """Return the value of this class that these data describe."""
    return _codec_of(kind).from_data(data)
