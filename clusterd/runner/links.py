"""Addresses that vanish and links that go down, told by the kernel (D7)."""

import contextlib
import errno
import socket
import struct
from collections.abc import Callable

from clusterd.host.netlink import NetlinkSocket, packed, parse_attributes

# linux/rtnetlink.h, linux/if_addr.h, linux/if_link.h
_GROUPS = 0x1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
_RTM_NEWLINK, _RTM_DELLINK, _RTM_GETLINK = 16, 17, 18
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_IFADDRMSG = struct.Struct("=BBBBI")
_IFINFOMSG = struct.Struct("=BBHiII")
_IFA_ADDRESS, _IFA_LOCAL, _IFLA_IFNAME = 1, 2, 3
_IFF_LOWER_UP = 0x10000


class Links:
    """Knows where each address is and which interfaces have a carrier.

    `on_loss(ip, what)` is called for watched addresses only; ips are packed.
    """

    def __init__(self, on_loss: Callable[[bytes, str], None]) -> None:
        self._on_loss = on_loss
        self._watched: set[bytes] = set()
        self._places: dict[bytes, int] = {}
        self._carriers: dict[int, bool] = {}
        self._names: dict[int, str] = {}
        self._events = NetlinkSocket(socket.NETLINK_ROUTE, groups=_GROUPS)
        self._look()

    def fileno(self) -> int:
        """Return the descriptor, readable when there is something to `read`."""
        return self._events.fileno()

    def watch(self, ip: bytes) -> None:
        """Tell from now on when this address goes."""
        self._watched.add(ip)

    def forget(self, ip: bytes) -> None:
        """Tell no more about this address."""
        self._watched.discard(ip)

    def read(self) -> None:
        """Take in what happened; never waits."""
        try:
            for message in self._events.received():
                self._learn(message.kind, message.body)
        except OSError as fault:
            if fault.errno != errno.ENOBUFS:
                raise
            self._look_again()  # The kernel had to drop some news.

    def _look(self) -> None:
        with contextlib.closing(NetlinkSocket(socket.NETLINK_ROUTE)) as kernel:
            for body in kernel.dump(_RTM_GETLINK, _IFINFOMSG.pack(0, 0, 0, 0, 0, 0)):
                self._learn(_RTM_NEWLINK, body)
            for body in kernel.dump(_RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0)):
                self._learn(_RTM_NEWADDR, body)

    def _look_again(self) -> None:
        before = self._places
        self._places = {}
        self._look()
        for ip in sorted(before.keys() - self._places.keys()):
            self._lose(ip, before[ip])

    def _learn(self, kind: int, body: bytes) -> None:
        if kind == _RTM_NEWADDR:
            ip, place = _address(body)
            self._places[ip] = place
        elif kind == _RTM_DELADDR:
            ip, place = _address(body)
            if self._places.get(ip) == place:
                del self._places[ip]
                self._lose(ip, place)
        elif kind == _RTM_NEWLINK:
            self._learn_link(body)
        elif kind == _RTM_DELLINK:
            self._set_carrier(_IFINFOMSG.unpack_from(body)[3], has_carrier=False)

    def _learn_link(self, body: bytes) -> None:
        _, _, _, place, flags, _ = _IFINFOMSG.unpack_from(body)
        name = parse_attributes(body[_IFINFOMSG.size :]).get(_IFLA_IFNAME, b"")
        if name:
            self._names[place] = name.rstrip(b"\0").decode(errors="replace")
        self._set_carrier(place, has_carrier=bool(flags & _IFF_LOWER_UP))

    def _set_carrier(self, place: int, *, has_carrier: bool) -> None:
        had_carrier = self._carriers.get(place, False)
        self._carriers[place] = has_carrier
        if not had_carrier or has_carrier:
            return
        what = f"link {self._name(place)} went down"
        for ip in sorted(self._watched):
            if self._places.get(ip) == place:
                self._on_loss(ip, what)

    def _lose(self, ip: bytes, place: int) -> None:
        if ip in self._watched:
            family = socket.AF_INET if len(ip) == 4 else socket.AF_INET6
            text = socket.inet_ntop(family, ip)
            self._on_loss(ip, f"address {text} vanished from {self._name(place)}")

    def _name(self, place: int) -> str:
        return self._names.get(place, f"interface {place}")


def _address(body: bytes) -> tuple[bytes, int]:
    _, _, _, _, place = _IFADDRMSG.unpack_from(body)
    found = parse_attributes(body[_IFADDRMSG.size :])
    return found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS, b""), place


def address_in(text: str) -> bytes | None:
    """Return the address in `192.0.2.1` or `192.0.2.1/24`, packed; None for others."""
    try:
        return packed(text.partition("/")[0].strip())
    except ValueError:
        return None
