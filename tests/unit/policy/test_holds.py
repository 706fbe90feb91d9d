"""Holds and moves: what lasts, what ends by itself."""

from dataclasses import replace

from clusterd.model.configuration import NodeSettings
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Meta
from clusterd.model.status import Hold, HoldKind, Move
from tests.unit.policy.cluster import (
    Cluster,
    cluster,
    group,
    lines,
    primitive,
    starts_and_stops,
)

N1, N2, VIP = NodeName("n1"), NodeName("n2"), ResourceName("vip")


def a_pair() -> Cluster:
    """Return an address that sticks to n1."""
    return cluster(
        ["n1", "n2"], [primitive("vip")], defaults=Meta(stickiness=100)
    ).settle()


def held(told: Cluster, *holds: Hold) -> Cluster:
    """Return the cluster with these holds."""
    return replace(told, status=replace(told.status, holds=holds))


def test_the_first_hold_to_end_says_when_to_look_again() -> None:
    """`recheck_wall` is the earliest of all ends still to come."""
    told = held(
        a_pair(),
        Hold(kind=HoldKind.BAN, node=N2, resource=VIP, until_wall=1500.0),
        Hold(kind=HoldKind.BAN, node=N1, resource=VIP, until_wall=1200.0),
        Hold(kind=HoldKind.PIN, node=N1, resource=VIP, until_wall=900.0),
    )

    assert told.plan().recheck_wall == 1200.0


def test_a_ban_of_both_nodes_stops_it() -> None:
    """-INFINITY beats everything (PLC-2)."""
    bans = [Hold(kind=HoldKind.BAN, node=node, resource=VIP) for node in (N1, N2)]

    told = held(a_pair(), *bans, Hold(kind=HoldKind.PIN, node=N1, resource=VIP))

    assert lines(told.plan()) == ["stop vip n1"]


def test_maintenance_of_the_whole_cluster_rests_everything() -> None:
    """Neither node nor resource: all of it (INP-45)."""
    told = held(a_pair(), Hold(kind=HoldKind.MAINTENANCE))
    told.configuration = replace(
        told.configuration, nodes=(NodeSettings(name=N1, standby=True),)
    )

    assert lines(told.plan()) == []


def test_maintenance_of_a_group_covers_its_members() -> None:
    """A hold names what the administrator named."""
    web = group("web", primitive("ip"), primitive("app"))
    told = cluster(["n1", "n2"], [web]).settle()

    resting = held(
        told,
        Hold(kind=HoldKind.MAINTENANCE, resource=ResourceName("web")),
        Hold(kind=HoldKind.STANDBY, node=N1),
    )

    assert lines(resting.plan()) == []


def test_a_move_ends_where_it_was_asked_to() -> None:
    """D11: and it stays there after the move is over, by its stickiness."""
    told = a_pair()
    moving = replace(
        told,
        status=replace(told.status, moves=(Move(resource=VIP, node=N2, source=N1),)),
    )

    moving.settle()
    moving.status = replace(moving.status, moves=())

    assert moving.places("vip") == ["n2"]
    assert lines(moving.plan()) == []


def test_a_move_of_a_member_moves_its_group() -> None:
    """Members stay together."""
    web = group("web", primitive("ip"), primitive("app"))
    told = cluster(["n1", "n2"], [web], defaults=Meta(stickiness=100)).settle()
    move = Move(resource=ResourceName("app"), node=N2, source=N1)

    told.status = replace(told.status, moves=(move,))

    assert starts_and_stops(told.plan()) == [
        "stop app n1",
        "stop ip n1",
        "start ip n2",
        "start app n2",
    ]


def test_a_move_to_a_node_that_is_gone_changes_nothing() -> None:
    """A wish is no command: what cannot be, is not."""
    told = held(a_pair(), Hold(kind=HoldKind.STANDBY, node=N2))
    told.status = replace(told.status, moves=(Move(resource=VIP, node=N2, source=N1),))

    assert lines(told.plan()) == []
