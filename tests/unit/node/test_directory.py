"""Which raft id is whom: also before the log says so, and after it stopped to."""

from clusterd.model.membership import Member
from clusterd.model.names import NodeName
from clusterd.node.directory import Directory

N1, N2 = NodeName("n1"), NodeName("n2")


def _member(name: NodeName, raft_id: int, address: str) -> Member:
    return Member(name=name, raft_id=raft_id, address=address)


def test_joining_tells_whom_to_reach_before_the_log_does() -> None:
    """A newcomer's log is empty, and it must hear a leader first."""
    directory = Directory({1: (N1, "n1:1")})

    assert directory.name(1) == N1
    assert directory.addresses([1]) == {N1: "n1:1"}


def test_the_log_knows_better_than_the_seeds() -> None:
    """Addresses may have changed since this node joined."""
    directory = Directory({1: (N1, "n1:1")})

    directory.learn([_member(N1, 1, "n1:2")])

    assert directory.addresses([1]) == {N1: "n1:2"}


def test_a_member_that_left_can_still_be_reached() -> None:
    """It votes until the voters have agreed to go on without it."""
    directory = Directory({})
    directory.learn([_member(N1, 1, "n1:1"), _member(N2, 2, "n2:1")])

    directory.learn([_member(N1, 1, "n1:1")])

    assert directory.name(2) == N2


def test_an_unknown_number_is_nobody() -> None:
    """It has no name and no address, and asking for it is no fault."""
    directory = Directory({})

    assert directory.name(9) is None
    assert directory.addresses([9, 9]) == {}
