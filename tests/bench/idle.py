"""What a node costs while nothing happens: read from /proc, outside the hosts."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.lab.host import Host

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
PARTS = {
    "clusterd.guard": "guard",
    "clusterd.runner": "runner",
    "clusterd.planner": "planner",
    "bin/clusterd": "clusterd",
    "haproxy": "haproxy",
    "server.py": "api",
}
"""What is in a command line, and what we call the process; the first one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one process of a node costs: % of one core, MiB."""

    node: str
    part: str
    cpu: float
    rss: float
    pss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What all nodes cost; `traffic` is bytes a second per node, both directions."""

    costs: tuple[Cost, ...]
    traffic: dict[str, float]


def observe(nodes: list[Host], seconds: float) -> Idle:
    """Leave the nodes alone for so long, then tell what they used."""
    found = {node.name: _processes(node) for node in nodes}
    before = {pid: _ticks(pid) for pids in found.values() for pid in pids}
    bytes_before = {node.name: _bytes(node) for node in nodes}
    began = time.monotonic()
    time.sleep(seconds)  # Time itself is what is measured.
    elapsed = time.monotonic() - began
    # What ended meanwhile was a run of an agent: its time is in its parent's.
    costs = [
        Cost(
            node=name,
            part=part,
            cpu=(_ticks(pid) - before[pid]) / TICKS / elapsed * 100,
            rss=_mebibytes(pid, "Rss"),
            pss=_mebibytes(pid, "Pss"),
        )
        for name, pids in found.items()
        for pid, part in pids.items()
        if (PROC / str(pid)).exists()
    ]
    traffic = {
        node.name: (_bytes(node) - bytes_before[node.name]) / elapsed for node in nodes
    }
    return Idle(costs=tuple(costs), traffic=traffic)


def _processes(node: Host) -> dict[int, str]:
    """Map the pids of a node's processes that we know (as seen here) to their part."""
    own = (PROC / str(node.pid) / "ns/pid").readlink()
    found: dict[int, str] = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if (folder / "ns/pid").readlink() != own:
                continue
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # It has ended meanwhile.
        part = next((name for text, name in PARTS.items() if text in line), None)
        if part is not None:
            found[int(folder.name)] = part
    return found


def _ticks(pid: int) -> int:
    """Return the CPU time of a process and of its children that have ended."""
    after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return sum(int(word) for word in after_name[11:15])


def _mebibytes(pid: int, field: str) -> float:
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _bytes(node: Host) -> int:
    lines = (PROC / str(node.pid) / "net/dev").read_text().splitlines()
    line = next(each for each in lines if each.strip().startswith("eth0:"))
    words = line.partition(":")[2].split()
    return int(words[0]) + int(words[8])
