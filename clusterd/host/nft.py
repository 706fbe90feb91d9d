"""The lease on the wire: packets of an address pass only while it is leased.

Three nftables tables named `clusterd` (families ip, ip6, arp), each with two
sets: `guarded` lists the addresses that live by the lease, `leased` those of
them whose lease is valid, each element with a timeout in milliseconds. What is
guarded and not leased is dropped. So the kernel itself silences an address at
the end of its lease, exact to a few milliseconds, whatever happened to us.

Where it is dropped: packets **to** the address before anything else looks at
them (prerouting, before NAT and conntrack), packets **from** it after everything
else (postrouting, after NAT); ARP requests for it, ARP packets that claim it,
IPv6 neighbour solicitations for it and advertisements of it. This machine may
still talk to the address as a client, wherever it lives by then.

Everything goes over netlink: starting `nft` costs 3 to 16 ms, this a fraction of
one. Sources: linux/netfilter/nf_tables.h, nfnetlink.h; RFC 826; RFC 4861.
"""

import errno
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clusterd.host.netlink import (
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_REQUEST,
    NetlinkSocket,
    attribute,
    family_of,
    frame,
    packed,
)

TABLE = "clusterd"
SHORTEST = 0.002
"""Seconds; less is not worth a request, and zero would mean "never ends"."""

_NETLINK_NETFILTER = 12
_SUBSYSTEM = 10 << 8
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEWTABLE, _DELTABLE, _NEWCHAIN, _NEWRULE, _NEWSET = 0, 2, 3, 6, 9
_NEWSETELEM, _DELSETELEM = 12, 14
_NESTED = 0x8000
_SET_HAS_TIMEOUT = 0x10
_TYPE_IPV4_ADDR, _TYPE_IPV6_ADDR = 7, 8  # How `nft list` shows the elements.
_NETWORK, _TRANSPORT = 1, 2
_REGISTER, _VERDICT_REGISTER = 1, 0
_META_L4PROTO, _ICMPV6 = 16, 58
_SOLICITATION, _ADVERTISEMENT = 135, 136


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """Where a guarded address may stand in a packet: bytes after a header's start.

    `icmp`: only in ICMPv6 messages of this type.
    """

    chain: str
    header: int = _NETWORK
    offset: int
    icmp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hook:
    chain: str
    number: int
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """One of the three tables."""

    family: int
    key_type: int
    key_bytes: int
    hooks: tuple[_Hook, ...]
    matches: tuple[_Match, ...]


_FIRST, _LAST = -300, 300  # Before conntrack (-200) and NAT; after NAT (100).
_ROUTED = (
    _Hook(chain="before", number=0, priority=_FIRST),
    _Hook(chain="after", number=4, priority=_LAST),
)
_IPV4 = _Layout(
    family=2,
    key_type=_TYPE_IPV4_ADDR,
    key_bytes=4,
    hooks=_ROUTED,
    matches=(_Match(chain="before", offset=16), _Match(chain="after", offset=12)),
)
_ARP = _Layout(
    family=3,
    key_type=_TYPE_IPV4_ADDR,
    key_bytes=4,
    hooks=(
        _Hook(chain="before", number=0, priority=0),
        _Hook(chain="after", number=1, priority=0),
    ),
    # The target of what comes in, the sender of what goes out (Ethernet, IPv4).
    matches=(_Match(chain="before", offset=24), _Match(chain="after", offset=14)),
)
_IPV6 = _Layout(
    family=10,
    key_type=_TYPE_IPV6_ADDR,
    key_bytes=16,
    hooks=_ROUTED,
    matches=(
        _Match(chain="before", offset=24),
        _Match(chain="after", offset=8),
        _Match(chain="before", header=_TRANSPORT, offset=8, icmp=_SOLICITATION),
        _Match(chain="after", header=_TRANSPORT, offset=8, icmp=_ADVERTISEMENT),
    ),
)
_LAYOUTS = (_IPV4, _ARP, _IPV6)


