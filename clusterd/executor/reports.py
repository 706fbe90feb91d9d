"""Results on their way into the log: told again until they are in it."""

from dataclasses import dataclass, replace

from clusterd.model.result import OperationResult

AGAIN = 1.0
"""Seconds between two reports of a result: the coordinator may have changed."""
COUNT_MAX = 1024
"""Results kept; without quorum for days the oldest go."""
AT_ONCE_MAX = 64
"""Results reported again at one time: a cluster that comes back is not flooded."""
SPACING = 0.1
"""Seconds between two such times."""


@dataclass(frozen=True, slots=True)
class _Entry:
    result: OperationResult
    run: str | None
    due_at: float


class Reports:
    """Results that are not recorded yet, oldest first."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._not_before = float("-inf")

    def add(
        self, result: OperationResult, run: str | None, now: float
    ) -> OperationResult | None:
        """Keep a result that was just reported; return the one given up for it.

        `run` is the agent's run that the runner may forget once it is recorded.
        """
        self._entries.append(_Entry(result, run, now + AGAIN))
        if len(self._entries) <= COUNT_MAX:
            return None
        return self._entries.pop(0).result

    def record(self, operation_id: str, finished_wall: float | None) -> list[str]:
        """Take out what is recorded; return the runs that may be forgotten."""
        recorded = [
            each
            for each in self._entries
            if each.result.operation_id == operation_id
            and finished_wall in (None, each.result.finished_wall)
        ]
        self._entries = [each for each in self._entries if each not in recorded]
        return [each.run for each in recorded if each.run is not None]

    def due(self, now: float) -> list[OperationResult]:
        """Return what is to be reported again now."""
        if now < self._not_before:
            return []
        late = [each for each in self._entries if each.due_at <= now][:AT_ONCE_MAX]
        self._not_before = now + SPACING
        for each in late:
            place = self._entries.index(each)
            self._entries[place] = replace(each, due_at=now + AGAIN)
        return [each.result for each in late]

    def deadline(self) -> float | None:
        """Return when something is due; None if everything is recorded."""
        if not self._entries:
            return None
        return max(self._not_before, min(each.due_at for each in self._entries))
