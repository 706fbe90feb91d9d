"""`host:port` and what listens where."""

from clusterd.net.faults import NetFault

ENROL_OFFSET = 1
"""The enrol port is the one after the peers' port: nothing more to configure."""


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `host:port` or `[v6]:port`. Raises NetFault."""
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not int(port) < 65536:
        raise NetFault(
            f"`{address}` is not an address", "write HOST:PORT, or [IPV6]:PORT"
        )
    return host, int(port)


def join_address(host: str, port: int) -> str:
    """Return `host:port`, with brackets for IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def enrol_address(peer_address: str) -> str:
    """Return where the member that others reach at `peer_address` enrols."""
    host, port = split_address(peer_address)
    return join_address(host, port + ENROL_OFFSET)
