"""Where commands go into the log and their replies come out."""

from clusterd.model.history import HistoryEntry
from clusterd.model.note import Level, Note
from clusterd.node.consensus import Consensus
from clusterd.node.effects import Answer, Effect, Tell
from clusterd.node.ledger import Applied, Ledger
from clusterd.node.petitions import Petitions
from clusterd.state.command import Command
from clusterd.state.reply import Refusal, Refused

NEWEST = 20
"""History entries one command can make: those are looked at for the journal."""

_LOUD = frozenset({"node-lost", "node-released", "coordinator", "failed", "configured"})


class Desk:
    """Proposes what somebody here wants, again until it is applied."""

    def __init__(
        self, petitions: Petitions, consensus: Consensus, ledger: Ledger
    ) -> None:
        """Begin with nothing filed."""
        self._petitions = petitions
        self._consensus = consensus
        self._ledger = ledger

    def deadline(self) -> float | None:
        """Return when the next proposal is due; None without a leader to hear it."""
        return self._petitions.deadline() if self._consensus.leader else None

    def ask(self, command: Command, ticket: int, now: float) -> list[Effect]:
        """Take in what a user wants; whoever has the ticket gets the reply."""
        if self._petitions.file(command, ticket, now) is None:
            return _refuse(ticket, "too many changes are waiting")
        return self.press(now)

    def report(self, command: Command, now: float) -> list[Effect]:
        """Take in what this node has to tell the cluster."""
        self._petitions.file(command, None, now)
        return self.press(now)

    def duty(self, command: Command, now: float) -> list[Effect]:
        """Take in what the coordinator here wants, while it is the coordinator."""
        self._petitions.file(command, None, now, is_duty=True)
        return self.press(now)

    def drop_duties(self) -> None:
        """Forget what the coordinator wanted: another one judges by now."""
        self._petitions.drop_duties()

    def press(self, now: float) -> list[Effect]:
        """Propose what is due; give up what has waited too long."""
        effects: list[Effect] = []
        for late in self._petitions.given_up(now):
            effects.extend(_refuse(late.ticket, "nothing was committed"))
        if not self._consensus.leader:
            return effects
        for each in self._petitions.due(now):
            self._consensus.propose(self._ledger.encode(each.request, each.command))
        return effects

    def answer(self, applied: Applied, *, is_news: bool) -> list[Effect]:
        """Answer whoever waited for this command; tell the journal what it did.

        `is_news`: not replayed at a start. The journal has had that already, and
        would show it with today's time.
        """
        effects: list[Effect] = []
        petition = self._petitions.settle(applied.request)
        if petition is not None and petition.ticket is not None:
            effects.append(Answer(ticket=petition.ticket, reply=applied.reply))
        effects.extend(
            Tell(note=_journal(entry))
            for entry in applied.after.history[-NEWEST:]
            if is_news and entry.index == applied.after.index
        )
        return effects


def _refuse(ticket: int | None, text: str) -> list[Effect]:
    if ticket is None:
        return []
    refused = Refused(why=Refusal.NO_QUORUM, text=text)
    return [Answer(ticket=ticket, reply=refused)]


def _journal(entry: HistoryEntry) -> Note:
    level = Level.NOTICE if entry.kind in _LOUD else Level.INFO
    is_new = entry.cause and entry.cause not in entry.text
    text = f"{entry.text} ({entry.cause})" if is_new else entry.text
    return Note(name=entry.kind, level=level, text=text)
