"""The members of the group as one of them sees them: voters, progress, votes."""

from collections.abc import Mapping
from dataclasses import dataclass

from clusterd.raft import quorum
from clusterd.raft.entry import ConfState
from clusterd.raft.progress import Inflights, Progress
from clusterd.raft.quorum import VoteResult
from clusterd.raft.reconfiguration import Electorate, Newcomer, change, restore
from clusterd.raft.voters import ConfChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How many messages, and bytes of payload (0: any), may be under way to a peer."""

    count: int
    size_bytes: int = 0


class Peers:
    """The present electorate and the votes of the present campaign."""

    def __init__(self, window: Window, conf_state: ConfState, last_index: int) -> None:
        self._window = window
        self._votes: dict[int, bool] = {}
        self._electorate = restore(conf_state, self._newcomer(last_index))

    @property
    def conf_state(self) -> ConfState:
        """Who votes and who listens."""
        return self._electorate.conf_state

    @property
    def is_joint(self) -> bool:
        """Whether two majorities are needed."""
        return bool(self.conf_state.voters_outgoing)

    @property
    def is_singleton(self) -> bool:
        """Whether one voter decides alone."""
        return len(self.conf_state.voters) == 1 and not self.is_joint

    def voters(self) -> list[int]:
        """Return all who vote, in either majority, in order."""
        state = self.conf_state
        return sorted({*state.voters, *state.voters_outgoing})

    def members(self) -> list[int]:
        """Return all who get the log, in order: messages leave in this order."""
        return sorted(self._electorate.progress)

    def get(self, node: int) -> Progress | None:
        """Return what is known of a member; None for others."""
        return self._electorate.progress.get(node)

    def restore(self, conf_state: ConfState, last_index: int) -> None:
        """Begin anew with the members a snapshot names."""
        self._electorate = restore(conf_state, self._newcomer(last_index))

    def change(self, wanted: ConfChange, last_index: int) -> None:
        """Carry out a change from the log.

        Raises InvalidChange and leaves everything as it was.
        """
        self._electorate = change(self._electorate, wanted, self._newcomer(last_index))

    def reset(self, own_id: int, last_index: int) -> None:
        """Forget what was known of the members and how they voted: a new term."""
        self._votes.clear()
        self._electorate = Electorate(
            conf_state=self.conf_state,
            progress={
                node: Progress(
                    match=last_index if node == own_id else 0,
                    next=last_index + 1,
                    inflights=self._inflights(),
                    is_learner=progress.is_learner,
                )
                for node, progress in self._electorate.progress.items()
            },
        )

    def reset_votes(self) -> None:
        """Begin a new count."""
        self._votes.clear()

    def count_vote(self, node: int, *, granted: bool) -> VoteResult:
        """Take a node's vote, of which only the first counts, and return the result."""
        self._votes.setdefault(node, granted)
        return self.vote_result(self._votes)

    def vote_result(self, votes: Mapping[int, bool]) -> VoteResult:
        """Return how a vote among the present voters stands."""
        state = self.conf_state
        return quorum.joint_vote(state.voters, state.voters_outgoing, votes)

    def committed(self) -> int:
        """Return the largest index that is on enough disks."""
        state = self.conf_state
        acked = {node: peer.match for node, peer in self._electorate.progress.items()}
        return quorum.joint_committed(state.voters, state.voters_outgoing, acked)

    def is_quorum_active(self) -> bool:
        """Whether enough voters were heard since the last `expect_signs_of_life`."""
        heard = {
            node: peer.recent_active for node, peer in self._electorate.progress.items()
        }
        return self.vote_result(heard) is VoteResult.WON

    def expect_signs_of_life(self, own_id: int) -> None:
        """Take everybody but oneself for silent until heard again."""
        for node, progress in self._electorate.progress.items():
            if node != own_id:
                progress.recent_active = False

    def _inflights(self) -> Inflights:
        return Inflights(self._window.count, self._window.size_bytes)

    def _newcomer(self, last_index: int) -> Newcomer:
        def make(is_learner: bool) -> Progress:  # noqa: FBT001  # One question.
            return Progress(
                # The first probe goes to the end of our log.
                next=max(last_index, 1),
                inflights=self._inflights(),
                is_learner=is_learner,
                # Without this grace the next check of the quorum could depose
                # a leader before the newcomer had a chance to speak.
                recent_active=True,
            )

        return make
