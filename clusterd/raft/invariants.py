"""What must hold in every group at every moment (raft paper, figure 3).

Tests and simulations let an Invariants watch all machines after each step; it
remembers what it saw, so that a promise once given is held to for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from clusterd.raft.entry import Entry
from clusterd.raft.machine import RaftMachine
from clusterd.raft.replica import Role
from clusterd.raft.status import Status


class InvariantViolated(AssertionError):
    """The group did what no group may ever do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promise:
    """An entry that was committed, and the term in which that was first seen."""

    entry: Entry
    term: int


class Invariants:
    """Watches one group from its birth on."""

    def __init__(self) -> None:
        self._leaders: dict[int, int] = {}  # term -> node
        self._known: dict[tuple[int, int], tuple[Entry, int]] = {}
        """(term, index) -> the entry and the term of the one before it."""
        self._promises: dict[int, _Promise] = {}  # index -> entry
        self._checked_leaders: dict[int, int] = {}  # node -> term
        self._checked_commits: dict[int, int] = {}  # node -> index

    def observe(self, machines: Iterable[RaftMachine]) -> None:
        """Look at all machines that run; raises InvariantViolated."""
        views = [(machine, machine.status()) for machine in machines]
        for machine, status in views:
            self._one_leader_per_term(status)
            self._logs_match(machine, status)
        for machine, status in views:
            for promise in self._same_commits(machine, status):
                self._leaders_have(promise, views)
        for machine, status in views:
            self._new_leader_has_all(machine, status)

    def restarted(self, node: int) -> None:
        """Look at a node anew: it lost what it had not saved."""
        self._checked_leaders.pop(node, None)
        self._checked_commits.pop(node, None)

    def _one_leader_per_term(self, status: Status) -> None:
        if status.role is not Role.LEADER:
            return
        other = self._leaders.setdefault(status.term, status.id)
        if other != status.id:
            raise InvariantViolated(
                f"election safety: {other} and {status.id} both lead term {status.term}"
            )

    def _logs_match(self, machine: RaftMachine, status: Status) -> None:
        """Two logs with the same (term, index) are the same up to there.

        Each entry always has the same predecessor, so it is enough to go back
        to one that is known.
        """
        for index in range(status.last_index, status.first_index, -1):
            before, entry = machine.entries(index - 1, index)
            name, fact = (entry.term, entry.index), (entry, before.term)
            known = self._known.setdefault(name, fact)
            if known != fact:
                raise InvariantViolated(
                    f"log matching: {status.id} has {entry} after term {before.term},"
                    f" another has {known[0]} after term {known[1]}"
                )
            if known is not fact:
                return

    def _same_commits(self, machine: RaftMachine, status: Status) -> Iterable[_Promise]:
        """Compare what was newly committed; return what nobody had before."""
        first = self._checked_commits.get(status.id, 0) + 1
        self._checked_commits[status.id] = status.commit
        for entry in machine.entries(first, status.commit):
            promise = self._promises.get(entry.index)
            if promise is None:
                promise = _Promise(entry=entry, term=status.term)
                self._promises[entry.index] = promise
                yield promise
            elif promise.entry != entry:
                raise InvariantViolated(
                    f"state machine safety: {status.id} committed {entry}, another"
                    f" {promise.entry}"
                )

    def _leaders_have(
        self, promise: _Promise, views: Iterable[tuple[RaftMachine, Status]]
    ) -> None:
        for machine, status in views:
            if status.role is Role.LEADER and status.term > promise.term:
                _leader_has(promise, machine, status)

    def _new_leader_has_all(self, machine: RaftMachine, status: Status) -> None:
        is_checked = self._checked_leaders.get(status.id) == status.term
        if status.role is not Role.LEADER or is_checked:
            return
        self._checked_leaders[status.id] = status.term
        for promise in self._promises.values():
            if promise.term < status.term:
                _leader_has(promise, machine, status)


def _leader_has(promise: _Promise, machine: RaftMachine, status: Status) -> None:
    index = promise.entry.index
    if index >= status.first_index and machine.entries(index, index) != (
        promise.entry,
    ):
        raise InvariantViolated(
            f"leader completeness: {status.id} leads term {status.term} without"
            f" {promise.entry}, committed in term {promise.term}"
        )
