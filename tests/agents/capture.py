"""Print ARP and neighbour advertisements seen on an interface, one line each."""

import ipaddress
import socket
import struct
import sys
import time

_ARP, _IPV6 = 0x0806, 0x86DD
_ICMPV6, _ADVERTISEMENT = 58, 136


def main(nic: str) -> None:
    """Listen until killed."""
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    ear.bind((nic, 0))
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    while True:
        frame = ear.recv(2048)
        claim = claimed(frame)
        if claim:
            sys.stdout.write(f"{time.monotonic():.3f} {claim}\n")
            sys.stdout.flush()


def claimed(frame: bytes) -> str:
    """Return `KIND MAC IP` if a frame claims an address, else nothing."""
    mac, (kind,) = frame[6:12].hex(":"), struct.unpack("!H", frame[12:14])
    body = frame[14:]
    if kind == _ARP:
        (operation,) = struct.unpack("!H", body[6:8])
        name = {1: "request", 2: "reply"}.get(operation, "other")
        return f"{name} {mac} {ipaddress.IPv4Address(body[14:18])}"
    if kind == _IPV6 and body[6] == _ICMPV6 and body[40] == _ADVERTISEMENT:
        override = "override" if body[44] & 0x20 else "plain"
        return f"{override} {mac} {ipaddress.IPv6Address(body[48:64])}"
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
