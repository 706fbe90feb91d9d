"""Monitors: when each runs next, and which of its results are news."""

from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import Operation, monitor_key

NOTICED_SPACING = 0.2
"""Least seconds between two monitors of a resource caused by events: a flapping
process must not make its node spin."""


class Recurrence:
    """One recurring operation of one resource.

    `due_at`: when it runs next; None while it waits in the queue or runs. One with
    interval 0 runs when an event asks for it, and only its failures are news.
    """

    def __init__(self, operation: Operation, due_at: float | None) -> None:
        self.operation = operation
        self.due_at = due_at
        self.is_noticed = False
        """An event asked for the run to come."""
        self._is_busy = False
        self._reported: tuple[Outcome, ExitCode] | None = None
        self._again_at: float | None = None

    @property
    def key(self) -> str:
        """Name and interval: what tells a resource's recurring operations apart."""
        return monitor_key(self.operation.operation, self.operation.interval)

    def leave(self) -> None:
        """Wait no longer: its run is in the queue from now on."""
        self.due_at = None
        self._is_busy = True

    def notice(self, at: float, *, is_flying: bool) -> None:
        """Run at `at` because of an event; a run under way may have missed it."""
        if is_flying:
            self._again_at = at
            return
        self.is_noticed = True
        if not self._is_busy:
            self.due_at = at if self.due_at is None else min(self.due_at, at)

    def remember(self, result: OperationResult) -> None:
        """Take `result` as what the cluster knows already."""
        self._reported = (result.outcome, result.code)

    def take(self, result: OperationResult, now: float) -> bool:
        """Take the result of a run and plan the next; tell whether to report it."""
        is_news = (result.outcome, result.code) != self._reported
        if not self.operation.interval:
            is_news = result.is_failure
        elif self.is_noticed and result.is_failure:
            is_news = True
        if is_news:
            self.remember(result)
        self.retry(now)
        return is_news

    def retry(self, now: float, *, at_once: bool = False) -> None:
        """Plan the next run: after the interval, or for an event in between.

        `at_once`: this one gave no result.
        """
        self._is_busy = False
        self.is_noticed = self._again_at is not None
        if self._again_at is not None:
            self.due_at = max(now, self._again_at)
        elif at_once:
            self.due_at = now
        elif self.operation.interval:
            self.due_at = now + self.operation.interval
        self._again_at = None


def spread(count: int, position: int, interval: float) -> float:
    """Return the delay of the first run of monitor `position` of `count`.

    After a restart of the daemon all monitors would be due at once.
    """
    return interval * position / count
