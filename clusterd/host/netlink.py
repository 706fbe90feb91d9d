"""Addresses of this machine, asked of the kernel directly over rtnetlink.

A few lines over `AF_NETLINK` instead of a library: the guard and the VIP agent
need four requests, and pyroute2 costs 250 ms and 25 MB at import (see
docs/decisions/host-netlink.md). What belongs here: framing, attributes, errors
and addresses. `clusterd.host.nft` builds on the framing.

Sources: rtnetlink(7), netlink(7), linux/if_addr.h.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MARK = 0x63
"""Our value of IFA_PROTO (`ip -d address` shows `proto 0x63`): who made it.
Kernels before 5.18 ignore the attribute."""

FOREVER = 0xFFFFFFFF
"""A lifetime without end, as the kernel writes it."""

# Source: manual page netlink, section 7.
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_CAPPED, _NLM_F_ACK_TLVS = 0x100, 0x200
_NLMSGERR_ATTR_MSG = 1
_SOL_NETLINK, _NETLINK_EXT_ACK = 270, 11
_HEADER = struct.Struct("=IHHII")

# linux/rtnetlink.h and linux/if_addr.h
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_RTMGRP_ADDRESSES = 0x10 | 0x100
_IFADDRMSG = struct.Struct("=BBBBI")
_CACHEINFO = struct.Struct("=IIII")
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_CACHEINFO = 1, 2, 3, 6
_IFA_FLAGS, _IFA_PROTO = 8, 11
_IFA_F_NODAD = 0x02

_RECEIVE_BYTES = 1 << 17


class NetlinkError(OSError):
    """The kernel refused a request; `strerror` says why in its own words."""


@dataclass(frozen=True, slots=True)
class Message:
    """One netlink message as received. `port` 0: the kernel acted by itself."""

    kind: int
    flags: int
    sequence: int
    port: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address on one interface. `label` (IPv4 only) is at most 15 bytes."""

    ip: str
    prefix: int
    nic: str
    label: str = ""

    @property
    def family(self) -> socket.AddressFamily:
        """AF_INET or AF_INET6."""
        return family_of(self.ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """An address as the kernel has it: seconds left (None: no end) and its maker."""

    address: Address
    valid: int | None
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An address vanished from an interface.

    `port` is the netlink socket that asked for it, 0 for the kernel itself.
    """

    ip: str
    port: int


def family_of(ip: str) -> socket.AddressFamily:
    """Return the address family of a numeric address."""
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def packed(ip: str) -> bytes:
    """Return the 4 or 16 bytes of `ip`; ValueError when it is not an address."""
    try:
        return socket.inet_pton(family_of(ip), ip)
    except OSError:
        raise ValueError(f"`{ip}` is not an IPv4 or IPv6 address") from None


def canonical(ip: str) -> str:
    """Return `ip` as the kernel writes it; ValueError when it is not an address."""
    return socket.inet_ntop(family_of(ip), packed(ip))


def attribute(kind: int, payload: bytes) -> bytes:
    """Frame one attribute, padded to four bytes."""
    padding = b"\0" * (-len(payload) % 4)
    return struct.pack("=HH", len(payload) + 4, kind) + payload + padding


def parse_attributes(data: bytes) -> dict[int, bytes]:
    """Split framed attributes; flag bits of the kind are dropped."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def frame(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Frame one message."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


def unframe(data: bytes) -> Iterator[Message]:
    """Split what one receive call returned into messages."""
    while len(data) >= _HEADER.size:
        length, kind, flags, sequence, port = _HEADER.unpack_from(data)
        if length < _HEADER.size:
            return
        yield Message(kind, flags, sequence, port, data[_HEADER.size : length])
        data = data[(length + 3) & ~3 :]


class NetlinkSocket:
    """A netlink socket for requests that are answered while they are sent.

    The kernel works on a request inside `send`, so its answer is there when
    that returns, and a request costs two system calls.
    """

    def __init__(self, protocol: int, *, groups: int = 0) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol
        )
        self._socket.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
        self._socket.bind((0, groups))
        self._sequence = 0

    @property
    def port(self) -> int:
        """What the kernel writes as the originator of what we ask for."""
        port: int = self._socket.getsockname()[0]
        return port

    def fileno(self) -> int:
        """Return the descriptor, to be polled."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket; requests are refused afterwards."""
        self._socket.close()

    def next_sequence(self) -> int:
        """Return a number that ties an answer to its request."""
        self._sequence = (self._sequence + 1) & 0x7FFFFFFF
        return self._sequence

    def request(self, kind: int, flags: int, body: bytes) -> None:
        """Send one request and wait for its acknowledgement."""
        flags |= NLM_F_REQUEST | NLM_F_ACK
        self.transact(frame(kind, flags, self.next_sequence(), body))

    def transact(self, frames: bytes) -> None:
        """Send frames of which at least one asks for an acknowledgement.

        Raises the first error that the kernel reports.
        """
        for _ in self.received():
            pass  # An answer to an earlier request that was cut short.
        self._socket.send(frames)
        failure = None
        for message in self.received():
            failure = failure or _failure(message)
        if failure is not None:
            raise failure

    def dump(self, kind: int, body: bytes) -> Iterator[bytes]:
        """Yield the bodies of a dump."""
        flags = NLM_F_REQUEST | NLM_F_DUMP
        self._socket.send(frame(kind, flags, self.next_sequence(), body))
        while True:
            for message in unframe(self._socket.recv(_RECEIVE_BYTES)):
                if message.kind == _NLMSG_DONE:
                    return
                failure = _failure(message)
                if failure is not None:
                    raise failure
                yield message.body

    def received(self) -> Iterator[Message]:
        """Yield what has arrived, without waiting."""
        while True:
            try:
                data = self._socket.recv(_RECEIVE_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            yield from unframe(data)


class Addresses:
    """Addresses of this network namespace."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(socket.NETLINK_ROUTE)

    @property
    def port(self) -> int:
        """Tells our own removals from those of others; see `Removal`."""
        return self._netlink.port

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()

    def put(self, address: Address, *, valid: int) -> None:
        """Add `address`, or set its lifetime anew: `valid` whole seconds (>= 1).

        The kernel removes it at the end, at most 0.25 s late, or 1 s when another
        address changed within the last second. An absent address is created
        again in any case: check the clock after a late call.
        """
        assert valid >= 1, "the kernel refuses a lifetime of zero"
        self._netlink.request(
            _RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, _new_body(address, valid)
        )

    def delete(self, address: Address) -> bool:
        """Remove `address`; False when it, or its interface, was not there."""
        try:
            self._netlink.request(_RTM_DELADDR, 0, _body(address))
        except OSError as error:
            if error.errno in {errno.EADDRNOTAVAIL, errno.ENODEV}:
                return False
            raise
        return True

    def all(self) -> list[Lifetime]:
        """Return every address of every interface."""
        found = []
        for body in self._netlink.dump(_RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0)):
            lifetime = _lifetime(body)
            if lifetime is not None:
                found.append(lifetime)
        return found


class AddressEvents:
    """Tells which addresses vanished, whoever removed them."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(socket.NETLINK_ROUTE, groups=_RTMGRP_ADDRESSES)

    def fileno(self) -> int:
        """Return the descriptor, to be polled."""
        return self._netlink.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()

    def removals(self) -> list[Removal] | None:
        """Return the removals since the last call, without waiting.

        None: the kernel dropped some because nobody read them; look for yourself.
        """
        try:
            return [
                Removal(ip=_ip(message.body), port=message.port)
                for message in self._netlink.received()
                if message.kind == _RTM_DELADDR
            ]
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return None
            raise


def _failure(message: Message) -> NetlinkError | None:
    if message.kind != _NLMSG_ERROR:
        return None
    (code,) = struct.unpack_from("=i", message.body)
    if code == 0:
        return None
    said = _explanation(message)
    reason = os.strerror(-code)
    return NetlinkError(-code, f"{reason} ({said})" if said else reason)


def _explanation(message: Message) -> str:
    """Return the kernel's own sentence about an error, if it sent one."""
    if not message.flags & _NLM_F_ACK_TLVS:
        return ""
    (length,) = struct.unpack_from("=I", message.body, 4)
    echoed = _HEADER.size if message.flags & _NLM_F_CAPPED else (length + 3) & ~3
    said = parse_attributes(message.body[4 + echoed :]).get(_NLMSGERR_ATTR_MSG, b"")
    return said.rstrip(b"\0").decode(errors="replace")


def _body(address: Address) -> bytes:
    try:
        index = socket.if_nametoindex(address.nic)
    except OSError:  # Without a number: Python's own sentence.
        reason = f"no interface is named `{address.nic}`"
        raise NetlinkError(errno.ENODEV, reason) from None
    ip = packed(address.ip)
    return (
        _IFADDRMSG.pack(address.family, address.prefix, 0, 0, index)
        + attribute(_IFA_LOCAL, ip)
        + attribute(_IFA_ADDRESS, ip)
    )


def _new_body(address: Address, valid: int) -> bytes:
    body = (
        _body(address)
        + attribute(_IFA_CACHEINFO, _CACHEINFO.pack(valid, valid, 0, 0))
        + attribute(_IFA_PROTO, bytes([MARK]))
    )
    if address.family == socket.AF_INET6:
        # Without it the address is tentative, so useless, for a second or more.
        # That nobody else has it is the lease's business.
        return body + attribute(_IFA_FLAGS, struct.pack("=I", _IFA_F_NODAD))
    if address.label:
        return body + attribute(_IFA_LABEL, address.label.encode() + b"\0")
    return body


def _ip(body: bytes) -> str:
    family = body[0]
    found = parse_attributes(body[_IFADDRMSG.size :])
    raw = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS, b"")
    return socket.inet_ntop(family, raw)


def _lifetime(body: bytes) -> Lifetime | None:
    family, prefix, _, _, index = _IFADDRMSG.unpack_from(body)
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    found = parse_attributes(body[_IFADDRMSG.size :])
    label = found.get(_IFA_LABEL, b"").rstrip(b"\0").decode(errors="replace")
    _, valid, _, _ = _CACHEINFO.unpack(found[_IFA_CACHEINFO])
    try:
        nic = socket.if_indextoname(index)
    except OSError:
        return None  # The interface went away since.
    return Lifetime(
        address=Address(ip=_ip(body), prefix=prefix, nic=nic, label=label),
        valid=None if valid == FOREVER else valid,
        mark=found.get(_IFA_PROTO, b"\0")[0],
    )
