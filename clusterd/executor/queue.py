"""One operation at a time per resource, in order of arrival."""

from collections import deque
from collections.abc import Callable

from clusterd.executor.deadline import Flight
from clusterd.executor.job import CHANGES, Job
from clusterd.executor.recurring import NOTICED_SPACING, Recurrence


class Lane:
    """All about one resource on this node: what waits, what runs, what recurs."""

    def __init__(self) -> None:
        self.flight: Flight | None = None
        self._queue: deque[Job] = deque()
        self._recurrences: dict[str, Recurrence] = {}
        self._noticed_at = float("-inf")

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to remember."""
        return not (self.flight or self._queue or self._recurrences)

    @property
    def is_changing(self) -> bool:
        """Tell whether the resource is being changed, or is about to be."""
        jobs = [*self._queue, *([self.flight.job] if self.flight else [])]
        return any(job.operation.operation in CHANGES for job in jobs)

    def add(self, job: Job) -> None:
        """Put a job at the end of the queue."""
        self._queue.append(job)

    def recur(self, recurrence: Recurrence) -> None:
        """Let an operation recur; one of the same key must have been ended before."""
        self._recurrences[recurrence.key] = recurrence

    def recurrence(self, key: str) -> Recurrence | None:
        """Return the recurring operation of that key, if there is one."""
        return self._recurrences.get(key)

    def recurring_keys(self) -> tuple[str, ...]:
        """Return the keys of all recurring operations."""
        return tuple(self._recurrences)

    def end(self, key: str) -> Job | None:
        """End a recurring operation; return its run under way, which is to be killed.

        The lane is free at once: what a killed monitor still answers is ignored,
        and one that cannot die must not hold up a stop.
        """
        recurrence = self._recurrences.pop(key, None)
        if recurrence is None:
            return None
        self._queue = deque(j for j in self._queue if j.recurrence is not recurrence)
        if self.flight is None or self.flight.job.recurrence is not recurrence:
            return None
        job = self.flight.job
        self.flight = None
        return job

    def monitor(self) -> Recurrence | None:
        """Return the monitor that an event asks for: the most frequent one."""
        monitors = [
            each
            for each in self._recurrences.values()
            if each.operation.operation == "monitor"
        ]
        return min(monitors, key=_urgency, default=None)

    def notice(self, recurrence: Recurrence, now: float) -> None:
        """Run `recurrence` as soon as events may ask again."""
        at = max(now, self._noticed_at + NOTICED_SPACING)
        flying = self.flight is not None and self.flight.job.recurrence is recurrence
        recurrence.notice(at, is_flying=flying)

    def enqueue_due(self, now: float, run_name: Callable[[str], str]) -> None:
        """Move the recurring operations that are due into the queue.

        `run_name` makes an operation id the id of one run, new at each call.
        """
        for each in self._recurrences.values():
            if each.due_at is None or each.due_at > now:
                continue
            if each.is_noticed:
                self._noticed_at = now
            each.leave()
            run = run_name(each.operation.operation_id)
            self.add(Job(run=run, operation=each.operation, recurrence=each))

    def take_next(self, now: float) -> Job | None:
        """Return the job to be started now and take it from the queue."""
        if self.flight is not None or not self._queue:
            return None
        if self._queue[0].ready_at > now:
            return None
        return self._queue.popleft()

    def deadline(self, *, is_attached: bool) -> float | None:
        """Return when to look at this lane again; None: not before something happens.

        Without a runner only what is under way has a limit.
        """
        times = [self.flight.overdue_at] if self.flight is not None else []
        if is_attached:
            times += [
                e.due_at for e in self._recurrences.values() if e.due_at is not None
            ]
            if self.flight is None and self._queue:
                times.append(self._queue[0].ready_at)
        return min(times, default=None)


def _urgency(monitor: Recurrence) -> tuple[bool, float]:
    # The monitor for events alone (interval 0) gives way to a configured one, whose
    # results the cluster waits for.
    return not monitor.operation.interval, monitor.operation.interval
