"""Results wait here until the daemon says that they are safe; bounded."""

from collections.abc import Iterator
from dataclasses import replace

from clusterd.host.runner_protocol import Exited

COUNT_MAX = 4096
OUTPUT_MAX = 16 << 20
"""Characters of output of all results together. Beyond that the oldest results
lose their output: an exit code is worth more than what was printed."""


class Results:
    """What ended and was not collected, oldest first."""

    def __init__(self, *, count_max: int = COUNT_MAX, output_max: int = OUTPUT_MAX):
        self._count_max = count_max
        self._output_max = output_max
        self._kept: dict[str, Exited] = {}
        self._output = 0

    def __iter__(self) -> Iterator[Exited]:
        """Yield all, oldest first."""
        return iter(tuple(self._kept.values()))

    def get(self, run: str) -> Exited | None:
        """Return the result of `run`; None if there is none (any more)."""
        return self._kept.get(run)

    def add(self, result: Exited) -> None:
        """Keep a result; the oldest one goes if there are too many."""
        self._kept[result.run] = result
        self._output += _size(result)
        if len(self._kept) > self._count_max:
            self.drop(next(iter(self._kept)))
        for each in self:
            if self._output <= self._output_max:
                break
            self._strip(each)

    def drop(self, run: str) -> None:
        """Forget the result of `run`, if there is one."""
        result = self._kept.pop(run, None)
        if result is not None:
            self._output -= _size(result)

    def _strip(self, result: Exited) -> None:
        size = _size(result)
        self._output -= size
        lost = result.lost_bytes + size
        self._kept[result.run] = replace(result, stdout="", stderr="", lost_bytes=lost)


def _size(result: Exited) -> int:
    return len(result.stdout) + len(result.stderr)
