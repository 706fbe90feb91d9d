"""Agents that outlived a runner: ended before anything new is run.

Each agent writes its own record before it begins, so there is no instant at which
it runs unrecorded; the runner removes it after the exit. A new runner that finds
a record knows nothing of that agent's result (the executor calls it lost), and
the recovery it makes way for must not meet it at work.
"""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from clusterd.host.process import started_at


def recorder(folder: Path) -> Callable[[], None]:
    """Return what the new process has to do first; to be called before the fork."""
    runner = os.getpid()

    def record() -> None:
        pid = os.getpid()
        (folder / str(pid)).write_text(str(started_at(pid)), encoding="ascii")
        if os.getppid() != runner:  # It died just now, perhaps after the search below.
            os._exit(127)

    return record


def erase(folder: Path, pid: int) -> None:
    """Remove the record of a process that is gone."""
    (folder / str(pid)).unlink(missing_ok=True)


def end_orphans(folder: Path) -> list[int]:
    """Kill the group of every recorded agent that still runs; return their pids."""
    ended = []
    for file in folder.iterdir():
        started = file.read_text(encoding="ascii", errors="replace")
        pid = int(file.name) if file.name.isdigit() else 0
        if pid and started == str(started_at(pid)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            ended.append(pid)
        file.unlink(missing_ok=True)
    return ended
