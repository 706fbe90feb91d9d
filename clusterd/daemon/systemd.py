"""Telling systemd how we are (sd_notify(3)); nothing happens elsewhere."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send one `VARIABLE=value` line to the service manager, if there is one."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
    ):
        channel.sendto(state.encode(), address)
