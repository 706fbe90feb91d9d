"""What a node is told: complete, as an OCF agent expects it."""

from dataclasses import replace

from clusterd.model.names import ResourceName
from clusterd.model.resource import Clone, Meta, OnDoubt, OnFail, OperationSpec, Release
from clusterd.model.status import Operation
from clusterd.model.transition import ActionKind
from tests.unit.policy.cluster import Cluster, clone, cluster, monitor, primitive


def operations(told: Cluster, kind: ActionKind) -> list[Operation]:
    """Return what nodes are told to do of that kind."""
    return [a.operation for a in told.plan().actions if a.kind is kind and a.operation]


def test_a_start_carries_everything_but_the_coordinators_part() -> None:
    """Identity and session are for the coordinator to fill in."""
    made = primitive("vip", OperationSpec(name="start", timeout=7.0), ip="10.0.0.1")
    told = cluster(["n1"], [made])

    (start,) = operations(told, ActionKind.START)

    assert (start.operation_id, start.session, start.transition) == ("", 0, "")
    assert (start.operation, start.interval, start.timeout) == ("start", 0.0, 7.0)
    assert (start.agent, dict(start.params)) == ("ocf:test:Dummy", {"ip": "10.0.0.1"})
    assert dict(start.meta) == {
        "timeout": "7000",
        "on_node": "n1",
        "on_node_uuid": "1",
        "name": "start",
    }
    assert (start.exclusive, start.release, start.watch) == (True, "process", True)


def test_a_monitor_has_its_interval_and_its_own_parameters() -> None:
    """OCF.md section 2: the interval in milliseconds, for recurring operations only."""
    deep = OperationSpec(
        name="monitor",
        interval=10.0,
        on_fail=OnFail.BLOCK,
        params={"OCF_CHECK_LEVEL": "10"},
    )
    told = cluster(["n1"], [primitive("vip", deep, ip="1")])

    (watch,) = operations(told, ActionKind.MONITOR)

    assert watch.interval == 10.0
    assert watch.meta["interval"] == "10000"
    assert watch.meta["on_fail"] == "block"
    assert dict(watch.params) == {"ip": "1", "OCF_CHECK_LEVEL": "10"}


def test_a_probe_expects_nothing_and_is_not_exclusive() -> None:
    """Looking needs no lease; without a name and interval agents know it is a probe."""
    told = cluster(["n1"], [primitive("vip", monitor(timeout=3.0))])

    (probe,) = operations(told, ActionKind.PROBE)

    assert (probe.operation, probe.expected, probe.exclusive) == ("monitor", 7, False)
    assert "name" not in probe.meta
    assert "interval" not in probe.meta
    assert probe.timeout == 3.0, (
        "a probe takes the time of the busiest monitor (INP-90)"
    )


def test_without_a_word_an_operation_may_take_twenty_seconds() -> None:
    """INP-14."""
    told = cluster(["n1"], [primitive("vip")])

    assert {each.timeout for each in operations(told, ActionKind.PROBE)} == {20.0}


def test_a_copy_knows_that_it_is_one() -> None:
    """`ocf_is_clone` decides by clone_max; a copy needs no lease."""
    told = cluster(["n1", "n2"], [clone("all", primitive("each"))])

    starts = operations(told, ActionKind.START)

    assert [start.instance for start in starts] == ["each:0", "each:1"]
    assert starts[1].meta["clone"] == "1"
    assert starts[1].meta["clone_max"] == "2"
    assert starts[1].meta["clone_node_max"] == "1"
    assert starts[1].meta["globally_unique"] == "false"
    assert starts[1].meta["notify"] == "false"
    assert starts[1].exclusive is False


def test_two_copies_on_one_node_are_one() -> None:
    """Of what looks alike one per node, whatever is asked (INP-52)."""
    greedy = Clone(
        name=ResourceName("all"), child=primitive("each"), maximum=4, maximum_per_node=2
    )
    told = cluster(["n1", "n2"], [greedy])

    assert len(operations(told, ActionKind.START)) == 2


def test_release_and_doubt_come_from_the_settings() -> None:
    """D5: who takes it away; `keep` needs no lease at all."""
    kernel = replace(primitive("vip"), meta=Meta(release=Release.KERNEL, events=False))
    kept = replace(primitive("cache"), meta=Meta(on_doubt=OnDoubt.KEEP))
    told = cluster(["n1"], [kernel, kept])

    vip, cache = operations(told, ActionKind.START)

    assert (vip.exclusive, vip.release, vip.watch) == (True, "kernel", False)
    assert (cache.exclusive, cache.release) == (False, "")
