"""Commands on their way into the log: proposed again until they are applied."""

from dataclasses import dataclass

from clusterd.state.command import Command

RETRY = 0.5
"""Seconds after which a proposal that was not applied is made again."""
PATIENCE = 30.0
"""Seconds after which a petition nobody could carry out is given up."""
PETITIONS_MAX = 1000


@dataclass(slots=True)
class Petition:
    """One command that somebody here wants in the log."""

    request: str
    command: Command
    ticket: int | None
    since: float
    next_at: float
    is_duty: bool = False
    """A coordinator's own: worth nothing once it does not lead."""


class Petitions:
    """Makes request ids; says what is due. `instance` makes ids unique."""

    def __init__(self, prefix: str) -> None:
        """Begin; `prefix` is unique for this start of this node."""
        self._prefix = prefix
        self._serial = 0
        self._open: dict[str, Petition] = {}

    def file(
        self,
        command: Command,
        ticket: int | None,
        now: float,
        *,
        is_duty: bool = False,
    ) -> Petition | None:
        """Take in a command; `ticket` says who waits. None: too many are open."""
        if len(self._open) >= PETITIONS_MAX:
            return None
        self._serial += 1
        request = f"{self._prefix}/{self._serial}"
        petition = Petition(
            request=request,
            command=command,
            ticket=ticket,
            since=now,
            next_at=now,
            is_duty=is_duty,
        )
        self._open[request] = petition
        return petition

    def settle(self, request: str) -> Petition | None:
        """Close the petition of an applied request; None if it is not ours."""
        return self._open.pop(request, None)

    def drop_duties(self) -> None:
        """Forget what the coordinator wanted: another one judges by now.

        An eviction that a deposed leader keeps asking for would hit a node that
        everybody else hears.
        """
        self._open = {k: p for k, p in self._open.items() if not p.is_duty}

    def due(self, now: float) -> list[Petition]:
        """Return what must be proposed (again) now, and plan the next time."""
        chosen = [each for each in self._open.values() if each.next_at <= now]
        for each in chosen:
            each.next_at = now + RETRY
        return chosen

    def given_up(self, now: float) -> list[Petition]:
        """Close and return what has waited too long."""
        late = [p for p in self._open.values() if now - p.since > PATIENCE]
        for each in late:
            del self._open[each.request]
        return late

    def deadline(self) -> float | None:
        """Return when the next proposal is due."""
        return min((each.next_at for each in self._open.values()), default=None)
