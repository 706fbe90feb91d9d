"""Configurations, holds and moves: what operators change."""

import pytest

from clusterd.model.names import NodeName, ResourceName
from clusterd.model.result import ExitCode
from clusterd.model.status import Hold, HoldKind, Move
from clusterd.state.command import ClearHold, Configure, EndMove, SetHold, StartMove
from clusterd.state.configuring import VERSIONS_KEPT
from clusterd.state.reply import Refusal
from tests.unit.state.log import CONFIGURATION, N1, N2, VIP, Log, admitted


@pytest.fixture
def log() -> Log:
    """Two nodes online; the address on n1; configuration 1."""
    log = admitted(N1, N2)
    log.probe()
    log.do(N1, "start", VIP)
    return log


def configure(base: int | None = None) -> Configure:
    """Return a change based on a version."""
    return Configure(text="t", configuration=CONFIGURATION, base=base, author="a")


def hold(
    kind: HoldKind = HoldKind.STANDBY,
    node: NodeName | None = N1,
    resource: ResourceName | None = None,
    author: str = "",
) -> SetHold:
    """Return a hold."""
    return SetHold(hold=Hold(kind=kind, node=node, resource=resource, author=author))


def move(node: NodeName | None = N2, source: NodeName | None = None) -> StartMove:
    """Return a move of the address."""
    return StartMove(move=Move(resource=VIP, node=node, source=source))


def test_of_two_changes_of_one_version_the_second_is_refused(log: Log) -> None:
    """Compare and swap: nobody overwrites what they have not seen."""
    first = log.accepted(configure(base=1))

    reply = log.refused(configure(base=1))

    assert first.detail == 2
    assert reply.why is Refusal.CONFLICT
    assert reply.text == "configuration is now v2, you based your change on v1"


def test_only_so_many_versions_are_kept(log: Log) -> None:
    """The newest, so that one can go back."""
    for _ in range(VERSIONS_KEPT + 5):
        log.accepted(configure())

    numbers = [each.version for each in log.state.versions]
    assert numbers == list(range(7, VERSIONS_KEPT + 7))


def test_a_hold_of_the_same_kind_and_place_replaces(log: Log) -> None:
    """There is one standby per node; the newest says who and why."""
    log.accepted(hold(author="ann"))
    log.accepted(hold(author="bob"))

    assert [each.author for each in log.state.status.holds] == ["bob"]


def test_a_hold_of_something_unknown_is_refused(log: Log) -> None:
    """A typing error must not wait until something of that name appears."""
    node = log.refused(hold(node=NodeName("n9")))
    resource = log.refused(hold(kind=HoldKind.BAN, resource=ResourceName("vpi")))

    assert (node.why, resource.why) == (
        Refusal.UNKNOWN_NODE,
        Refusal.UNKNOWN_RESOURCE,
    )


def test_clearing_a_node_leaves_the_hold_of_the_cluster(log: Log) -> None:
    """`online n1` must not end the maintenance of everything."""
    log.accepted(hold())
    log.accepted(hold(kind=HoldKind.MAINTENANCE, node=None))

    reply = log.accepted(ClearHold(node=N1))

    assert reply.detail == 1
    assert [each.kind for each in log.state.status.holds] == [HoldKind.MAINTENANCE]


def test_clearing_a_kind_leaves_the_others(log: Log) -> None:
    """`online` ends a standby, not a ban."""
    log.accepted(hold())
    log.accepted(hold(kind=HoldKind.BAN, resource=VIP))

    log.accepted(ClearHold(kind=HoldKind.STANDBY, node=N1))

    assert [each.kind for each in log.state.status.holds] == [HoldKind.BAN]


def test_clearing_nothing_is_no_error(log: Log) -> None:
    """Asked twice, the answer is the same."""
    assert log.accepted(ClearHold(node=N1)).detail == 0


def test_a_move_ends_when_the_resource_has_arrived(log: Log) -> None:
    """It is an action, not a constraint."""
    log.accepted(move())
    log.do(N1, "stop", VIP)
    under_way = log.state.status.moves

    log.do(N2, "start", VIP)

    assert len(under_way) == 1
    assert log.state.status.moves == ()


def test_a_move_ends_when_its_target_fails(log: Log) -> None:
    """It will not be tried there for ever."""
    log.accepted(move())
    log.do(N1, "stop", VIP)

    log.answer(log.order(N2, "start", VIP), ExitCode.GENERIC_ERROR)

    assert log.state.status.moves == ()


def test_a_move_away_does_not_end_by_being_still_there(log: Log) -> None:
    """Active on the source is where it began."""
    log.accepted(move(node=None, source=N1))

    log.answer(log.order(N1, "monitor", VIP), ExitCode.SUCCESS)

    assert len(log.state.status.moves) == 1


def test_a_new_move_replaces_the_old_one(log: Log) -> None:
    """A resource goes to one place."""
    log.accepted(move(node=N2))
    log.accepted(move(node=N1))

    assert [each.node for each in log.state.status.moves] == [N1]


def test_only_a_top_level_resource_moves(log: Log) -> None:
    """A member of a group or clone goes with the whole."""
    unknown = StartMove(move=Move(resource=ResourceName("x"), node=N2, source=None))

    assert log.refused(unknown).why is Refusal.UNKNOWN_RESOURCE


def test_a_move_can_be_given_up(log: Log) -> None:
    """When nothing is left that could bring it there."""
    log.accepted(move())

    log.accepted(EndMove(resource=VIP, cause="banned"))

    assert log.state.status.moves == ()
    assert log.state.history[-1].cause == "banned"
