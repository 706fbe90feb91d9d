"""Monitors: begun after a start, ended when unwanted, begun anew when changed."""

from dataclasses import replace

import pytest

from clusterd.model.resource import OperationSpec, Resource, Role
from clusterd.model.transition import ActionKind
from tests.unit.policy.cluster import Cluster, cluster, lines, monitor, primitive


def reconfigured(told: Cluster, *resources: Resource) -> Cluster:
    """Return the cluster with other resources configured."""
    return replace(told, configuration=replace(told.configuration, resources=resources))


def test_a_monitor_begins_after_the_start() -> None:
    """ACT-55."""
    told = cluster(["n1"], [primitive("vip", monitor())])

    assert lines(told.plan()) == [
        "probe vip n1",
        "start vip n1 after 1",
        "monitor vip n1 after 2",
    ]


def test_another_interval_is_another_monitor() -> None:
    """The old one is cancelled, the new one begun; nothing restarts."""
    told = cluster(["n1"], [primitive("vip", monitor(10))]).settle()

    changed = reconfigured(told, primitive("vip", monitor(5)))

    actions = changed.plan().actions
    assert {(a.kind, a.operation.interval) for a in actions if a.operation} == {
        (ActionKind.CANCEL, 10.0),
        (ActionKind.MONITOR, 5.0),
    }


def test_another_time_limit_begins_it_anew() -> None:
    """HIS-103."""
    told = cluster(["n1"], [primitive("vip", monitor(timeout=10))]).settle()

    changed = reconfigured(told, primitive("vip", monitor(timeout=11)))

    assert lines(changed.plan()) == ["monitor vip n1"]
    assert lines(changed.settle().plan()) == []


def test_a_monitor_nobody_configures_is_cancelled() -> None:
    """HIS-102."""
    told = cluster(["n1"], [primitive("vip", monitor())]).settle()

    changed = reconfigured(told, primitive("vip"))

    assert lines(changed.plan()) == ["cancel vip n1"]
    assert lines(changed.settle().plan()) == []


def test_two_alike_are_none() -> None:
    """ACT-51: of two operations with one name and interval neither is used."""
    told = cluster(["n1"], [primitive("vip", monitor(10), monitor(10, timeout=5))])

    assert lines(told.plan()) == ["probe vip n1", "start vip n1 after 1"]


@pytest.mark.parametrize("name", ["start", "stop"])
def test_only_some_operations_recur(name: str) -> None:
    """A start every ten seconds is a mistake (ACT-51)."""
    told = cluster(["n1"], [primitive("vip", OperationSpec(name=name, interval=10.0))])

    assert lines(told.plan()) == ["probe vip n1", "start vip n1 after 1"]


def test_a_stop_needs_no_cancel() -> None:
    """The executor ends monitors before a stop."""
    told = cluster(["n1"], [primitive("vip", monitor())]).settle()
    stopped = replace(
        primitive("vip"), meta=replace(primitive("vip").meta, target_role=Role.STOPPED)
    )

    assert lines(reconfigured(told, stopped).plan()) == ["stop vip n1"]


def test_absence_is_watched_where_it_shall_not_run() -> None:
    """ACT-56: a monitor of role Stopped runs on the other nodes, and expects 7."""
    absent = OperationSpec(name="monitor", interval=60.0, role=Role.STOPPED)
    told = cluster(["n1", "n2"], [primitive("vip", absent)])

    (watch,) = [a for a in told.plan().actions if a.kind is ActionKind.MONITOR]

    assert watch.node == "n2"
    assert watch.operation is not None
    assert watch.operation.expected == 7
