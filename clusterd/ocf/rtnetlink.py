"""Addresses, links and routes of this machine, asked of the kernel directly.

The few messages of rtnetlink(7) that agents need, in the process: a microsecond
each, where a run of `ip` takes five milliseconds and a library a second to import.
"""

# The C half of `socket`: the other half imports `enum` and `selectors`, 6 ms.
import _socket
import os
import struct

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Iterator

# linux/rtnetlink.h, linux/netlink.h
_NEWLINK, _GETLINK = 16, 18
_NEWADDR, _DELADDR, _GETADDR = 20, 21, 22
_NEWROUTE, _GETROUTE = 24, 26
_ERROR, _DONE = 2, 3
_REQUEST, _ACK, _DUMP, _EXCL, _CREATE = 0x1, 0x4, 0x300, 0x200, 0x400
# linux/if_addr.h
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_BROADCAST = 1, 2, 3, 4
_IFA_CACHEINFO, _IFA_FLAGS = 6, 8
IFA_SECONDARY, IFA_NODAD, IFA_DADFAILED, IFA_TENTATIVE = 0x01, 0x02, 0x08, 0x40
IFA_NOPREFIXROUTE = 0x200
# linux/if_link.h, linux/if.h
_IFLA_ADDRESS, _IFLA_IFNAME = 1, 3
_IFF_UP, _IFF_LOOPBACK, _IFF_NOARP, _IFF_LOWER_UP = 0x1, 0x8, 0x80, 0x10000
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_TABLE, _RTA_VIA = 1, 4, 5, 15, 18
_TABLE_MAIN, _TYPE_UNICAST = 254, 1
_FOREVER = 0xFFFFFFFF
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_BUFFER = 65536

EVENTS_IPV6_ADDRESS = 1 << 8
"""Multicast group: IPv6 addresses that come, go or end their conflict check."""


class Link:
    """A network interface."""

    def __init__(self, index: int, name: str, mac: bytes, flags: int) -> None:
        self.index = index
        self.name = name
        self.mac = mac
        self.flags = flags

    @property
    def works(self) -> bool:
        """Whether it is up and the other end of the cable is there.

        Not by IFF_RUNNING, which follows the carrier up to a second later.
        """
        return self.flags & (_IFF_UP | _IFF_LOWER_UP) == _IFF_UP | _IFF_LOWER_UP

    @property
    def has_neighbours(self) -> bool:
        """Whether it speaks ARP on Ethernet: something to announce to."""
        return not self.flags & (_IFF_LOOPBACK | _IFF_NOARP) and len(self.mac) == 6


class Address:
    """An address on an interface; `ip` in network byte order (4 or 16 bytes)."""

    def __init__(self, ip: bytes, prefix: int, index: int, flags: int) -> None:
        self.ip = ip
        self.prefix = prefix
        self.index = index
        self.flags = flags


class Route:
    """A way to a network: `index` is the interface; prefix 0 is the default route.

    `is_direct`: the network is on this link, not behind a gateway.
    """

    def __init__(
        self, network: bytes, prefix: int, index: int, *, is_direct: bool
    ) -> None:
        self.network = network
        self.prefix = prefix
        self.index = index
        self.is_direct = is_direct

    def covers(self, ip: bytes) -> bool:
        """Whether `ip` lies in this network."""
        shift = len(ip) * 8 - self.prefix
        mine = int.from_bytes(self.network.ljust(len(ip), b"\0"), "big")
        return mine >> shift == int.from_bytes(ip, "big") >> shift


class Kernel:
    """A conversation with the kernel; raises OSError where it refuses."""

    def __init__(self, *, events: int = 0) -> None:
        self._socket = _socket.socket(
            _socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, 0
        )
        self._socket.bind((0, events))
        self._sequence = 0

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor, to wait for events."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Read away the events that have come."""
        try:
            while self._socket.recv(_BUFFER, _socket.MSG_DONTWAIT):
                continue
        except OSError:  # Nothing more, or more than fits: the caller looks itself.
            return

    def links(self) -> "list[Link]":
        """Return all interfaces."""
        body = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
        return [_link(body) for body in self._dump(_GETLINK, body, _NEWLINK)]

    def link(self, name: str) -> Link | None:
        """Return the interface of that name or alternative name."""
        try:
            index = _socket.if_nametoindex(name)
        except OSError:
            return None
        return next((link for link in self.links() if link.index == index), None)

    def addresses(self, family: int) -> list[Address]:
        """Return all addresses of a family on all interfaces."""
        body = struct.pack("=BBBBI", family, 0, 0, 0, 0)
        return [_address(body) for body in self._dump(_GETADDR, body, _NEWADDR)]

    def find(self, ip: bytes) -> list[Address]:
        """Return every place where this very address sits."""
        return [each for each in self.addresses(family_of(ip)) if each.ip == ip]

    def routes(self, family: int) -> list[Route]:
        """Return the unicast routes of the main table with one interface each."""
        body = struct.pack("=BBBBBBBBI", family, 0, 0, 0, 0, 0, 0, 0, 0)
        found = (_route(body) for body in self._dump(_GETROUTE, body, _NEWROUTE))
        return [route for route in found if route is not None]

    def add(self, address: Address, *, label: str = "", preferred: bool = True) -> None:
        """Add an address for ever; `preferred` off keeps it from being a source.

        Raises FileExistsError if it sits there already.
        """
        attributes = _local(address)
        if label:
            attributes += _pack(_IFA_LABEL, label.encode() + b"\0")
        if len(address.ip) == 4 and address.prefix < 31:
            attributes += _pack(_IFA_BROADCAST, _broadcast(address))
        lifetime = _FOREVER if preferred else 0
        attributes += _pack(
            _IFA_CACHEINFO, struct.pack("=IIII", lifetime, _FOREVER, 0, 0)
        )
        attributes += _pack(_IFA_FLAGS, struct.pack("=I", address.flags))
        self._ask(_NEWADDR, _body(address) + attributes, _EXCL | _CREATE)

    def delete(self, address: Address) -> None:
        """Remove exactly this address with this prefix from this interface."""
        self._ask(_DELADDR, _body(address) + _local(address), 0)

    def _ask(self, kind: int, body: bytes, flags: int) -> None:
        for _ in self._exchange(kind, body, flags | _ACK, 0):
            continue

    def _dump(self, kind: int, body: bytes, expected: int) -> "Iterator[bytes]":
        return self._exchange(kind, body, _DUMP, expected)

    def _exchange(
        self, kind: int, body: bytes, flags: int, expected: int
    ) -> "Iterator[bytes]":
        self._sequence += 1
        length = _HEADER.size + len(body)
        header = _HEADER.pack(length, kind, flags | _REQUEST, self._sequence, 0)
        self._socket.send(header + body)
        while True:
            for answer, sequence, payload in _messages(self._socket.recv(_BUFFER)):
                if sequence != self._sequence:  # An event, or an older answer.
                    continue
                if answer == _ERROR:
                    _raise(struct.unpack_from("=i", payload)[0])
                    return
                if answer == _DONE:
                    return
                if answer == expected:
                    yield payload


