"""Go on working after the action has ended and its result is on its way."""

import os

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def in_background(work: "Callable[[], None]", *, keep: "Collection[int]" = ()) -> None:
    """Run `work` in a process of its own session, detached from the runner.

    All descriptors but those in `keep` are closed, so that nobody waits for the
    agent's pipes. What goes wrong there is lost: only for work that may fail.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork():  # The grandchild has no parent that must reap it.
            return
        _let_go(keep)
        work()
    finally:
        os._exit(0)


def _let_go(keep: "Collection[int]") -> None:
    os.chdir("/")
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