class LeaseFilter:
    """The tables of this network namespace. Every call is one atomic batch."""

    def __init__(self, *, table: str = TABLE) -> None:
        self._table = table
        self._netlink = NetlinkSocket(_NETLINK_NETFILTER)

    def close(self) -> None:
        """Close the socket; the tables stay."""
        self._netlink.close()

    def probe(self) -> None:
        """Raise NetlinkError unless this kernel can do all that is needed here."""
        trial = f"{self._table}_probe"
        requests: list[_Request] = []
        for layout in _LAYOUTS:
            requests += [
                *_build(layout, trial),
                _table_request(layout, trial, _DELTABLE),
            ]
        self._commit(requests)

    def install(self, leased: Mapping[str, float]) -> None:
        """Build the tables anew with exactly these addresses.

        `leased` maps an address to the seconds its lease still has; one of zero
        or less is guarded and silent. There is no moment without protection.
        """
        requests: list[_Request] = []
        for layout in _LAYOUTS:
            requests += [
                _table_request(layout, self._table, _NEWTABLE),
                _table_request(layout, self._table, _DELTABLE),
                *_build(layout, self._table),
            ]
        for ip, seconds in leased.items():
            requests += self._guard(ip)
            requests += self._lease(ip, seconds)
        self._commit(requests)

    def admit(self, ips: Iterable[str], seconds: float) -> bool:
        """Guard every one of `ips` and let it pass for `seconds` from now on.

        False: our tables are not there (`nft flush ruleset`); install them.
        """
        requests: list[_Request] = []
        for ip in ips:
            requests += self._guard(ip)
            requests += self._lease(ip, seconds)
        try:
            self._commit(requests)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            raise
        return True

    def withdraw(self, ips: Iterable[str]) -> None:
        """Forget these addresses; those not known are ignored."""
        requests: list[_Request] = []
        for ip in ips:
            for layout in _layouts_of(ip):
                for name in ("leased", "guarded"):
                    # Deleting what is not there fails the batch, so add it first.
                    seconds = 1.0 if name == "leased" else None
                    requests += [
                        _element(layout, self._table, _NEWSETELEM, (name, ip, seconds)),
                        _element(layout, self._table, _DELSETELEM, (name, ip, None)),
                    ]
        try:
            self._commit(requests)
        except OSError as error:
            if error.errno != errno.ENOENT:  # No tables, so nothing to forget.
                raise

    def _guard(self, ip: str) -> "list[_Request]":
        return [
            _element(layout, self._table, _NEWSETELEM, ("guarded", ip, None))
            for layout in _layouts_of(ip)
        ]

    def _lease(self, ip: str, seconds: float) -> "list[_Request]":
        """Set the element's timeout: before Linux 6.11 only a new one can have it."""
        requests = []
        for layout in _layouts_of(ip):
            new = _element(
                layout, self._table, _NEWSETELEM, ("leased", ip, max(seconds, SHORTEST))
            )
            old = _element(layout, self._table, _DELSETELEM, ("leased", ip, None))
            requests += [new, old] if seconds < SHORTEST else [new, old, new]
        return requests

    def _commit(self, requests: "list[_Request]") -> None:
        if not requests:
            return
        netlink = self._netlink
        frames = [_batch(_BATCH_BEGIN, netlink.next_sequence())]
        for number, request in enumerate(requests, start=1):
            last = NLM_F_ACK if number == len(requests) else 0
            frames.append(
                frame(
                    request.kind,
                    request.flags | NLM_F_REQUEST | last,
                    netlink.next_sequence(),
                    request.body,
                )
            )
        frames.append(_batch(_BATCH_END, netlink.next_sequence()))
        netlink.transact(b"".join(frames))


@dataclass(frozen=True, slots=True)
class _Request:
    kind: int
    flags: int
    body: bytes


def _layouts_of(ip: str) -> tuple[_Layout, ...]:
    return (_IPV6,) if family_of(ip) == socket.AF_INET6 else (_IPV4, _ARP)


