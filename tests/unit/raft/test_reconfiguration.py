"""How an electorate changes; more cases are in the golden scenarios."""

import pytest

from clusterd.raft import reconfiguration
from clusterd.raft.entry import ConfState
from clusterd.raft.progress import Inflights, Progress
from clusterd.raft.reconfiguration import Electorate, InvalidChange
from clusterd.raft.voters import Change, ChangeKind, ConfChange, Transition


def newcomer(is_learner: bool) -> Progress:  # noqa: FBT001  # A Newcomer.
    """Track somebody new."""
    return Progress(next=1, inflights=Inflights(1), is_learner=is_learner)


def electorate(state: ConfState) -> Electorate:
    """Return an electorate as a snapshot names it."""
    return reconfiguration.restore(state, newcomer)


def add(node: int) -> Change:
    """Make a voter."""
    return Change(kind=ChangeKind.ADD_NODE, node=node)


def demote(node: int) -> Change:
    """Make a learner."""
    return Change(kind=ChangeKind.ADD_LEARNER, node=node)


def remove(node: int) -> Change:
    """Remove a member."""
    return Change(kind=ChangeKind.REMOVE_NODE, node=node)


def test_demoted_voter_waits_until_the_joint_electorate_ends() -> None:
    """In between it still votes on the old side."""
    before = electorate(ConfState(voters=(1, 2)))
    wanted = ConfChange(changes=(demote(1), add(3)))

    joint = reconfiguration.change(before, wanted, newcomer)
    after = reconfiguration.change(joint, ConfChange(), newcomer)

    assert joint.conf_state == ConfState(
        voters=(2, 3), voters_outgoing=(1, 2), learners_next=(1,), auto_leave=True
    )
    assert not joint.progress[1].is_learner
    assert after.conf_state == ConfState(voters=(2, 3), learners=(1,))
    assert after.progress[1].is_learner


def test_removed_voter_is_fed_until_the_joint_electorate_ends() -> None:
    """Its acknowledgement is still needed."""
    before = electorate(ConfState(voters=(1, 2)))
    wanted = ConfChange(changes=(remove(1),), transition=Transition.JOINT_EXPLICIT)

    joint = reconfiguration.change(before, wanted, newcomer)
    after = reconfiguration.change(joint, ConfChange(), newcomer)

    assert 1 in joint.progress
    assert not joint.conf_state.auto_leave
    assert 1 not in after.progress


@pytest.mark.parametrize(
    ("state", "wanted", "why"),
    [
        pytest.param(
            ConfState(voters=(1,)),
            ConfChange(changes=(remove(1),)),
            "removed all voters",
            id="nobody would be left",
        ),
        pytest.param(
            ConfState(voters=(1, 2), voters_outgoing=(1,)),
            ConfChange(changes=(add(3),)),
            "in joint config",
            id="joint electorate first",
        ),
        pytest.param(
            ConfState(voters=(1, 2), voters_outgoing=(1,)),
            ConfChange(changes=(add(3), add(4))),
            "already joint",
            id="no third side",
        ),
        pytest.param(
            ConfState(voters=(1,)), ConfChange(), "non-joint", id="nothing to end"
        ),
        pytest.param(
            ConfState(),
            ConfChange(changes=(add(3), add(4))),
            "zero-voter",
            id="nobody to agree",
        ),
    ],
)
def test_change_that_cannot_follow_is_refused(
    state: ConfState, wanted: ConfChange, why: str
) -> None:
    """On all nodes alike, for it is in all their logs."""
    with pytest.raises(InvalidChange, match=why):
        reconfiguration.change(electorate(state), wanted, newcomer)


def test_refused_change_leaves_no_trace() -> None:
    """Although it was carried out halfway."""
    before = electorate(ConfState(voters=(1, 2), learners=(3,)))
    wanted = ConfChange(changes=(add(3), remove(1), remove(2), demote(3)))

    with pytest.raises(InvalidChange):
        reconfiguration.change(before, wanted, newcomer)

    assert before.progress[3].is_learner
    assert set(before.progress) == {1, 2, 3}


def test_change_called_off_has_no_effect() -> None:
    """A node of 0 stands for it."""
    before = electorate(ConfState(voters=(1,)))

    after = reconfiguration.simple(before, (add(0),), newcomer)

    assert after.conf_state == before.conf_state
