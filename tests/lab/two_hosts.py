"""Two hosts on one cable, made of network namespaces, and what crosses the cable.

`TwoHosts.watch` sees every frame that claims an address, with the kernel's own
time stamp: how late the test itself is does not matter.
"""

import contextlib
import ctypes
import os
import selectors
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
SERVER6, CLIENT6 = "fd77::1", "fd77::2"
NIC = "eth0"

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_ETH_P_ALL, _ETH_P_IP, _ETH_P_ARP, _ETH_P_IPV6 = 0x0003, 0x0800, 0x0806, 0x86DD
_SO_TIMESTAMPNS = 35
_PORT = 7777


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame from the server that speaks as the address, at a boot-time instant."""

    at: float
    kind: str


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Make this thread live in a network namespace; its sockets stay there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    away = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        assert _libc.setns(away, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        assert _libc.setns(home, _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        os.close(home)
        os.close(away)


class TwoHosts:
    """Namespaces `server` (has the guard) and `client`, each with one `eth0`."""

    def __init__(self) -> None:
        mark = f"{os.getpid():x}{time.monotonic_ns() & 0xFFFF:x}"
        self.server, self.client = f"cs{mark}", f"cc{mark}"

    def __enter__(self) -> Self:
        for each in (self.server, self.client):
            _run("ip", "netns", "add", each)
            _run("ip", "-n", each, "link", "set", "lo", "up")
        cable = ("type", "veth", "peer", "name", NIC, "netns", self.client)
        _run("ip", "-n", self.server, "link", "add", NIC, *cable)
        for host, ips in (
            (self.server, (f"{SERVER}/24", f"{SERVER6}/64")),
            (self.client, (f"{CLIENT}/24", f"{CLIENT6}/64")),
        ):
            _run("ip", "-n", host, "link", "set", NIC, "up")
            for ip in ips:
                nodad = ("nodad",) if ":" in ip else ()
                _run("ip", "-n", host, "address", "add", ip, "dev", NIC, *nodad)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self.server, self.client):
            subprocess.run(["ip", "netns", "del", each], check=False)

    def has(self, ip: str) -> bool:
        """Tell whether the server's interface has `ip`, as the kernel says."""
        shown = subprocess.run(
            ["ip", "-n", self.server, "-o", "address", "show", "dev", NIC],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return f" {ip}/" in shown

    def gone_at(self, ip: str, *, patience: float) -> float:
        """Wait until the server has lost `ip`; return when that was seen."""
        give_up = boottime() + patience
        while self.has(ip):
            assert boottime() < give_up, f"{ip} is still there after {patience} s"
            time.sleep(0.01)  # The kernel is asked from outside: nothing to wait on.
        return boottime()

    @contextlib.contextmanager
    def watch(self, ip: str) -> Iterator[list[Seen]]:
        """Ask for `ip` all the time (neighbours and TCP) and see what answers."""
        seen: list[Seen] = []
        stop = threading.Event()
        threads = [
            threading.Thread(target=each, args=(ip, stop, *more))
            for each, more in (
                (self._sniff, (seen,)),
                (self._ask_neighbour, ()),
                (self._echo, ()),
                (self._talk, ()),
            )
        ]
        for each in threads:
            each.start()
        try:
            yield seen
        finally:
            stop.set()
            for each in threads:
                each.join()

    def _sniff(self, ip: str, stop: threading.Event, seen: list[Seen]) -> None:
        with inside(self.client):
            wire = socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
            )
        wire.bind((NIC, 0))
        wire.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        wire.settimeout(0.02)
        raw = socket.inet_pton(_family(ip), ip)
        offset = time.time() - boottime()  # noqa: TID251  # Stamps are wall clock.
        while not stop.is_set():
            try:
                frame, extra, _, sender = wire.recvmsg(2048, 128)
            except TimeoutError:
                continue
            kind = _claims(frame, raw)
            if kind and sender[2] != socket.PACKET_OUTGOING:
                seconds, nanoseconds = struct.unpack("=qq", extra[0][2])
                seen.append(Seen(seconds + nanoseconds / 1e9 - offset, kind))
        wire.close()

    def _ask_neighbour(self, ip: str, stop: threading.Event) -> None:
        with inside(self.client):
            question = _solicitation(ip) if ":" in ip else _arp_question(ip)
        while not stop.wait(0.002):
            question.ask()
        question.close()

    def _echo(self, ip: str, stop: threading.Event) -> None:
        with inside(self.server):
            listener = socket.socket(_family(ip), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::" if ":" in ip else "", _PORT))
        listener.listen()
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            while not stop.is_set():
                for key, _ in selector.select(0.02):
                    _serve(key.fileobj, listener, selector)
            for key in list(selector.get_map().values()):
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.close()

    def _talk(self, ip: str, stop: threading.Event) -> None:
        """Ping and pong on one connection after the other."""
        while not stop.is_set():
            with inside(self.client):
                talker = socket.socket(_family(ip), socket.SOCK_STREAM)
            talker.settimeout(0.1)
            with talker, contextlib.suppress(OSError):
                talker.connect((ip, _PORT))
                while not stop.wait(0.002):
                    talker.send(b"?")
                    talker.recv(16)
            stop.wait(0.005)


@dataclass(frozen=True, slots=True)
class _Question:
    socket: socket.socket
    packet: bytes
    to: tuple[str, int]

    def ask(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.sendto(self.packet, self.to)

    def close(self) -> None:
        self.socket.close()


def boottime() -> float:
    """Return seconds on the clock that leases are counted in."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _arp_question(ip: str) -> _Question:
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((NIC, 0))
    me = sender.getsockname()[4]
    packet = (
        b"\xff" * 6 + me + struct.pack(">HHHBBH", _ETH_P_ARP, 1, _ETH_P_IP, 6, 4, 1)
    )
    packet += me + socket.inet_aton(CLIENT) + bytes(6) + socket.inet_aton(ip)
    return _Question(sender, packet, (NIC, 0))


def _solicitation(ip: str) -> _Question:
    sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    index = socket.if_nametoindex(NIC)
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    sender.bind((CLIENT6, 0))
    raw = socket.inet_pton(socket.AF_INET6, ip)
    mac = bytes.fromhex(
        Path(f"/sys/class/net/{NIC}/address").read_text().strip().replace(":", "")
        if Path(f"/sys/class/net/{NIC}/address").exists()
        else "020000000001"
    )
    packet = struct.pack(">BBHI", 135, 0, 0, 0) + raw + b"\x01\x01" + mac
    group = socket.inet_ntop(
        socket.AF_INET6, bytes.fromhex("ff0200000000000000000001ff") + raw[13:]
    )
    return _Question(sender, packet, (group, 0))


def _claims(frame: bytes, raw: bytes) -> str:
    """Say in which way a frame speaks as the address; empty: in none."""
    (ethertype,) = struct.unpack_from(">H", frame, 12)
    if ethertype == _ETH_P_ARP and frame[28:32] == raw:
        return "arp"
    if ethertype == _ETH_P_IP and frame[26:30] == raw:
        return "packet"
    if ethertype == _ETH_P_IPV6 and frame[20] == 58 and frame[54] == 136:
        return "advertisement" if frame[62:78] == raw else ""
    if ethertype == _ETH_P_IPV6 and frame[22:38] == raw:
        return "packet"
    return ""


def _serve(
    ready: object, listener: socket.socket, selector: selectors.BaseSelector
) -> None:
    assert isinstance(ready, socket.socket)
    if ready is listener:
        selector.register(ready.accept()[0], selectors.EVENT_READ)
        return
    try:
        heard = ready.recv(16)
        if heard:
            ready.send(b"!")
            return
    except OSError:
        pass
    selector.unregister(ready)
    ready.close()


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
