"""What is said to the guard and what it answers: one JSON object per datagram.

The socket is a Unix SOCK_SEQPACKET, so one message is one datagram and order is
kept. JSON because agents in any language can speak it. Parsing happens here and
once; inside, only these types are seen. Times are boot-time seconds.

    daemon:  {"verb": "attach"}
             {"verb": "lease", "session": 3, "until": 812.5,
              "exclusive": {"db": "process"}}
             {"verb": "end"}
    agents:  {"verb": "hold", "resource": "vip", "address": "192.0.2.9",
              "prefix": 24, "nic": "eth0", "label": ""}
             {"verb": "release", "resource": "vip", "address": "192.0.2.9"}
    anybody: {"verb": "status"}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from clusterd.host.netlink import Address, canonical

LARGEST = 60_000
"""Bytes of one datagram; a lease with a thousand resources fits well."""

Object: TypeAlias = Mapping[str, object]


class Enforcement(Enum):
    """Who takes an address away when the guard itself cannot."""

    NFT = "nft"
    """An nftables timeout: silent within 0.1 s of the end of the lease."""
    KERNEL_LIFETIME = "kernel-lifetime"
    """Only the address's lifetime, in whole seconds: gone within 1.25 s."""


class MalformedMessage(ValueError):
    """A datagram is not one of the messages; the sentence says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """From the daemon: the lease is valid until `until`; in the past: release now.

    `session`: whose lease it is; one that was released is never granted again,
    and a new one begins with nothing held. `exclusive` maps an instance to its
    release class. `sent`: when this was sent, to measure how late the guard is;
    None when not known.
    """

    until: float
    session: int
    exclusive: Mapping[str, str] = field(default_factory=dict)
    sent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """From an agent: bring this address up, and keep it as long as the lease."""

    resource: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """From an agent: take this address away now; fine when it is not there."""

    resource: str
    ip: str


@dataclass(frozen=True, slots=True)
class Attach:
    """From the daemon: it leads from now on, and asks how the guard enforces."""


@dataclass(frozen=True, slots=True)
class End:
    """From the daemon: let go of everything and end; this is no member any more."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """From anybody: what is held, until when, how punctual is the guard."""


Request: TypeAlias = Attach | Lease | End | Hold | Release | AskStatus


def parse_request(datagram: bytes) -> Request:
    """Return the message in `datagram`; raises MalformedMessage."""
    found = parse_object(datagram)
    verb = found.get("verb")
    match verb:
        case "attach":
            return Attach()
        case "end":
            return End()
        case "lease":
            return _lease(found)
        case "hold":
            return Hold(resource=_text(found, "resource"), address=_address(found))
        case "release":
            return Release(resource=_text(found, "resource"), ip=_ip(found))
        case "status":
            return AskStatus()
        case _:
            raise MalformedMessage(
                f"unknown verb {json.dumps(verb)};"
                " use attach, lease, end, hold, release or status"
            )


def parse_object(datagram: bytes) -> Object:
    """Return the JSON object in `datagram`; raises MalformedMessage."""
    try:
        found = json.loads(datagram)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise MalformedMessage("not a JSON object")
    return found


def lease_datagram(lease: Lease) -> bytes:
    """Return the datagram that `parse_request` reads as `lease`."""
    return encode(
        {
            "verb": "lease",
            "session": lease.session,
            "until": lease.until,
            "exclusive": dict(lease.exclusive),
            "sent": lease.sent,
        }
    )


def encode(message: Object) -> bytes:
    """Return `message` as a datagram."""
    return json.dumps(message, separators=(",", ":")).encode()


def _lease(found: Object) -> Lease:
    exclusive = found.get("exclusive", {})
    if not isinstance(exclusive, dict) or not all(
        isinstance(each, str) for each in exclusive.values()
    ):
        raise MalformedMessage("`exclusive` is not an object of strings")
    sent = found.get("sent")
    return Lease(
        until=_seconds(found.get("until"), "until"),
        session=_whole(found.get("session"), "session"),
        exclusive=exclusive,
        sent=None if sent is None else _seconds(sent, "sent"),
    )


def _seconds(value: object, name: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # A NaN would compare false with every clock, so never end.
    if not is_number or not abs(value) < 1e12:  # type: ignore[arg-type]
        raise MalformedMessage(f"`{name}` is not a number of seconds")
    return float(value)  # type: ignore[arg-type]


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedMessage(f"`{name}` is not a whole number from 0")
    return value


def _text(found: Object, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value or "\0" in value:
        raise MalformedMessage(f"`{name}` is missing or not a text")
    return value


def _ip(found: Object) -> str:
    ip = _text(found, "address")
    try:
        return canonical(ip)
    except ValueError as error:
        raise MalformedMessage(f"`address`: {error}") from None


def _address(found: Object) -> Address:
    ip = _ip(found)
    prefix = found.get("prefix")
    bits = 128 if ":" in ip else 32
    if (
        not isinstance(prefix, int)
        or isinstance(prefix, bool)
        or not 0 <= prefix <= bits
    ):
        raise MalformedMessage(f"`prefix` is not a whole number from 0 to {bits}")
    label = found.get("label") or ""
    if not isinstance(label, str) or len(label.encode()) > 15:
        raise MalformedMessage("`label` is not a text of at most 15 bytes")
    return Address(ip=ip, prefix=prefix, nic=_text(found, "nic"), label=label)
