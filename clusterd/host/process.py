"""Agents in their own process groups: start, end, and where they live.

Everything happens between `fork` and `exec`, so the caller never waits: also an
agent on a hanging file system costs it nothing. That needs a small caller
without threads; the runner is one. Nothing here is heavy to import.
Source of the surroundings of an agent: OCF RA API 1.1, OCF.md section 1.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

UMASK = 0o026
"""What agents find under Pacemaker; some rely on it."""

_FAULT_MAX = 256

_TO_DEFAULT = (
    *(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP),
    *(signal.SIGINT, signal.SIGTERM, signal.SIGCHLD),
)
"""What Python or whoever started us may have set to be ignored; exec would keep it."""


@dataclass(frozen=True, slots=True)
class Child:
    """A started agent: its pid (and group), and descriptors to be closed by the owner.

    `pidfd` is readable once it has exited, the others are non-blocking pipes;
    `fault` holds what `read_fault` understands if it could not be executed.
    """

    pid: int
    pidfd: int
    stdout: int
    stderr: int
    fault: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended: exactly one of the two is set."""

    status: int | None
    signal: int | None


def spawn(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    prepare: Callable[[], None] = lambda: None,
    body: Callable[[], NoReturn] | None = None,
) -> Child:
    """Start `argv` in a process group of its own; return at once.

    `prepare` runs in the new process before anything else. `body` takes the
    place of exec: the new process stays this program and runs it, with only
    descriptors 0 to 2 open. Raises OSError if no process can be made.
    """
    pipes: list[tuple[int, int]] = []
    try:
        pipes += (os.pipe() for _ in range(3))
        stdout, stderr, fault = pipes
        pid = os.fork()
        if pid == 0:
            _become(argv, environment, (stdout[1], stderr[1], fault[1]), prepare, body)
        pidfd = _open_child(pid)
    except OSError:
        for end in (end for pipe in pipes for end in pipe):
            os.close(end)
        raise
    for read_end, write_end in pipes:
        os.close(write_end)
        os.set_blocking(read_end, False)
    with contextlib.suppress(OSError):  # The child does the same: whoever is first.
        os.setpgid(pid, pid)
    return Child(pid, pidfd, stdout[0], stderr[0], fault[0])


def reap(child: Child) -> Ending:
    """Return how it ended; to be called once, when `pidfd` is readable."""
    seen = os.waitid(os.P_PIDFD, child.pidfd, os.WEXITED)
    assert seen is not None, "without WNOHANG there is always an answer"
    if seen.si_code == os.CLD_EXITED:
        return Ending(seen.si_status, None)
    return Ending(None, seen.si_status)


def read_fault(child: Child) -> OSError | None:
    """Return why it could not be executed; None if it was."""
    try:
        told = os.read(child.fault, _FAULT_MAX).decode(errors="replace")
    except BlockingIOError:  # A descendant still holds the other end: it did run.
        return None
    number, _, text = told.partition(" ")
    return OSError(int(number), text) if number.isdigit() else None


def kill_group(child: Child) -> None:
    """End the whole process group now; only before `reap`, or it hits a stranger."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def cgroup_name(instance: str) -> str:
    """Return the folder that holds the processes of `instance` (`haproxy_1`)."""
    return instance.replace("/", "_").replace(":", "_")


def enter_cgroup(folder: Path) -> None:
    """Move the calling process, and so all its future children, into `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / "cgroup.procs").write_text("0", encoding="ascii")


def started_at(pid: int) -> int | None:
    """Return when the process started, in clock ticks since boot; None if it is gone.

    A pid together with this names one process for ever.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command stands in brackets and may itself hold blanks and brackets.
    words = stat.rpartition(")")[2].split()
    return None if words[0] in ("Z", "X") else int(words[19])


def is_python_on(package: str, program: bytes) -> bool:
    """Tell whether a program's text is for plain `python3` and names `package`."""
    first, _, rest = program.partition(b"\n")
    words = first.removeprefix(b"#!").split()
    named = words[-1].rpartition(b"/")[2] if words else b""
    return first.startswith(b"#!") and named == b"python3" and package.encode() in rest


def _open_child(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except OSError:  # No descriptor left: better no agent than one nobody watches.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _become(
    argv: Sequence[str],
    environment: Mapping[str, str],
    pipes: tuple[int, int, int],
    prepare: Callable[[], None],
    body: Callable[[], NoReturn] | None,
) -> NoReturn:
    stdout, stderr, fault = pipes
    try:
        _settle(stdout, stderr)
        prepare()
        if body is not None:
            highest = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
            os.closerange(3, highest + 1)
            body()
        os.execve(argv[0], tuple(argv), environment)  # noqa: S606  # No shell is the point.
    except OSError as problem:
        told = f"{problem.errno} {problem.strerror}".encode()[:_FAULT_MAX]
        os.write(fault, told)
    finally:  # This copy of the caller must never go on as if it were the caller.
        os._exit(127)


def _settle(stdout: int, stderr: int) -> None:
    os.setpgid(0, 0)
    signal.set_wakeup_fd(-1)
    for number in _TO_DEFAULT:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(UMASK)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
