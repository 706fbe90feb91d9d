"""Loops are named, waiting is transitive, the nearest predecessors only."""

from clusterd.model.constraint import Order
from clusterd.model.names import ConstraintName, ResourceName
from clusterd.model.transition import ActionKind
from tests.unit.policy.cluster import Cluster, cluster, group, order, primitive


def _answer_probes(told: Cluster) -> None:
    for action in told.plan().actions:
        if action.kind is ActionKind.PROBE:
            told.do(action)


def test_a_loop_is_named_not_cut() -> None:
    """ORD-81: what is ordered in a circle is left out, the rest goes on."""
    loop = [order("a", "b"), order("b", "c"), order("c", "a")]
    told = cluster(["n1"], [primitive(name) for name in "abcd"], loop)

    transition = told.plan()

    started = [a.instance for a in transition.actions if a.kind is ActionKind.START]
    assert started == ["d"]
    texts = {line.subject: line.reasons[0].text for line in transition.summary}
    assert texts["a"] == texts["b"] == texts["c"]
    assert texts["a"].startswith("order loop: start of ")


def test_what_is_implied_is_not_said_twice() -> None:
    """An action names its nearest predecessors only."""
    both = Order(
        name=ConstraintName("x"), first=ResourceName("a"), then=ResourceName("c")
    )
    told = cluster(
        ["n1"],
        [primitive(name) for name in "abc"],
        [order("a", "b"), order("b", "c"), both],
    )

    starts = {
        str(a.instance): a for a in told.plan().actions if a.kind is ActionKind.START
    }

    assert starts["b"].number in starts["c"].after
    assert starts["a"].number not in starts["c"].after


def test_waiting_reaches_through_a_group() -> None:
    """D10: while the first member starts, the third is not even planned."""
    told = cluster(["n1"], [group("web", *(primitive(name) for name in "abc"))])
    _answer_probes(told)
    first = next(a for a in told.plan().actions if a.kind is ActionKind.START)
    assert first.operation is not None
    told.begin(first.operation)

    transition = told.plan()

    assert transition.actions == ()
    waits = {line.subject: line.reasons[0].text for line in transition.summary}
    assert waits == dict.fromkeys("bc", "waits: start of a on n1 is under way")


def test_the_group_goes_on_when_the_answer_is_there() -> None:
    """D10: the next plan continues where the last one waited."""
    told = cluster(["n1"], [group("web", *(primitive(name) for name in "ab"))])
    _answer_probes(told)
    first = next(a for a in told.plan().actions if a.kind is ActionKind.START)
    assert first.operation is not None
    told.begin(first.operation)
    told.finish(first.operation)

    assert [a.instance for a in told.plan().actions] == ["b"]
