"""Being on time: real-time priority, locked memory, a timer on the boot clock.

All of it is asked for, none of it is required: a container or an unprivileged
user runs without, and says so. The calls that Python lacks go through ctypes.
Sources: sched(7), mlockall(2), proc(5), timerfd_create(2).
"""

import ctypes
import gc
import os
import resource
import struct
import time
from pathlib import Path

PRIORITY = 10
"""SCHED_RR: above everything ordinary, below the kernel's own threads (50)."""

_MCL_CURRENT, _MCL_FUTURE = 1, 2
_TFD_NONBLOCK, _TFD_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
_TFD_TIMER_ABSTIME = 1
_ITIMERSPEC = struct.Struct("@4l")  # Interval and first time: s, ns.

_libc = ctypes.CDLL(None, use_errno=True)


def become_punctual() -> tuple[str, ...]:
    """Take real-time priority, lock all memory, and be the last one killed.

    Returns a sentence for each thing that was not permitted.
    """
    missing = []
    for attempt, name in (
        (_schedule, "real-time priority"),
        (_lock_memory, "locked memory"),
        (_survive_memory_shortage, "protection from the out-of-memory killer"),
    ):
        try:
            attempt()
        except OSError as error:
            missing.append(f"no {name}: {error.strerror}")
    gc.collect()
    gc.freeze()  # What lives now lives on: never look at it again.
    return tuple(missing)


class BootTimer:
    """Becomes readable at an instant of the boot-time clock, after a sleep too.

    Poll's own time-out counts CLOCK_MONOTONIC, which stands still while the
    machine is suspended; a deadline must not.
    """

    def __init__(self) -> None:
        self._descriptor = _libc.timerfd_create(
            time.CLOCK_BOOTTIME, _TFD_NONBLOCK | _TFD_CLOEXEC
        )
        if self._descriptor < 0:
            raise _error("timerfd_create")

    def fileno(self) -> int:
        """Return the descriptor, to be polled."""
        return int(self._descriptor)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def set(self, at: float | None) -> None:
        """Be readable from `at` on (boot-time seconds), or never if None.

        That it was readable before is forgotten.
        """
        # Zero would disarm it.
        nanoseconds = 0 if at is None else max(1, round(at * 1_000_000_000))
        spec = _ITIMERSPEC.pack(0, 0, *divmod(nanoseconds, 1_000_000_000))
        failed = _libc.timerfd_settime(self._descriptor, _TFD_TIMER_ABSTIME, spec, None)
        if failed:
            raise _error("timerfd_settime")


def _schedule() -> None:
    os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))


def _lock_memory() -> None:
    flags = _MCL_CURRENT
    if _unlimited_lock():
        # Under a limit, memory beyond it would be refused to us, not unlocked.
        flags |= _MCL_FUTURE
    if _libc.mlockall(flags):
        raise _error("mlockall")


def _unlimited_lock() -> bool:
    without = resource.RLIM_INFINITY
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (without, without))
    except (OSError, ValueError):
        return False
    return True


def _survive_memory_shortage() -> None:
    Path("/proc/self/oom_score_adj").write_text("-1000", encoding="ascii")


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
