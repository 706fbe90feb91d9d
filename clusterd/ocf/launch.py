"""Start a process that lives on after the agent.

It gets its own session, no standard input, its output into a file, no inherited
descriptor and a small environment: an agent's pipes kept open would make the runner
wait, and a daemon that writes into a closed one dies.
"""

import fcntl
import os
import signal

from clusterd.ocf.call import Call
from clusterd.ocf.faults import BadArguments, Failed, NoPermission, NotInstalled
from clusterd.ocf.process import MARK, Process, identify, mark_of
from clusterd.ocf.which import SEARCH, find_program

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_INHERITED = ("LC_ALL", "LANG", "TZ", "LD_LIBRARY_PATH")


class Launch:
    """What to start and as whom.

    `log` is where stdout and stderr go (appended); `environment` is added to the
    small one every process gets; without `user` it runs as the agent does.
    """

    def __init__(
        self,
        argv: "Sequence[str]",
        *,
        environment: "Mapping[str, str] | None" = None,
        directory: str = "/",
        user: str = "",
        log: str = "/dev/null",
    ) -> None:
        self.argv = tuple(argv)
        self.environment = dict(environment or {})
        self.directory = directory
        self.user = user
        self.log = log


def launch(call: Call, what: Launch) -> Process:
    """Start the process; return it once its program is running.

    Raises the fault that fits what went wrong before the program's first
    instruction: no such program, user or directory.
    """
    program = find_program(what.argv[0])
    if program is None:
        raise NotInstalled(f"no executable `{what.argv[0]}`")
    environment = _environment(call, what)
    owner = _owner(what.user)
    verdict, told = os.pipe()  # Closed by exec: silence is success.
    pid = os.fork()
    if pid == 0:
        _become(program, what, environment, owner, told)
    os.close(told)
    with os.fdopen(verdict) as pipe:
        complaint = pipe.read()
    process = identify(pid)
    if complaint or process is None:
        _, status = os.waitpid(pid, 0)
        raise _fault(complaint, what, status)
    return process


def _environment(call: Call, what: Launch) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name in _INHERITED
    }
    path = {"PATH": os.environ.get("PATH", "") or SEARCH}
    return path | inherited | what.environment | {MARK: mark_of(call)}


def _owner(user: str) -> tuple[str, int, int] | None:
    """Return name, uid and gid to become; None to stay who we are."""
    if not user:
        return None
    import pwd  # noqa: PLC0415  # Only for a resource with a user.

    try:
        entry = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError:
        raise BadArguments(f"no user `{user}` on this machine") from None
    if entry.pw_uid == os.getuid():
        return None
    return entry.pw_name, entry.pw_uid, entry.pw_gid


def _become(
    program: str,
    what: Launch,
    environment: dict[str, str],
    owner: tuple[str, int, int] | None,
    told: int,
) -> "NoReturn":
    """Turn this forked child into the program; never returns."""
    step = "cannot prepare the process"
    try:
        os.setsid()
        step = f"cannot write log file `{what.log}`"
        told = _redirect(what.log, told)
        _default_signals()
        if owner is not None:
            step = f"cannot become user `{what.user}`"
            os.initgroups(owner[0], owner[2])
            os.setgid(owner[2])
            os.setuid(owner[1])
        step = f"cannot enter directory `{what.directory}`"
        os.chdir(what.directory)
        os.umask(0o022)
        step = f"cannot execute `{program}`"
        os.execve(program, what.argv, environment)  # noqa: S606  # No shell, on purpose.
    except OSError as fault:
        os.write(told, f"{fault.errno} {step}: {fault.strerror}".encode())
    finally:
        os._exit(127)


def _redirect(log: str, told: int) -> int:
    """Point 0, 1, 2 to their new places, close all else but the verdict's pipe.

    Returns the descriptor that the pipe has now.
    """
    nowhere = _away(os.open("/dev/null", os.O_RDONLY))
    output = _away(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640))
    pipe = _away(told)
    os.dup2(nowhere, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(pipe, 3, inheritable=False)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return 3


def _away(descriptor: int) -> int:
    """Copy a descriptor above 0 to 3: an agent may itself be run with these closed."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)


def _default_signals() -> None:
    # Python ignores these, and what is ignored stays so across exec.
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _fault(complaint: str, what: Launch, status: int) -> Exception:
    if not complaint:
        return Failed(f"`{what.argv[0]}` {ending(status)} at once")
    number, _, sentence = complaint.partition(" ")
    if number == "13":
        return NoPermission(sentence)
    return BadArguments(sentence)


def ending(status: int) -> str:
    """Say in words how a process ended; `status` is that of waitpid."""
    if os.WIFSIGNALED(status):
        return f"was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exited with status {os.waitstatus_to_exitcode(status)}"
