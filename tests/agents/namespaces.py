"""Two machines on one cable: network namespaces joined by a veth pair."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CAPTURE = Path(__file__).with_name("capture.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A network namespace, kept alive by a process that does nothing."""

    pid: int

    @property
    def inside(self) -> Sequence[str]:
        """What to put before a command to run it there."""
        return ("nsenter", f"--net=/proc/{self.pid}/ns/net")

    def run(self, *command: str) -> str:
        """Run a command there; return what it prints."""
        done = subprocess.run(
            [*self.inside, *command], check=True, capture_output=True, text=True
        )
        return done.stdout

    def addresses(self, nic: str = "eth0") -> list[str]:
        """Return the addresses of an interface with their prefixes."""
        shown = json.loads(self.run("ip", "-j", "addr", "show", "dev", nic))
        return [
            f"{each['local']}/{each['prefixlen']}"
            for link in shown
            for each in link.get("addr_info", ())
        ]

    def mac(self) -> str:
        """Return the MAC of eth0."""
        return str(
            json.loads(self.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
        )


@contextmanager
def machine() -> Iterator[Machine]:
    """Raise a machine without any cable."""
    keeper = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo up; exec sleep 600"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert keeper.stdout is not None
        with keeper.stdout as pipe:
            assert pipe.readline() == "up\n"
        yield Machine(pid=keeper.pid)
    finally:
        keeper.kill()
        keeper.wait()


@contextmanager
def two_machines() -> Iterator[tuple[Machine, Machine]]:
    """Raise two machines, 192.0.2.1/24 and 192.0.2.2/24 (2001:db8::1 and ::2)."""
    with machine() as left, machine() as right:
        left.run(
            *("ip", "link", "add", "eth0", "type", "veth"),
            *("peer", "name", "eth0", "netns", str(right.pid)),
        )
        for number, each in ((1, left), (2, right)):
            each.run("ip", "link", "set", "lo", "up")
            each.run("ip", "link", "set", "eth0", "up")
            each.run("ip", "addr", "add", f"192.0.2.{number}/24", "dev", "eth0")
            each.run(
                *("ip", "addr", "add", f"2001:db8::{number}/64"),
                *("dev", "eth0", "nodad"),
            )
        yield left, right


@contextmanager
def listening(there: Machine) -> Iterator["Ear"]:
    """Hear ARP and neighbour advertisements on eth0 of a machine."""
    process = subprocess.Popen(
        [*there.inside, sys.executable, str(CAPTURE), "eth0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with process.stdout as pipe:
            assert pipe.readline() == "listening\n"
            yield Ear(lines=iter(pipe))
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What is heard: one line per packet, `TIME KIND SENDER-MAC IP`."""

    lines: Iterator[str]

    def next_about(self, ip: str) -> tuple[float, str, str]:
        """Wait for the next packet that claims `ip`; its time, kind and MAC."""
        while True:
            claimed, at, kind, mac = self.next_claim()
            if claimed == ip:
                return at, kind, mac

    def next_claim(self) -> tuple[str, float, str, str]:
        """Wait for the next packet that claims any VIP: IP, time, kind and MAC.

        The machines' own addresses (.1, .2) and probes without one do not count.
        """
        for line in self.lines:
            at, kind, mac, claimed = line.split()
            if claimed not in ("0.0.0.0", "192.0.2.1", "192.0.2.2"):  # noqa: S104  # A sender, not a bind.
                return claimed, float(at), kind, mac
        raise AssertionError("the ear was closed")
