"""Which address the other members shall use for this node."""

import ipaddress
import socket

from clusterd.host.netlink import Addresses

PEER_PORT = 7447
"""Members listen here; the port after it lets new ones in."""


class AddressFault(Exception):
    """No usable address; the text says what to give."""


def own_address(asked: str, towards: str | None) -> str:
    """Return `host:port`: as asked, else the one used to reach `towards`.

    `towards` (`host:port` of a member) None: the address of the default route.
    """
    if asked:
        return _complete(asked)
    target = towards.rpartition(":")[0].strip("[]") if towards else "192.0.2.1"
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))  # Nothing is sent: only the route is asked.
            found = probe.getsockname()[0]
    except OSError:
        found = _only_address()
    if ipaddress.ip_address(found).is_loopback:
        raise AddressFault("only a loopback address was found; give --address HOST")
    return _joined(found, PEER_PORT)


def _only_address() -> str:
    """Return this machine's address if it has but one that others could reach."""
    addresses = Addresses()
    try:
        found = [each.address.ip for each in addresses.all()]
    finally:
        addresses.close()
    usable = [ip for ip in found if _is_reachable(ipaddress.ip_address(ip))]
    if len(usable) == 1:
        return usable[0]
    known = f" (there are {', '.join(usable)})" if usable else ""
    raise AddressFault(
        f"no route tells which address the others shall use{known}; give it with "
        "--address HOST[:PORT]"
    )


def _is_reachable(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (ip.is_loopback or ip.is_link_local)


def _complete(asked: str) -> str:
    """Return `asked` with the port filled in; IPv6 may stand in brackets."""
    try:
        return _joined(str(ipaddress.ip_address(asked.strip("[]"))), PEER_PORT)
    except ValueError:
        pass  # Not a bare address: a name, or something with a port.
    host, colon, port = asked.rpartition(":")
    if not colon:
        return f"{asked}:{PEER_PORT}"
    if not port.isdigit() or not 0 < int(port) < 65535:
        raise AddressFault(f'"{asked}" is not HOST or HOST:PORT (port below 65535)')
    return f"{host}:{port}"


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
