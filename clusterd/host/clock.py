"""The two clocks: one to act by, one to tell people."""

import time


def boot_time() -> float:
    """Return seconds since the machine booted, suspended time included.

    Everything that decides counts in these: they never jump, and a lease does
    not outlive a suspended machine.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time() -> float:
    """Return seconds since 1970 as this machine believes: for people, never safety."""
    return time.clock_gettime(time.CLOCK_REALTIME)
