"""Requests and answers as lines of JSON. Light: the client imports only this.

One connection carries one request line, then any number of event lines, then one
line that is `done` or `error`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

PROTOCOL = 1
SOCKET_PATH = "/run/clusterd/api.sock"
TIMEOUT = 1.0
"""Seconds within which a node answers unless the request asks for longer."""
TIMEOUT_MAX = 86_400.0
REQUEST_BYTES = 2 * 1024 * 1024
"""A configuration of thousands of resources fits; a runaway client does not."""
ANSWER_BYTES = 64 * 1024 * 1024


class Exit(IntEnum):
    """What `clusterctl` says by exiting. Documented in docs/reference/cli.md."""

    DONE = 0
    REFUSED = 1
    NO = 2
    UNKNOWN = 3
    FORBIDDEN = 4
    NOT_FOUND = 5
    CONFLICT = 6
    NOT_SAFE = 7
    UNREACHABLE = 8
    DIFFERS = 10
    USAGE = 64
    TIMEOUT = 124
    INTERRUPTED = 130


class ProtocolFault(Exception):
    """A line is not what the protocol says; the text is for the other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks. `timeout` in seconds; `author` is a login name."""

    verb: str
    args: Mapping[str, Json] = field(default_factory=dict)
    author: str = ""
    timeout: float = TIMEOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One of several things that come before the end."""

    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The answer, and the end."""

    data: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """It was not done: a stable code, why, what to do, how to exit.

    `is_unknown`: it may still be done; nobody can say yet.
    """

    code: str
    text: str
    hint: str = ""
    exit: Exit = Exit.REFUSED
    is_unknown: bool = False


Answer: TypeAlias = Event | Done | Fault


def encode_request(request: Request) -> bytes:
    """Return the request as one line. Raises ProtocolFault when it is too long."""
    line = _line(
        {
            "verb": request.verb,
            "args": dict(request.args),
            "author": request.author,
            "timeout": request.timeout,
        }
    )
    if len(line) > REQUEST_BYTES:
        raise ProtocolFault(
            f"the request has {len(line)} bytes, at most {REQUEST_BYTES} are allowed"
        )
    return line


def decode_request(line: bytes) -> Request:
    """Return the request of a line. Raises ProtocolFault."""
    data = _object(line)
    verb, args = data.get("verb"), data.get("args", {})
    author, timeout = data.get("author", ""), data.get("timeout", TIMEOUT)
    if not isinstance(verb, str) or not verb:
        raise ProtocolFault("`verb` must be a word")
    if not isinstance(args, dict):
        raise ProtocolFault("`args` must be an object")
    if not isinstance(author, str):
        raise ProtocolFault("`author` must be a name")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise ProtocolFault("`timeout` must be a number of seconds")
    if not 0 < timeout <= TIMEOUT_MAX:
        raise ProtocolFault(f"`timeout` must be in (0, {TIMEOUT_MAX:.0f}] seconds")
    return Request(verb=verb, args=args, author=author, timeout=float(timeout))


def encode_answer(answer: Answer) -> bytes:
    """Return the answer as one line."""
    match answer:
        case Event(data=data):
            return _line({"event": data})
        case Done(data=data):
            return _line({"done": data})
        case Fault():
            return _line({"error": fault_data(answer)})


def fault_data(fault: Fault) -> dict[str, Json]:
    """Return the fault as it travels, and as `-o json` prints it."""
    data: dict[str, Json] = {
        "code": fault.code,
        "text": fault.text,
        "hint": fault.hint,
        "exit": int(fault.exit),
    }
    if fault.is_unknown:
        data["unknown"] = True
    return data


def decode_answer(line: bytes) -> Answer:
    """Return the answer of a line. Raises ProtocolFault."""
    data = _object(line)
    if "event" in data:
        return Event(data=data["event"])
    if "done" in data:
        return Done(data=data["done"])
    error = data.get("error")
    if not isinstance(error, dict):
        raise ProtocolFault("the answer is neither event, done nor error")
    return Fault(
        code=str(error.get("code", "E-UNKNOWN")),
        text=str(error.get("text", "")),
        hint=str(error.get("hint", "")),
        exit=_exit(error.get("exit")),
        is_unknown=error.get("unknown") is True,
    )


def _exit(number: Json) -> Exit:
    try:
        return Exit(number) if isinstance(number, int) else Exit.REFUSED
    except ValueError:  # A newer daemon knows more codes: still a refusal.
        return Exit.REFUSED


def _line(data: dict[str, Json]) -> bytes:
    # Output of agents may hold lone surrogates (bytes that were no UTF-8): the
    # default ASCII form of json carries them, UTF-8 itself would not.
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Json]:
    try:
        data: Json = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolFault(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ProtocolFault("not a JSON object")
    return data
