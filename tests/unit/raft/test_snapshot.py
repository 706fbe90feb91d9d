"""Which electorate a snapshot names."""

from clusterd.raft.entry import ConfState
from clusterd.raft.snapshot import ConfHistory

FIRST = ConfState(voters=(1,))
SECOND = ConfState(voters=(1, 2))
THIRD = ConfState(voters=(1, 2, 3))


def history() -> ConfHistory:
    """Return electorates from the indexes 1, 5 and 9 on."""
    states = ConfHistory(1, FIRST)
    states.add(5, SECOND)
    states.add(9, THIRD)
    return states


def test_electorate_holds_from_its_change_to_the_next() -> None:
    """The change itself included."""
    states = history()

    assert [states.at(index) for index in (1, 4, 5, 8, 9, 99)] == [
        FIRST,
        FIRST,
        SECOND,
        SECOND,
        THIRD,
        THIRD,
    ]


def test_forgetting_keeps_what_is_still_asked_for() -> None:
    """The electorate at the index itself."""
    states = history()

    states.forget_before(7)

    assert states.at(7) == SECOND
    assert states.at(9) == THIRD
