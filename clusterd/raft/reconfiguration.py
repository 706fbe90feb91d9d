"""The rules by which an electorate changes (raft thesis, chapter 4).

Nothing here touches its arguments: a change gives a new configuration with a
new set of progresses, or InvalidChange and nothing has happened.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clusterd.raft.entry import NOBODY, ConfState
from clusterd.raft.progress import Progress
from clusterd.raft.voters import Change, ChangeKind, ConfChange

Newcomer = Callable[[bool], Progress]
"""Makes the progress of a node that was not tracked; the argument: is it a learner."""


class InvalidChange(ValueError):
    """The change cannot follow on the present configuration, which stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Electorate:
    """Who votes and who listens, with what is known of each."""

    conf_state: ConfState
    progress: Mapping[int, Progress]


class _Draft:
    """An electorate in the making."""

    def __init__(self, electorate: Electorate, newcomer: Newcomer) -> None:
        conf_state = electorate.conf_state
        self.incoming = set(conf_state.voters)
        self.outgoing = set(conf_state.voters_outgoing)
        self.learners = set(conf_state.learners)
        self.learners_next = set(conf_state.learners_next)
        # Copies, because a change that fails halfway must leave no trace.
        self.progress = {
            node: copy.copy(progress) for node, progress in electorate.progress.items()
        }
        self._newcomer = newcomer

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.node != NOBODY:
                self._apply_one(change.kind, change.node)
        if not self.incoming:
            raise InvalidChange("removed all voters")

    def _apply_one(self, kind: ChangeKind, node: int) -> None:
        match kind:
            case ChangeKind.ADD_NODE:
                self._make_voter(node)
            case ChangeKind.ADD_LEARNER:
                self._make_learner(node)
            case ChangeKind.REMOVE_NODE:
                self._remove(node)
            case ChangeKind.UPDATE_NODE:
                pass

    def _make_voter(self, node: int) -> None:
        if node not in self.progress:
            self.progress[node] = self._newcomer(False)  # noqa: FBT003  # Callable
        self.progress[node].is_learner = False
        self.learners.discard(node)
        self.learners_next.discard(node)
        self.incoming.add(node)

    def _make_learner(self, node: int) -> None:
        progress = self.progress.get(node)
        if progress is None:
            self.progress[node] = self._newcomer(True)  # noqa: FBT003  # Callable
            self.learners.add(node)
            return
        if progress.is_learner:
            return
        self._remove(node)
        self.progress[node] = progress
        # Nobody is voter and learner at once: an outgoing voter has to wait.
        if node in self.outgoing:
            self.learners_next.add(node)
        else:
            progress.is_learner = True
            self.learners.add(node)

    def _remove(self, node: int) -> None:
        self.incoming.discard(node)
        self.learners.discard(node)
        self.learners_next.discard(node)
        if node not in self.outgoing:
            self.progress.pop(node, None)

    def leave_joint(self) -> None:
        for node in self.learners_next:
            self.progress[node].is_learner = True
        self.learners |= self.learners_next
        self.learners_next.clear()
        for node in self.outgoing - self.incoming - self.learners:
            del self.progress[node]
        self.outgoing.clear()

    def finish(self, *, auto_leave: bool = False) -> Electorate:
        voters = self.incoming | self.outgoing
        assert not self.learners & voters, "nobody is voter and learner at once"
        assert self.learners_next <= self.outgoing, "only outgoing voters wait"
        assert self.outgoing or not auto_leave, "only a joint configuration is left"
        assert set(self.progress) == voters | self.learners, "each member is tracked"
        return Electorate(
            conf_state=ConfState(
                voters=tuple(sorted(self.incoming)),
                learners=tuple(sorted(self.learners)),
                voters_outgoing=tuple(sorted(self.outgoing)),
                learners_next=tuple(sorted(self.learners_next)),
                auto_leave=auto_leave,
            ),
            progress=self.progress,
        )


def simple(
    electorate: Electorate, changes: Iterable[Change], newcomer: Newcomer
) -> Electorate:
    """Change at most one voter, in one step: old and new majorities overlap.

    Raises InvalidChange.
    """
    if electorate.conf_state.voters_outgoing:
        raise InvalidChange("can't apply simple config change in joint config")
    draft = _Draft(electorate, newcomer)
    draft.apply(changes)
    if len(draft.incoming.symmetric_difference(electorate.conf_state.voters)) > 1:
        raise InvalidChange("more than one voter changed without entering joint config")
    return draft.finish()


def enter_joint(
    electorate: Electorate,
    changes: Iterable[Change],
    newcomer: Newcomer,
    *,
    auto_leave: bool,
) -> Electorate:
    """Change any number of voters; until the end both majorities are needed.

    Raises InvalidChange.
    """
    if electorate.conf_state.voters_outgoing:
        raise InvalidChange("config is already joint")
    if not electorate.conf_state.voters:
        raise InvalidChange("can't make a zero-voter config joint")
    draft = _Draft(electorate, newcomer)
    draft.outgoing = set(draft.incoming)
    draft.apply(changes)
    return draft.finish(auto_leave=auto_leave)


def leave_joint(electorate: Electorate, newcomer: Newcomer) -> Electorate:
    """Drop the old majority.

    Raises InvalidChange if there is none.
    """
    if not electorate.conf_state.voters_outgoing:
        raise InvalidChange("can't leave a non-joint config")
    draft = _Draft(electorate, newcomer)
    draft.leave_joint()
    return draft.finish()


def change(
    electorate: Electorate, wanted: ConfChange, newcomer: Newcomer
) -> Electorate:
    """Carry out a change from the log.

    Raises InvalidChange.
    """
    if wanted.leaves_joint:
        return leave_joint(electorate, newcomer)
    if wanted.enters_joint:
        return enter_joint(
            electorate, wanted.changes, newcomer, auto_leave=wanted.auto_leave
        )
    return simple(electorate, wanted.changes, newcomer)


def restore(conf_state: ConfState, newcomer: Newcomer) -> Electorate:
    """Build the electorate that a snapshot names."""
    learners = {*conf_state.learners, *conf_state.learners_next}
    voters = {*conf_state.voters, *conf_state.voters_outgoing}
    members = {node: node in conf_state.learners for node in learners | voters}
    return Electorate(
        conf_state=conf_state,
        progress={node: newcomer(is_learner) for node, is_learner in members.items()},
    )
