"""Preferences of dependents reach what they depend on."""

from clusterd.model.score import INFINITY
from clusterd.model.transition import Transition
from tests.unit.policy.cluster import cluster, group, location, primitive, together


def total(transition: Transition, instance: str, node: str) -> int:
    """Return the score of a node for an instance."""
    placement = next(p for p in transition.placements if p.instance == instance)
    return next(score.total for score in placement.scores if score.node == node)


def test_a_must_passes_preferences_on_in_full() -> None:
    """PLC-58: the factor of a must is 1."""
    told = cluster(
        ["n1", "n2"],
        [primitive("a"), primitive("b")],
        [together("b", "a"), location("b", "n2", 100)],
    )

    assert total(told.plan(), "a", "n2") == 100


def test_a_wish_passes_preferences_on_in_proportion() -> None:
    """A colocation of half of infinity passes half of each preference on."""
    told = cluster(
        ["n1", "n2"],
        [primitive("a"), primitive("b")],
        [together("b", "a", INFINITY // 2), location("b", "n2", 100)],
    )

    assert total(told.plan(), "a", "n2") == 50


def test_where_the_dependent_cannot_run_its_primary_is_worth_less() -> None:
    """PLC-62: a wish of 500 takes 500 from nodes banned for the dependent."""
    told = cluster(
        ["n1", "n2"],
        [primitive("a"), primitive("b")],
        [
            together("b", "a", 500),
            location("b", "n1", -INFINITY),
            location("a", "n1", 501),
        ],
    )

    assert total(told.plan(), "a", "n1") == 1


def test_wishes_that_leave_no_node_are_taken_back_whole() -> None:
    """PLC-57: a dependent that may run nowhere does not drag its primary down."""
    told = cluster(
        ["n1"],
        [primitive("a"), primitive("b")],
        [together("b", "a"), location("b", "n1", -INFINITY)],
    )

    placements = {p.instance: p.node for p in told.plan().placements}

    assert placements == {"a": "n1", "b": None}


def test_a_group_goes_where_all_its_members_want_to_be() -> None:
    """PLC-73: the first member carries the weight of all."""
    told = cluster(
        ["n1", "n2"],
        [group("web", primitive("ip"), primitive("app"))],
        [location("ip", "n1", 10), location("app", "n2", 20)],
    )

    nodes = {p.node for p in told.plan().placements}

    assert nodes == {"n2"}
