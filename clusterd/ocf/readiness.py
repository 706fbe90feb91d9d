"""Wait until a process serves, or is dead: whichever comes first."""

import os
import select

from clusterd.ocf.call import Call
from clusterd.ocf.faults import Failed
from clusterd.ocf.launch import ending
from clusterd.ocf.process import Process

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds between two looks: quick for services that take milliseconds, sparing
# for those that take minutes.
_STEP_FIRST, _STEP_LAST, _STEP_GROWTH = 0.005, 0.25, 1.3


def await_ready(process: Process, is_ready: "Callable[[], str]", call: Call) -> None:
    """Return when `is_ready` returns an empty text.

    Raises Failed when the process exits, and when the runner's limit is near.
    """
    reserve = min(2.0, call.timeout / 10)
    step = _STEP_FIRST
    watch = os.pidfd_open(process.pid)
    try:
        while missing := is_ready():
            if has_exited(watch, step):
                raise Failed(f"process {process.pid} {_how(process.pid)}")
            if not call.remaining(reserve=reserve):
                limit = call.timeout - reserve
                raise Failed(f"not ready within {limit:.1f} s: {missing}")
            step = min(_STEP_LAST, step * _STEP_GROWTH)
    finally:
        os.close(watch)


def has_exited(watch: int, seconds: float) -> bool:
    """Wait up to `seconds` for the process of this pidfd to exit."""
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def _how(pid: int) -> str:
    try:
        _, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # Launched by an earlier call of the agent.
        return "exited"
    return ending(status)
