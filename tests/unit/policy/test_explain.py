"""Everything a plan says of one resource."""

from clusterd.model.membership import MemberState
from clusterd.model.names import ResourceName
from clusterd.model.transition import ActionKind
from clusterd.policy.explain import explain
from tests.unit.policy.cluster import clone, cluster, primitive


def test_it_names_the_fencing_its_start_waits_for() -> None:
    """Actions of others are told if they come before."""
    told = cluster(["n1", "n2"], [primitive("vip"), primitive("other")]).settle()
    told.members["n1"] = MemberState.LOST

    found = explain(told.plan(), told.configuration, ResourceName("vip"))

    assert [a.kind for a in found.actions] == [ActionKind.FENCE, ActionKind.START]
    assert [p.instance for p in found.placements] == ["vip"]


def test_a_clone_is_explained_copy_by_copy() -> None:
    """By its own name or by that of what it copies."""
    told = cluster(["n1", "n2"], [clone("all", primitive("each"))]).settle()
    transition = told.plan()

    found = explain(transition, told.configuration, ResourceName("all"))

    assert [p.instance for p in found.placements] == ["each:0", "each:1"]
    assert (
        found.placements
        == explain(transition, told.configuration, ResourceName("each")).placements
    )


def test_nobody_knows_everything() -> None:
    """A name that is not configured gets nothing, not an error."""
    told = cluster(["n1"], [primitive("vip")])

    found = explain(told.plan(), told.configuration, ResourceName("vpi"))

    assert (found.placements, found.summary, found.actions) == ((), (), ())
