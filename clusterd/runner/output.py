"""What an agent printed: its end is kept, its beginning counted."""

import contextlib
import os

from clusterd.runner.loop import Loop

KEPT_MAX = 64 << 10
"""Bytes kept of each stream: the last ones, where the exit reason stands."""

_READ_MAX = 64 << 10
_READS_AT_END = 32
"""Bound of the last look after the exit: a pipe holds 64 KiB, and a daemon that
goes on writing must not hold up the result."""
_LINGER = 2.0
"""Seconds a daemon that kept the agent's pipe may go on writing without SIGPIPE."""


class Output:
    """One stream of one run, read while it comes, in bounded memory."""

    def __init__(self, loop: Loop, descriptor: int) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._kept = bytearray()
        self._total = 0
        self._is_open = True
        loop.on_readable(descriptor, self._read)

    @property
    def lost_bytes(self) -> int:
        """How much was not kept."""
        return max(0, self._total - KEPT_MAX)

    def text(self) -> str:
        """Return what is kept; what is not UTF-8 becomes U+FFFD."""
        return bytes(self._kept[-KEPT_MAX:]).decode(errors="replace")

    def finish(self) -> None:
        """Take what is there now; what comes later is read for a while and dropped.

        Never waits for the end of file: daemons the agent started keep the pipe.
        """
        for _ in range(_READS_AT_END):
            if not self._is_open or not self._read():
                break
        if self._is_open:
            self._loop.after(_LINGER, self._close)

    def _read(self) -> bool:
        try:
            chunk = os.read(self._descriptor, _READ_MAX)
        except BlockingIOError:
            return False
        if not chunk:
            self._close()
            return False
        self._total += len(chunk)
        self._kept += chunk
        if len(self._kept) > 2 * KEPT_MAX:
            del self._kept[:-KEPT_MAX]
        return True

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._loop.forget(self._descriptor)
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
