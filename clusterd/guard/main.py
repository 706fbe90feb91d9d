"""Arguments and start of the guard."""

import argparse
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from clusterd.guard.grip import Grip
from clusterd.guard.killing import kill_all
from clusterd.guard.memory import MemoryFile
from clusterd.guard.server import Server, listen
from clusterd.guard.switch import Switch
from clusterd.host.clock import boot_time
from clusterd.host.guard_protocol import Enforcement
from clusterd.host.netlink import Addresses, AddressEvents
from clusterd.host.nft import LeaseFilter
from clusterd.host.realtime import become_punctual

ANOTHER_RUNS = 3
"""Exit status when the socket is already served."""


def main(arguments: Sequence[str]) -> int:
    """Run the guard until SIGTERM; it leaves the kernel's clocks running."""
    options = _options(arguments)
    path: Path = options.socket
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    lock = os.open(
        path.with_name(f"{path.name}.lock"),
        os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
        0o600,
    )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say(f"another guard serves {path}")
        return ANOTHER_RUNS
    stop = _stop_socket()
    lease_filter = None if options.without_nft else _filter()
    server = _assemble(path, options.cgroup, lease_filter)
    for sentence in become_punctual():
        _say(sentence)
    server.run(stop)
    return 0


def _assemble(
    path: Path, cgroups: Path | None, lease_filter: LeaseFilter | None
) -> Server:
    """Wire everything, and take over what an earlier guard held."""
    notices = AddressEvents()  # First: nothing that vanishes from here on is missed.
    enforcement = (
        Enforcement.KERNEL_LIFETIME if lease_filter is None else Enforcement.NFT
    )
    grip = Grip(Addresses(), lease_filter, boot_time)
    diary = MemoryFile(path)
    switch = Switch(
        grip=grip,
        diary=diary,
        enforcement=enforcement,
        kill=partial(kill_all, cgroups=cgroups),
        clock=boot_time,
    )
    switch.resume(diary.recall())
    return Server(listener=listen(path), switch=switch, grip=grip, notices=notices)


def _filter() -> LeaseFilter | None:
    """Return the packet filter, or None where this kernel cannot do it."""
    try:
        lease_filter = LeaseFilter()
        lease_filter.probe()
    except OSError as error:
        _say(f"no nftables, addresses end by their lifetime only: {error.strerror}")
        return None
    return lease_filter


def _stop_socket() -> socket.socket:
    """Return a socket that becomes readable at SIGTERM or SIGINT."""
    reader, writer = socket.socketpair()
    for each in (reader, writer):
        each.settimeout(0)
    signal.set_wakeup_fd(writer.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return reader


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clusterd-guard",
        description="Takes exclusive resources away when this node's lease ends.",
    )
    parser.add_argument(
        "--socket",
        type=Path,
        default=Path("/run/clusterd/guard.sock"),
        help="where to listen (default: %(default)s)",
    )
    parser.add_argument(
        "--cgroup",
        type=Path,
        help="folder with one cgroup per resource, to kill class `process` by",
    )
    parser.add_argument(
        "--without-nft",
        action="store_true",
        help="leave nftables alone; addresses then end up to 1.25 s late",
    )
    return parser.parse_args(arguments)


def _say(sentence: str) -> None:
    sys.stderr.write(f"clusterd-guard: {sentence}\n")
    sys.stderr.flush()