def _build(layout: _Layout, table: str) -> list[_Request]:
    """Return the requests that make one whole table."""
    return [
        _table_request(layout, table, _NEWTABLE),
        _set_request(layout, table, "guarded", flags=0),
        _set_request(layout, table, "leased", flags=_SET_HAS_TIMEOUT),
        *(_chain_request(layout, table, hook) for hook in layout.hooks),
        *(_rule_request(layout, table, match) for match in layout.matches),
    ]


def _request(layout: _Layout, kind: int, *attributes: bytes) -> _Request:
    flags = NLM_F_CREATE if kind in {_NEWTABLE, _NEWCHAIN, _NEWSET} else 0
    if kind in {_NEWRULE, _NEWSETELEM}:
        flags = NLM_F_CREATE | (0x800 if kind == _NEWRULE else 0)  # NLM_F_APPEND
    head = struct.pack("=BBH", layout.family, 0, 0)
    return _Request(_SUBSYSTEM | kind, flags, head + b"".join(attributes))


def _table_request(layout: _Layout, table: str, kind: int) -> _Request:
    return _request(layout, kind, _text(1, table))


def _set_request(layout: _Layout, table: str, name: str, *, flags: int) -> _Request:
    return _request(
        layout,
        _NEWSET,
        _text(1, table),
        _text(2, name),
        _number(3, flags),
        _number(4, layout.key_type),
        _number(5, layout.key_bytes),
        _number(10, 1),  # An id within the batch; required, not used.
    )


def _chain_request(layout: _Layout, table: str, hook: _Hook) -> _Request:
    place = _number(1, hook.number) + attribute(2, struct.pack(">i", hook.priority))
    return _request(
        layout,
        _NEWCHAIN,
        _text(1, table),
        _text(3, hook.chain),
        _nested(4, place),
        _text(7, "filter"),
    )


def _rule_request(layout: _Layout, table: str, match: _Match) -> _Request:
    expressions = []
    if match.icmp is not None:
        expressions += [
            _expression("meta", _number(1, _REGISTER), _number(2, _META_L4PROTO)),
            _equals(_ICMPV6),
            _load(_TRANSPORT, 0, 1),
            _equals(match.icmp),
        ]
    expressions += [
        _load(match.header, match.offset, layout.key_bytes),
        _expression("lookup", _text(1, "guarded"), _number(2, _REGISTER)),
        _expression("lookup", _text(1, "leased"), _number(2, _REGISTER), _number(5, 1)),
        _expression("counter"),
        _expression(
            "immediate",
            _number(1, _VERDICT_REGISTER),
            _nested(2, _nested(2, _number(1, 0))),
        ),
    ]
    return _request(
        layout,
        _NEWRULE,
        _text(1, table),
        _text(2, match.chain),
        _nested(4, b"".join(expressions)),
    )


def _element(
    layout: _Layout, table: str, kind: int, element: tuple[str, str, float | None]
) -> _Request:
    """`element`: the set's name, the address, and seconds (None: without end)."""
    name, ip, seconds = element
    content = _nested(1, attribute(1, packed(ip)))
    if seconds is not None:
        content += attribute(4, struct.pack(">Q", max(1, int(seconds * 1000))))
    return _request(
        layout,
        kind,
        _text(1, table),
        _text(2, name),
        _nested(3, _nested(1, content)),
    )


def _load(header: int, offset: int, length: int) -> bytes:
    return _expression(
        "payload",
        _number(1, _REGISTER),
        _number(2, header),
        _number(3, offset),
        _number(4, length),
    )


def _equals(value: int) -> bytes:
    """Go on only if the register holds this one byte."""
    return _expression(
        "cmp",
        _number(1, _REGISTER),
        _number(2, 0),
        _nested(3, attribute(1, bytes([value]))),
    )


def _expression(name: str, *attributes: bytes) -> bytes:
    return _nested(1, _text(1, name) + _nested(2, b"".join(attributes)))


def _batch(kind: int, sequence: int) -> bytes:
    head = struct.pack("=BBH", 0, 0, socket.htons(_SUBSYSTEM >> 8))
    return frame(kind, NLM_F_REQUEST, sequence, head)


def _nested(kind: int, content: bytes) -> bytes:
    return attribute(kind | _NESTED, content)


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack(">I", value))


def _text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")
