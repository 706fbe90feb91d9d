"""Which process is the resource: recognised beyond doubt, also after years.

A pid alone proves nothing, the kernel hands it out again. Here a process is its pid
plus the instant it started (clock ticks since boot) plus the boot: no other process
ever has all three.
"""

import os

from clusterd.ocf.agent import write_file
from clusterd.ocf.call import Call

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK = "CLUSTERD_RESOURCE"
"""In the environment of all we launch: finds what a dead main process left.

Under clusterd the runner sets it, and the guard finds by it what it must end.
"""

# Fields of /proc/PID/stat after the command's closing bracket, see proc(5).
_STATE, _SESSION, _STARTED = 0, 3, 19


class Process:
    """A process that was launched for a resource."""

    def __init__(self, pid: int, started: int, boot: str) -> None:
        self.pid = pid
        self.started = started
        self.boot = boot

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return self.boot == boot_id() and started_at(self.pid) == self.started


def identify(pid: int) -> Process | None:
    """Return who has this pid now; None if nobody."""
    started = started_at(pid)
    return None if started is None else Process(pid, started, boot_id())


def remember(call: Call, process: Process) -> None:
    """Write down the main process: `INSTANCE.process` for us, `INSTANCE.pid` for all.

    In this order: whoever sees the pid may already ask us for its state.
    """
    record = f"{process.pid} {process.started} {process.boot}\n"
    write_file(call.file("process"), record)
    write_file(call.file("pid"), f"{process.pid}\n")


def recall(call: Call) -> Process | None:
    """Return the process that was written down, alive or not; None if none was."""
    words = read_text(call.file("process")).split()
    if len(words) != 3 or not (words[0].isdigit() and words[1].isdigit()):
        return None
    return Process(int(words[0]), int(words[1]), words[2])


def forget(call: Call) -> None:
    """Remove what `remember` wrote; also what another runner left half written."""
    for suffix in ("pid", "process"):
        remove(call.file(suffix))


def started_at(pid: int) -> int | None:
    """Return when the process started, in clock ticks since boot; None if it is gone.

    A zombie is gone: it waits for its parent, not for us.
    """
    fields = _stat(pid)
    if not fields or fields[_STATE] in ("Z", "X"):
        return None
    return int(fields[_STARTED])


def relatives(call: Call, process: Process) -> list[Process]:
    """Return everything that lives in the session of `process`, itself included.

    Once the main process is gone its number may in theory belong to a session of
    somebody else, so that then only processes with our mark count.
    """
    if process.boot != boot_id():
        return []
    mark = f"{MARK}={mark_of(call)}"
    is_led = process.is_alive
    return [
        each
        for each in _in_session(process)
        if is_led or mark in _environment(each.pid)
    ]


def mark_of(call: Call) -> str:
    """Return what marks the processes of this instance."""
    return call.environment.get(MARK, "") or call.instance


def pids(processes: "Iterable[Process]") -> str:
    """Name processes for a sentence: `process 17, 23`."""
    return "process " + ", ".join(str(process.pid) for process in processes)


def boot_id() -> str:
    """Return what names this boot of the machine."""
    return read_text("/proc/sys/kernel/random/boot_id").strip()


def read_text(path: str) -> str:
    """Return a small file's text; empty if it does not exist or is not readable."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # pathlib costs 9 ms.
            return file.read()
    except OSError:
        return ""


def remove(path: str) -> None:
    """Remove a file that may not exist."""
    try:
        os.unlink(path)  # noqa: PTH108  # pathlib costs 9 ms.
    except FileNotFoundError:
        return


def _in_session(leader: Process) -> "Iterator[Process]":
    session = str(leader.pid)
    for entry in os.listdir("/proc"):  # noqa: PTH208  # pathlib costs 9 ms.
        fields = _stat(int(entry)) if entry.isdigit() else []
        if fields and fields[_STATE] not in "ZX" and fields[_SESSION] == session:
            yield Process(int(entry), int(fields[_STARTED]), leader.boot)


def _stat(pid: int) -> list[str]:
    # The command is in brackets and may itself contain blanks and brackets.
    return read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _environment(pid: int) -> list[str]:
    return read_text(f"/proc/{pid}/environ").split("\0")
