"""Fail counts, thresholds and expiry."""

from dataclasses import replace

from clusterd.model.configuration import Properties
from clusterd.model.resource import Meta, OnFail, OperationSpec
from clusterd.model.result import ExitCode
from clusterd.model.status import Operation
from clusterd.model.transition import ActionKind
from tests.unit.policy.cluster import (
    Cluster,
    clone,
    cluster,
    monitor,
    primitive,
    starts_and_stops,
    with_meta,
)


def start_fails_on_n1(operation: Operation) -> ExitCode | None:
    """Let every start on n1 fail."""
    fails = operation.node == "n1" and operation.operation == "start"
    return ExitCode.GENERIC_ERROR if fails else None


def a_pair(meta: Meta, properties: Properties | None = None) -> Cluster:
    """Return two nodes and one resource."""
    made = with_meta(primitive("vip", monitor()), meta)
    told = cluster(["n1", "n2"], [made], properties=properties)
    told.fault = start_fails_on_n1
    return told


def test_a_failed_start_goes_elsewhere() -> None:
    """PLC-25: start failures are fatal for the node."""
    told = a_pair(Meta())

    told.settle()

    assert told.places("vip") == ["n2"]
    assert told.told.count("start vip n1") == 1


def test_starts_may_be_tried_again() -> None:
    """`start_failure_is_fatal: false`: as often as the threshold allows."""
    told = a_pair(Meta(migration_threshold=3), Properties(start_failure_is_fatal=False))

    told.settle()

    assert told.places("vip") == ["n2"]
    assert told.told.count("start vip n1") == 3


def test_a_threshold_of_zero_never_bans() -> None:
    """PLC-24."""
    told = a_pair(Meta(migration_threshold=0, stickiness=1))
    for _ in range(3):
        told.carry_out(told.plan())

    assert told.told.count("start vip n1") >= 2


def test_an_expired_failure_is_forgotten() -> None:
    """HIS-45: the fail count is cleared, once, and the plan says when to look again."""
    told = a_pair(Meta(failure_timeout=60.0, stickiness=1)).settle()
    assert told.plan().recheck_wall == 1060.0

    told.now_wall = 1060.0

    assert [a.kind for a in told.plan().actions] == [ActionKind.FORGET]
    assert told.settle().status.fail_counts == ()
    assert told.plan().recheck_wall is None


def test_failures_that_block_never_expire() -> None:
    """HIS-87: what waits for a person is not forgotten by a clock."""
    blocking = OperationSpec(name="monitor", interval=10.0, on_fail=OnFail.BLOCK)
    made = with_meta(primitive("vip", blocking), Meta(failure_timeout=60.0))
    told = cluster(["n1"], [made]).settle()
    (history,) = told.status.history.values()
    told.fault = lambda _: ExitCode.GENERIC_ERROR
    told.finish(history.recurring["monitor-10000"])

    told.now_wall = 5000.0

    assert told.plan().actions == ()
    assert told.plan().recheck_wall is None


def test_new_parameters_forgive_old_failures() -> None:
    """HIS-45: what failed with other parameters may be tried again."""
    told = a_pair(Meta(stickiness=0))
    told.fault = lambda each: (
        ExitCode.NOT_CONFIGURED if each.operation == "start" else None
    )
    told.settle()
    assert told.places("vip") == []
    repaired = with_meta(primitive("vip", monitor(), ip="10.0.0.1"), Meta())

    told.configuration = replace(told.configuration, resources=(repaired,))
    told.fault = lambda _: None
    told.settle()

    assert len(told.places("vip")) == 1


def test_the_threshold_of_a_copy_bans_the_clone_from_the_node() -> None:
    """PLC-24: copies are interchangeable, so another copy would fail there as well."""
    made = with_meta(primitive("each", monitor()), Meta(migration_threshold=1))
    told = cluster(["n1", "n2"], [clone("all", made)]).settle()
    watch = next(
        operation
        for history in told.status.history.values()
        for operation in history.recurring.values()
        if operation.node == "n1"
    )
    told.fault = lambda _: ExitCode.NOT_RUNNING
    told.finish(watch)
    told.fault = lambda _: None

    assert starts_and_stops(told.plan()) == ["stop each:0 n1"]
    assert told.settle().places("each") == ["n2"]