def nearest(routes: list[Route], ip: bytes) -> list[Route]:
    """Return the routes that describe best where `ip` belongs.

    Longest prefix first; a network on a link is nearer than any behind a gateway.
    More than one with different interfaces: nobody can tell.
    """
    covering = [route for route in routes if route.covers(ip)]
    ranks = {(route.is_direct, route.prefix) for route in covering}
    best = max(ranks, default=None)
    return [route for route in covering if (route.is_direct, route.prefix) == best]


def family_of(ip: bytes) -> int:
    """Return the address family of an address in network byte order."""
    return _socket.AF_INET if len(ip) == 4 else _socket.AF_INET6


def parse_ip(text: str) -> bytes:
    """Read an IPv4 or IPv6 address in any notation; ValueError with a sentence."""
    family = _socket.AF_INET6 if ":" in text else _socket.AF_INET
    try:
        return _socket.inet_pton(family, text)
    except OSError:
        raise ValueError("must be an IPv4 or IPv6 address") from None


def show_ip(ip: bytes) -> str:
    """Write an address in its canonical form."""
    return _socket.inet_ntop(family_of(ip), ip)


def _raise(code: int) -> None:
    if code:
        raise OSError(-code, os.strerror(-code))


def _messages(data: bytes) -> "Iterator[tuple[int, int, bytes]]":
    """Split what the kernel sent into (type, sequence, body)."""
    while len(data) >= _HEADER.size:
        length, kind, _, sequence, _ = _HEADER.unpack_from(data)
        yield kind, sequence, data[_HEADER.size : length]
        data = data[_aligned(length) :]


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[_ATTRIBUTE.size : length]
        data = data[_aligned(length) :]
    return found


def _pack(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value.ljust(_aligned(len(value)), b"\0")


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _link(body: bytes) -> Link:
    _, _, index, flags, _ = struct.unpack_from("=BxHiII", body)
    attributes = _attributes(body[16:])
    name = attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode()
    return Link(index, name, attributes.get(_IFLA_ADDRESS, b""), flags)


def _address(body: bytes) -> Address:
    _, prefix, flags, _, index = struct.unpack_from("=BBBBI", body)
    attributes = _attributes(body[8:])
    ip = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS, b"")
    if _IFA_FLAGS in attributes:
        (flags,) = struct.unpack("=I", attributes[_IFA_FLAGS])
    return Address(ip, prefix, index, flags)


def _route(body: bytes) -> Route | None:
    _, prefix, _, _, table, _, _, kind, _ = struct.unpack_from("=BBBBBBBBI", body)
    attributes = _attributes(body[12:])
    if _RTA_TABLE in attributes:
        (table,) = struct.unpack("=I", attributes[_RTA_TABLE])
    if table != _TABLE_MAIN or kind != _TYPE_UNICAST or _RTA_OIF not in attributes:
        return None
    (index,) = struct.unpack("=I", attributes[_RTA_OIF])
    is_direct = _RTA_GATEWAY not in attributes and _RTA_VIA not in attributes
    return Route(attributes.get(_RTA_DST, b""), prefix, index, is_direct=is_direct)


def _body(address: Address) -> bytes:
    family = family_of(address.ip)
    return struct.pack("=BBBBI", family, address.prefix, 0, 0, address.index)


def _local(address: Address) -> bytes:
    return _pack(_IFA_LOCAL, address.ip) + _pack(_IFA_ADDRESS, address.ip)


def _broadcast(address: Address) -> bytes:
    hosts = (1 << (32 - address.prefix)) - 1
    return (int.from_bytes(address.ip, "big") | hosts).to_bytes(4, "big")
