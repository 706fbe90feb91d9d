"""A resource that is a process: start it, wait until it serves, end it.

Starting and stopping load more than a monitor may; that is why they sit behind
imports in the methods here, and agents need none of their own.
"""

import os

from clusterd.ocf.call import Call
from clusterd.ocf.faults import Failed, NotRunning
from clusterd.ocf.journal import log_info
from clusterd.ocf.process import (
    Process,
    forget,
    pids,
    recall,
    relatives,
    remember,
    remove,
)

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOG_LIMIT = 4 * 1024 * 1024
"""Bytes that the log in the state directory may have: it lies in memory."""
_LAST_WORDS = 300


class Service:
    """The process of one resource instance on this node."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.log = call.file("log")
        """Where a service without a log file of its own writes; kept short."""

    def process(self) -> Process | None:
        """Return the main process if it runs."""
        process = recall(self._call)
        return process if process is not None and process.is_alive else None

    def require(self) -> Process:
        """Return the main process; raises NotRunning, or Failed if it left orphans."""
        process = recall(self._call)
        if process is None:
            raise NotRunning("not started")
        if process.is_alive:
            self._shorten_log()
            return process
        orphans = relatives(self._call, process)
        if orphans:
            raise Failed(
                f"main process {process.pid} is gone, but left {pids(orphans)}"
            )
        raise NotRunning(f"process {process.pid} is gone")

    def start(
        self,
        argv: "Sequence[str]",
        *,
        is_ready: "Callable[[], str]",
        environment: "Mapping[str, str] | None" = None,
        directory: str = "/",
        user: str = "",
        log: str = "",
    ) -> Process:
        """Launch the process and wait until it is ready.

        `is_ready` returns an empty text when it is, else what is missing. Raises
        Failed as soon as the process exits, and shortly before the runner's limit.
        """
        from clusterd.ocf.launch import Launch, launch  # noqa: PLC0415  # See above.
        from clusterd.ocf.readiness import await_ready  # noqa: PLC0415  # See above.

        what = Launch(
            argv,
            environment=environment,
            directory=directory,
            user=user,
            log=log or self.log,
        )
        self._clear_remains()
        if what.log == self.log:
            remove(self.log)
        process = launch(self._call, what)
        remember(self._call, process)
        words = _last_words(what.log)
        try:
            await_ready(process, is_ready, self._call)
        except Failed as fault:
            said = _last_words(what.log)
            if said and said != words:
                raise Failed(f"{fault}; its last words: {said}") from None
            raise
        return process

    def signal(self, name: str) -> None:
        """Send the main process a signal (HUP, USR2); raises NotRunning."""
        from clusterd.ocf.ending import send  # noqa: PLC0415  # See above.

        send(self.require(), name)

    def stop(self, *, polite: "tuple[tuple[str, float], ...]") -> None:
        """End the process and everything in its session, within the runner's limit.

        `polite` lists signals (TERM) for the main process and how many seconds
        each may take; then all that is left gets TERM, then KILL. Raises Failed
        if even that leaves something.
        """
        from clusterd.ocf.ending import end_all, end_main  # noqa: PLC0415  # See above.

        process = recall(self._call)
        if process is not None:
            known = relatives(self._call, process)
            for name, limit in polite:
                if not end_main(process, name, limit, self._call):
                    break
            end_all(process, known, self._call)
        forget(self._call)

    def _clear_remains(self) -> None:
        process = recall(self._call)
        if process is not None and relatives(self._call, process):
            log_info(f"ending what process {process.pid} left")
            self.stop(polite=())

    def _shorten_log(self) -> None:
        try:
            if os.stat(self.log).st_size > LOG_LIMIT:  # noqa: PTH116  # pathlib costs 9 ms.
                os.truncate(self.log, 0)
        except FileNotFoundError:
            return


def _last_words(path: str) -> str:
    """Return the end of a log, as one line."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # pathlib costs 9 ms.
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LAST_WORDS))
            return " ".join(file.read().decode(errors="replace").split())
    except OSError:
        return ""
