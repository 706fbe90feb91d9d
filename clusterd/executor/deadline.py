"""Time limits: the runner's comes first, ours only if the runner does not answer."""

from dataclasses import dataclass

from clusterd.executor.job import Job

GRACE = 10.0
"""Seconds the runner has, after an agent's own limit, to tell that it killed it."""


@dataclass(frozen=True, slots=True)
class Flight:
    """An agent under way; without an answer by `overdue_at` it is given up."""

    job: Job
    overdue_at: float

    @classmethod
    def begun(cls, job: Job, now: float) -> "Flight":
        """Return the flight of a job that the runner is asked for at `now`."""
        return cls(job, now + job.operation.timeout + GRACE)
