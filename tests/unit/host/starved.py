"""Spawn with `argv[1]` free descriptors; exit 0 if that ends as it should.

A program of its own: other libraries in one process do not survive such a famine.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path

from clusterd.host.process import reap, spawn

NEEDED = 7
"""Six for the pipes, one for the process."""


def open_descriptors() -> set[int]:
    """Return our descriptors, but for the one that this look needs."""
    listed = {int(each) for each in os.listdir("/proc/self/fd")}  # noqa: PTH208  # Names are wanted.
    return {each for each in listed if Path(f"/proc/self/fd/{each}").exists()}


def starve(left: int) -> None:
    """Take all descriptors but `left`, spawn, and look what is left behind."""
    before = open_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before) + 16, hard))
    taken: list[int] = []
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    for _ in range(left):
        os.close(taken.pop())
    refused = False
    try:
        child = spawn(["/bin/true"], {})
    except OSError as error:
        refused = "Too many open files" in str(error)
    else:
        reap(child)
        for each in (child.pidfd, child.stdout, child.stderr, child.fault):
            os.close(each)
    for each in taken:
        os.close(each)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert refused == (left < NEEDED)
    assert open_descriptors() == before


if __name__ == "__main__":
    starve(int(sys.argv[1]))
