"""Talk to the neighbours of a link: who has this address, and: now I have it.

ARP over AF_PACKET for IPv4 (RFC 826, 5227), unsolicited neighbour advertisements
over raw ICMPv6 for IPv6 (RFC 4861, 7.2.6).
"""

# The C half of `socket`: the other half imports `enum` and `selectors`, 6 ms.
import _socket
import select
import struct
import time

from clusterd.ocf.process import read_text
from clusterd.ocf.rtnetlink import Link

_ETH_ARP = 0x0806
_BROADCAST = b"\xff" * 6
_NOBODY = b"\0" * 6
_REQUEST, _REPLY = 1, 2
# Hardware Ethernet, protocol IPv4, their address lengths; then the operation.
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IPV4 = 1, 0x0800

_ALL_NODES = "ff02::1"
_ADVERTISEMENT, _OVERRIDE, _ROUTER = 136, 0x20000000, 0x80000000
_TARGET_LINK_LAYER = 2
_HOP_LIMIT = 255
"""Receivers drop neighbour discovery with any other: it crossed a router."""


class ArpSocket:
    """ARP on one link, for probes and announcements of one IPv4 address.

    Closing waits 12 ms inside the kernel, so one socket serves both.
    """

    def __init__(self, link: Link, ip: bytes) -> None:
        self._mac = link.mac
        self._ip = ip
        self._socket = _socket.socket(
            _socket.AF_PACKET,
            _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC,
            _socket.htons(_ETH_ARP),
        )
        self._to = (link.name, _ETH_ARP, 0, _ETHERNET, _BROADCAST)
        self._socket.bind((link.name, _ETH_ARP))

    def fileno(self) -> int:
        """Return the descriptor, which a child may inherit."""
        return self._socket.fileno()

    def probe(self, seconds: float) -> bytes | None:
        """Ask who has the address; return the other holder's MAC, None if silent.

        The question names no sender, so it spoils no neighbour's table.
        """
        question = _arp(_REQUEST, self._mac, b"\0" * 4, _NOBODY, self._ip)
        self._socket.sendto(question, self._to)
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._socket.fileno(), select.POLLIN)
        while (left := until - time.monotonic()) > 0:
            if poll.poll(left * 1000):
                holder = holder_in(self._socket.recv(256), self._ip)
                if holder not in (None, self._mac):
                    return holder
        return None

    def announce(self, kinds: str = "both") -> None:
        """Tell everybody: a gratuitous request, a reply or both.

        Some switches and hosts learn from one of them only.
        """
        if kinds != "reply":
            text = _arp(_REQUEST, self._mac, self._ip, _NOBODY, self._ip)
            self._socket.sendto(text, self._to)
        if kinds != "request":
            text = _arp(_REPLY, self._mac, self._ip, self._mac, self._ip)
            self._socket.sendto(text, self._to)


class AdvertisementSocket:
    """Neighbour advertisements on one link for one IPv6 address that is here."""

    def __init__(self, link: Link, ip: bytes) -> None:
        self._link = link
        self._ip = ip
        self._socket = _socket.socket(
            _socket.AF_INET6,
            _socket.SOCK_RAW | _socket.SOCK_CLOEXEC,
            _socket.IPPROTO_ICMPV6,
        )
        for option, value in (
            (_socket.IPV6_MULTICAST_HOPS, _HOP_LIMIT),
            (_socket.IPV6_MULTICAST_IF, link.index),
            (_socket.IPV6_MULTICAST_LOOP, 0),
        ):
            self._socket.setsockopt(_socket.IPPROTO_IPV6, option, value)
        address = _socket.inet_ntop(_socket.AF_INET6, ip)
        self._socket.bind((address, 0, 0, link.index))

    def fileno(self) -> int:
        """Return the descriptor, which a child may inherit."""
        return self._socket.fileno()

    def announce(self, kinds: str = "both") -> None:
        """Tell all nodes on the link; `kinds` means nothing here."""
        flags = _OVERRIDE | (_ROUTER if _forwards(self._link.name) else 0)
        text = struct.pack("!BBHI", _ADVERTISEMENT, 0, 0, flags) + self._ip
        text += struct.pack("!BB", _TARGET_LINK_LAYER, 1) + self._link.mac
        self._socket.sendto(text, (_ALL_NODES, 0, 0, self._link.index))


def holder_in(packet: bytes, ip: bytes) -> bytes | None:
    """Return the MAC that claims `ip` in this ARP packet; None if it does not.

    A probe of somebody else for the same address (RFC 5227, 2.1.1) is no claim:
    its sender address is zero.
    """
    if len(packet) < _ARP.size:
        return None
    hardware, protocol, _, _, _, mac, sender, _, _ = _ARP.unpack_from(packet)
    if (hardware, protocol) != (_ETHERNET, _IPV4) or sender != ip:
        return None
    return bytes(mac)


def show_mac(mac: bytes) -> str:
    """Write a MAC as everybody does: `02:00:5e:10:00:01`."""
    return mac.hex(":")


def _arp(operation: int, mac: bytes, ip: bytes, to_mac: bytes, to_ip: bytes) -> bytes:
    return _ARP.pack(_ETHERNET, _IPV4, 6, 4, operation, mac, ip, to_mac, to_ip)


def _forwards(nic: str) -> bool:
    return read_text(f"/proc/sys/net/ipv6/conf/{nic}/forwarding").strip() == "1"
