"""Histories to units: copies keep their nodes and, where they can, their numbers."""

from dataclasses import replace

from clusterd.model.membership import MemberState
from clusterd.model.resource import Meta
from tests.unit.policy.cluster import Cluster, clone, cluster, group, lines, primitive


def copies(told: Cluster) -> dict[str, str]:
    """Return where each copy is."""
    return {p.instance: p.current[0] for p in told.plan().placements if p.current}


def test_numbers_stay_when_a_node_leaves() -> None:
    """A name that stays is easier to read, though copies are alike (HIS-20)."""
    told = cluster(["n1", "n2", "n3"], [clone("all", primitive("each"))]).settle()
    before = copies(told)

    told.release(next(node for node in told.state().members).name)

    after = copies(told)
    assert after == {name: node for name, node in before.items() if node != "n1"}


def test_copies_found_running_are_mapped_to_numbers() -> None:
    """HIS-20: histories need not know numbers."""
    told = cluster(["n1", "n2"], [clone("all", primitive("each"))])
    told.running = {(member.name, "each") for member in told.state().members}

    told.settle()

    assert sorted(copies(told).values()) == ["n1", "n2"]
    assert all("start" not in line for line in told.told)


def test_a_copy_of_a_group_is_one_copy_on_one_node() -> None:
    """Members of a copied group share its number."""
    told = cluster(
        ["n1", "n2"], [clone("all", group("web", primitive("ip"), primitive("app")))]
    ).settle()

    found = copies(told)

    assert found["ip:0"] == found["app:0"]
    assert found["ip:1"] == found["app:1"]


def test_copies_too_many_are_stopped() -> None:
    """A clone that shrinks keeps its first copies where they are."""
    told = cluster(["n1", "n2", "n3"], [clone("all", primitive("each"))]).settle()

    smaller = replace(
        told,
        configuration=replace(
            told.configuration, resources=(clone("all", primitive("each"), maximum=2),)
        ),
    )

    assert lines(smaller.plan()) == ["stop each:2 n3"]
    assert lines(smaller.settle().plan()) == []


def test_what_an_offline_node_once_ran_is_gone() -> None:
    """OFFLINE holds nothing: its history is not even read."""
    told = cluster(
        ["n1", "n2"], [primitive("vip")], defaults=Meta(stickiness=1)
    ).settle()
    told.members["n1"] = MemberState.OFFLINE

    assert lines(told.plan()) == ["start vip n2"]


def test_an_unknown_node_in_the_history_is_ignored() -> None:
    """A member that left leaves no trace in plans."""
    told = cluster(["n1", "n2"], [primitive("vip")]).settle()
    del told.members["n1"]

    assert lines(told.plan()) == ["start vip n2"]
