"""End every process of a resource, whatever it does to stay alive.

Processes are found by their cgroup where the runner could make one (one write
kills all, forks included), else by the marker `CLUSTERD_RESOURCE=<instance>` in
the environment that they inherited from their agent.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PATIENCE = 1.0
"""Seconds to wait for killed processes to be gone: the bound of class `process`.
What is left then sleeps in the kernel (state D), and only fencing ends it."""

_PAUSE = 0.005
_MARKER = "CLUSTERD_RESOURCE"


def kill_all(instances: Iterable[str], cgroups: Path | None) -> tuple[str, ...]:
    """Kill every process of these instances; return those that have some left."""
    left = tuple(instances)
    give_up = time.monotonic() + PATIENCE
    while True:
        left = tuple(each for each in left if not _kill_once(each, cgroups))
        if not left or time.monotonic() > give_up:
            return left
        time.sleep(_PAUSE)


def cgroup_of(instance: str, cgroups: Path) -> Path:
    """Return the folder of the cgroup that the runner makes for `instance`."""
    return cgroups / instance.replace("/", "_").replace(":", "_")


def _kill_once(instance: str, cgroups: Path | None) -> bool:
    """Kill what is there now; True when nothing was."""
    if cgroups is not None:
        group = cgroup_of(instance, cgroups)
        with contextlib.suppress(OSError):  # No such cgroup, or before Linux 5.14.
            (group / "cgroup.kill").write_text("1", encoding="ascii")
            return "populated 0" in (group / "cgroup.events").read_text("ascii")
    return _kill_marked(instance)


def _kill_marked(instance: str) -> bool:
    marker = f"{_MARKER}={instance}".encode()
    none = True
    for process in _processes():
        none = not _kill_if_marked(process, marker) and none
    return none


def _processes() -> Iterator[int]:
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            yield int(entry.name)


def _kill_if_marked(process: int, marker: bytes) -> bool:
    """Kill `process` if it carries the marker; True when it does.

    A process that has already ended (a zombie) has no environment any more.
    """
    if not _is_marked(process, marker):
        return False
    try:
        handle = os.pidfd_open(process)
    except OSError:
        return True  # Gone in between; look once more in the next round.
    try:
        # Asked again through the handle: the number may have been reused.
        if _is_marked(process, marker):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
    finally:
        os.close(handle)
    return True


def _is_marked(process: int, marker: bytes) -> bool:
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return False
    return marker in environment.split(b"\0")
