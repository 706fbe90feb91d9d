"""The commands of the scenarios for quorums and for voter changes."""

from collections.abc import Iterator, Mapping

from clusterd.raft import quorum, reconfiguration
from clusterd.raft.entry import ConfState
from clusterd.raft.progress import Inflights, Progress
from clusterd.raft.reconfiguration import Electorate, InvalidChange
from clusterd.raft.status import peer_status_of
from tests.golden.raft import describe
from tests.golden.raft.datadriven import Step
from tests.golden.raft.interaction import read_changes


def committed(step: Step) -> list[str]:
    """Return the drawn indexes and what is committed."""
    incoming, outgoing = step.ids("cfg"), _outgoing(step)
    words = _by_voter(step, step.options.get("idx", ()))
    acked = {voter: int(word) for voter, word in words.items() if word != "_"}
    index = quorum.joint_committed(incoming, outgoing, acked)
    result = "∞" if index == quorum.EVERYTHING else str(index)
    drawn = list(_draw(sorted({*incoming, *outgoing}), acked))
    return [*drawn, result] if drawn else [f"<empty majority quorum>{result}"]


def vote(step: Step) -> list[str]:
    """Return how a vote stands."""
    words = _by_voter(step, step.options.get("votes", ()))
    votes = {voter: word == "y" for voter, word in words.items() if word != "_"}
    result = quorum.joint_vote(step.ids("cfg"), _outgoing(step), votes)
    return [f"Vote{result.value}"]


def _outgoing(step: Step) -> tuple[int, ...]:
    return () if step.option("cfgj") == "zero" else step.ids("cfgj")


def _by_voter(step: Step, words: tuple[str, ...]) -> Mapping[int, str]:
    voters = dict.fromkeys((*step.ids("cfg"), *_outgoing(step)))
    return dict(zip(voters, words, strict=True))


def _draw(voters: list[int], acked: Mapping[int, int]) -> Iterator[str]:
    if not voters:
        return
    ordered = sorted(acked.get(voter, 0) for voter in voters)
    width = len(voters)
    yield " " * width + "    idx"
    for voter in voters:
        index = acked.get(voter, 0)
        bar = f"{'x' * ordered.index(index)}>" if voter in acked else "?"
        yield f"{bar.ljust(width + 1)} {index:5d}    (id={voter})"


class Changes:
    """Carries out the voter changes of one scenario."""

    def __init__(self) -> None:
        self._electorate = Electorate(conf_state=ConfState(), progress={})
        self._round = 0

    def run(self, step: Step) -> list[str]:
        """Carry out one change and return the electorate, or the error."""
        try:
            self._electorate = self._change(step)
        except InvalidChange as error:
            return [str(error)]
        finally:
            self._round += 1
        peers = self._electorate.progress.items()
        status = {node: peer_status_of(peer) for node, peer in peers}
        conf_state = _electorate(self._electorate.conf_state)
        return [conf_state, *describe.progress(status)]

    def _change(self, step: Step) -> Electorate:
        changes = read_changes(step.text)
        if step.command == "simple":
            return reconfiguration.simple(self._electorate, changes, self._newcomer)
        if step.command == "leave-joint":
            return reconfiguration.leave_joint(self._electorate, self._newcomer)
        assert step.command == "enter-joint", step.command
        return reconfiguration.enter_joint(
            self._electorate,
            changes,
            self._newcomer,
            auto_leave=step.flag("autoleave"),
        )

    def _newcomer(self, is_learner: bool) -> Progress:  # noqa: FBT001  # One question.
        return Progress(
            next=max(self._round, 1),
            inflights=Inflights(10),
            is_learner=is_learner,
            recent_active=True,
        )


def _electorate(state: ConfState) -> str:
    text = f"voters={_ids(state.voters)}"
    text += f"&&{_ids(state.voters_outgoing)}" if state.voters_outgoing else ""
    text += f" learners={_ids(state.learners)}" if state.learners else ""
    text += f" learners_next={_ids(state.learners_next)}" if state.learners_next else ""
    return text + (" autoleave" if state.auto_leave else "")


def _ids(ids: tuple[int, ...]) -> str:
    return f"({' '.join(map(str, ids))})"
