"""Commands on their way into the log: again and again, but not for ever."""

import pytest

from clusterd.model.names import NodeName
from clusterd.node.petitions import PATIENCE, PETITIONS_MAX, RETRY, Petitions
from clusterd.state.command import CleanUp, RemoveMember

ONE = CleanUp()
OTHER = RemoveMember(node=NodeName("n9"))


def test_a_petition_is_due_at_once_and_then_after_each_retry() -> None:
    """A proposal may vanish with its leader and nobody says so."""
    petitions = Petitions("n1/a")
    petition = petitions.file(ONE, None, now=10.0)

    assert petitions.due(10.0) == [petition]
    assert petitions.due(10.0 + RETRY / 2) == []
    assert petitions.deadline() == pytest.approx(10.0 + RETRY)
    assert petitions.due(10.0 + RETRY) == [petition]


def test_an_applied_request_is_never_proposed_again() -> None:
    """Settling closes it; a request of somebody else settles nothing."""
    petitions = Petitions("n1/a")
    petition = petitions.file(ONE, 7, now=10.0)
    assert petition is not None

    assert petitions.settle("n2/b/1") is None
    assert petitions.settle(petition.request) is petition

    assert petitions.due(99.0) == []
    assert petitions.deadline() is None
    assert petitions.settle(petition.request) is None


def test_request_ids_are_unique_over_restarts() -> None:
    """Two starts of one node must not share an id: the second would do nothing."""
    first, second = Petitions("n1/a"), Petitions("n1/b")

    filed = [
        book.file(ONE, None, now=0.0) for book in (first, second) for _ in range(3)
    ]

    assert len({each.request for each in filed if each is not None}) == 6


def test_what_waited_too_long_is_given_up_once() -> None:
    """Whoever waits for an answer gets one, and the rest goes on."""
    petitions = Petitions("n1/a")
    old = petitions.file(ONE, 1, now=0.0)
    young = petitions.file(OTHER, 2, now=PATIENCE)

    late = petitions.given_up(PATIENCE + 0.1)

    assert late == [old]
    assert petitions.given_up(PATIENCE + 0.1) == []
    assert petitions.due(PATIENCE + 0.1) == [young]


def test_too_many_open_petitions_are_refused_and_lose_nothing() -> None:
    """Without a quorum they pile up: bounded, and those inside stay."""
    petitions = Petitions("n1/a")
    for _ in range(PETITIONS_MAX):
        assert petitions.file(ONE, None, now=0.0) is not None

    assert petitions.file(ONE, None, now=0.0) is None
    assert len(petitions.due(0.0)) == PETITIONS_MAX


def test_a_deposed_coordinators_duties_are_dropped_and_users_wishes_stay() -> None:
    """Its evictions would hit nodes that everybody else hears by now."""
    petitions = Petitions("n1/a")
    asked = petitions.file(ONE, 3, now=0.0)
    petitions.file(OTHER, None, now=0.0, is_duty=True)

    petitions.drop_duties()

    assert petitions.due(0.0) == [asked]
