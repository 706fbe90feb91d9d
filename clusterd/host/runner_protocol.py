"""What daemon and runner say to each other: one JSON object per line.

Both ends use this file, so it imports nothing that a small process would mind.
The first field of each line, `is`, names the type; all others are the fields of
the dataclass. Unknown fields are ignored and missing ones have defaults, so that
a new daemon can talk to the runner that its predecessor started.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeAlias

LINE_MAX = 1 << 20
"""Longest line either end accepts, in bytes."""

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run `argv`; a `run` that is already known is not run again."""

    run: str
    argv: tuple[str, ...]
    instance: str
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 20.0
    watch: bool = False
    leased: bool = False
    not_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """End the process group of this run now."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Forget the result of this run."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch:
    """Say nothing any more about this instance."""

    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """Say `Hello` again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Leave once nothing is running and nothing waits to be collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Who the runner is, what it runs and what waits to be collected."""

    boot: str
    version: int = VERSION
    running: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """A run has ended; said again to every new connection until `Collected`.

    `status`, `signal` and `errno` as in `executor.inputs.AgentExited`; `error`
    where `errno` does not say enough;
    `lost_bytes` of output were dropped to stay within bounds.
    """

    run: str
    status: int | None = None
    signal: int | None = None
    timed_out: bool = False
    too_late: bool = False
    error: str = ""
    errno: int | None = None
    stdout: str = ""
    stderr: str = ""
    lost_bytes: int = 0
    duration: float = 0.0
    wall: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Something that belongs to this instance went away."""

    instance: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something for the journal that belongs to no result."""

    text: str


Order: TypeAlias = Run | Kill | Collected | Unwatch | List | End
Answer: TypeAlias = Hello | Exited | Noticed | Trouble
Message: TypeAlias = Order | Answer

_TYPES: dict[str, type[Message]] = {
    each.__name__.lower(): each
    for each in (
        *(Run, Kill, Collected, Unwatch, List, End),
        *(Hello, Exited, Noticed, Trouble),
    )
}


_SHAPES: dict[object, Callable[[object], bool]] = {
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    int: lambda value: isinstance(value, int),
    int | None: lambda value: value is None or isinstance(value, int),
    float: lambda value: isinstance(value, int | float),
    float | None: lambda value: value is None or isinstance(value, int | float),
    tuple[str, ...]: lambda value: (
        isinstance(value, tuple) and all(isinstance(each, str) for each in value)
    ),
    Mapping[str, str]: lambda value: (
        isinstance(value, dict)
        and all(isinstance(each, str) for pair in value.items() for each in pair)
    ),
}


class Garbled(ValueError):
    """A line is not a message of this protocol."""


def encode(message: Message) -> bytes:
    """Return the message as one line, newline included."""
    words = {"is": type(message).__name__.lower(), **asdict(message)}
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Read one line; raises Garbled with a sentence that says what is wrong."""
    try:
        words = json.loads(line)
    except ValueError as fault:
        raise Garbled(f"not JSON: {fault}") from fault
    if not isinstance(words, dict) or str(words.get("is")) not in _TYPES:
        raise Garbled(f"no message I know: {line[:80]!r}")
    kind = _TYPES[words["is"]]
    given: dict[str, Any] = {}
    for each in fields(kind):
        if each.name not in words:
            continue
        value = words[each.name]
        given[each.name] = tuple(value) if isinstance(value, list) else value
        if not _SHAPES[each.type](given[each.name]):
            raise Garbled(f"`{each.name}` of `{words['is']}` cannot be {value!r:.80}")
    try:
        return kind(**given)
    except TypeError as fault:
        raise Garbled(f"`{words['is']}` is incomplete: {fault}") from fault
