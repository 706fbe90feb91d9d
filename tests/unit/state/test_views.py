"""The status document, from real replicated values."""

from dataclasses import replace

import pytest

from clusterd.model.configuration import Configuration
from clusterd.model.membership import Member, MemberState, Proof
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.result import ExitCode, FailCount, OperationResult
from clusterd.model.status import (
    Hold,
    HoldKind,
    NodeHistory,
    Operation,
    Status,
    history_key,
)
from clusterd.state.live import Live
from clusterd.state.presence import Presence, presence
from clusterd.state.replicated import Replicated
from clusterd.state.views import history_since, status_document
from tests.fakes.door import FakeDoor

N1, N2 = NodeName("n1"), NodeName("n2")
VIP = ResourceName("vip")
NOW = 1_700_000_100.0


def _door() -> FakeDoor:
    return FakeDoor.with_nodes("n1", "n2", "n3")


def _history(**fields: object) -> NodeHistory:
    empty = NodeHistory(node=N1, instance=InstanceName("vip"))
    return replace(empty, **fields)  # type: ignore[arg-type]


def _result(operation: str, code: ExitCode = ExitCode.SUCCESS) -> OperationResult:
    return OperationResult(
        operation_id="1",
        node=N1,
        instance=InstanceName("vip"),
        operation=operation,
        code=code,
    )


def _operation(operation: str) -> Operation:
    return Operation(
        operation_id="2",
        node=N1,
        session=1,
        instance=InstanceName("vip"),
        operation=operation,
    )


def _member(state: MemberState) -> Member:
    return Member(name=N1, raft_id=1, address="a:1", state=state)


ONLINE = _member(MemberState.ONLINE)
LOST = _member(MemberState.LOST)
OFFLINE = _member(MemberState.OFFLINE)


@pytest.mark.parametrize(
    ("history", "member", "expected"),
    [
        pytest.param(None, ONLINE, Presence.INACTIVE, id="never asked"),
        pytest.param(
            _history(last=_result("start")), ONLINE, Presence.ACTIVE, id="started"
        ),
        pytest.param(
            _history(last=_result("stop")), ONLINE, Presence.INACTIVE, id="stopped"
        ),
        pytest.param(
            _history(last=_result("monitor", ExitCode.NOT_RUNNING)),
            ONLINE,
            Presence.INACTIVE,
            id="a probe found nothing",
        ),
        pytest.param(
            _history(last=_result("monitor")),
            ONLINE,
            Presence.ACTIVE,
            id="a probe found it running",
        ),
        pytest.param(
            _history(last=_result("stop"), pending=(_operation("start"),)),
            ONLINE,
            Presence.STARTING,
            id="told to start",
        ),
        pytest.param(
            _history(last=_result("start"), pending=(_operation("stop"),)),
            ONLINE,
            Presence.STOPPING,
            id="told to stop",
        ),
        pytest.param(
            _history(
                last=_result("start"),
                failure=_result("monitor", ExitCode.GENERIC_ERROR),
            ),
            ONLINE,
            Presence.FAILED,
            id="its monitor failed",
        ),
        pytest.param(
            _history(failure=_result("stop", ExitCode.GENERIC_ERROR)),
            ONLINE,
            Presence.BLOCKED,
            id="its stop failed",
        ),
        pytest.param(
            _history(last=_result("start")), LOST, Presence.UNKNOWN, id="node lost"
        ),
        pytest.param(
            _history(last=_result("stop")),
            LOST,
            Presence.INACTIVE,
            id="stopped before the node was lost",
        ),
        pytest.param(
            _history(last=_result("start")), OFFLINE, Presence.INACTIVE, id="released"
        ),
    ],
)
def test_presence_is_what_the_node_said_last(
    history: NodeHistory | None, member: Member, expected: Presence
) -> None:
    """A lost node's resources are unknown until a proof, never simply gone."""
    assert presence(history, member) is expected


def test_a_settled_cluster_is_ok_and_has_no_problems() -> None:
    """The first line answers whether everything is fine."""
    door = _door()

    document = status_document(door.state(), door.live(), NOW)

    assert (document["health"], document["activity"]) == ("OK", "stable")
    assert document["problems"] == []
    assert [each["resources"] for each in document["nodes"]] == [2, 1, 1]


def test_a_lost_node_degrades_until_what_it_ran_runs_elsewhere() -> None:
    """Before proof: recovering. After it: the address is back, the node is not."""
    door = _door()
    door.lose("n1")

    waiting = status_document(door.state(), door.live(), NOW)
    door.settle()
    after = status_document(door.state(), door.live(), NOW)

    vip = waiting["resources"][0]
    assert (vip["state"], vip["running"]) == ("stopped", 0)
    assert waiting["activity"] == "recovering"
    assert (waiting["health"], after["health"]) == ("FAILED", "DEGRADED")
    assert after["resources"][0]["nodes"] == ["n2"]
    causes = [each["cause"] for each in waiting["problems"]]
    assert "waits for proof that n1 has released it (it ran there)" in causes


def test_a_node_without_quorum_says_so_and_reports_failed() -> None:
    """A minority cannot know how the others fare; its own resources stop."""
    door = _door()
    door.has_quorum = False

    document = status_document(door.state(), door.live(), NOW)

    assert document["health"] == "FAILED"
    assert document["quorum"] == {
        "has": False,
        "votes": 1,
        "expected": 3,
        "reachable": ["n1"],
    }


def test_an_old_view_is_unknown() -> None:
    """Old data must not look like good news."""
    door = _door()
    door.freshness = 60.0

    document = status_document(door.state(), door.live(), NOW)

    assert document["health"] == "UNKNOWN"


def test_standby_lowers_what_is_expected_of_a_clone() -> None:
    """An operator's wish is a hold, not a problem."""
    door = _door()
    hold = Hold(kind=HoldKind.STANDBY, node=NodeName("n3"), author="alice")
    state = replace(door.state(), status=replace(door.state().status, holds=(hold,)))

    document = status_document(state, door.live(), NOW)

    clone = document["resources"][1]
    assert clone["expected"] == 2
    assert document["nodes"][2]["state"] == "standby"
    assert document["holds"][0]["undo"] == "clusterctl online n3"


@pytest.mark.parametrize(
    ("node", "resource", "undo"),
    [
        (None, None, "clusterctl maintenance off"),
        (N2, None, "clusterctl maintenance off --node n2"),
        (None, VIP, "clusterctl maintenance off --resource vip"),
    ],
)
def test_every_hold_names_the_command_that_ends_it(
    node: NodeName | None, resource: ResourceName | None, undo: str
) -> None:
    """No command leaves hidden state."""
    door = _door()
    hold = Hold(kind=HoldKind.MAINTENANCE, node=node, resource=resource)
    state = replace(door.state(), status=replace(door.state().status, holds=(hold,)))

    document = status_document(state, door.live(), NOW)

    assert document["holds"][0]["undo"] == undo


def test_maintenance_shows_resources_as_unmanaged_without_a_problem() -> None:
    """Hands off is a wish; nothing is wrong with what still runs."""
    door = _door()
    hold = Hold(kind=HoldKind.MAINTENANCE, author="bob", message="firmware")
    state = replace(door.state(), status=replace(door.state().status, holds=(hold,)))

    document = status_document(state, door.live(), NOW)

    assert document["resources"][0]["state"] == "unmanaged"
    assert document["resources"][0]["note"] == 'cluster maintenance by bob "firmware"'
    assert document["problems"] == []


def test_a_failure_that_was_overcome_is_a_warning_with_the_way_to_forget_it() -> None:
    """It runs again, but somebody should know; cleanup ends the warning."""
    door = _door()
    failed = replace(
        _result("monitor", ExitCode.GENERIC_ERROR), reason="cannot bind :443"
    )
    key = history_key(N1, VIP)
    status = door.state().status
    history = replace(status.history[key], last_failure=failed)
    count = FailCount(node=N1, instance=InstanceName("vip"), count=2, last_wall=NOW)
    state = replace(
        door.state(),
        status=replace(
            status, history={**status.history, key: history}, fail_counts=(count,)
        ),
    )

    document = status_document(state, door.live(), NOW)

    problem = document["problems"][0]
    assert problem["severity"] == "warning"
    assert problem["text"] == "vip: monitor failed 2 times on n1: cannot bind :443"
    assert problem["next"] == "clusterctl cleanup vip"
    assert document["failures"][0]["count"] == 2


def test_an_address_on_two_nodes_is_an_error() -> None:
    """At most one is the promise; a breach must not hide."""
    door = _door()
    status = door.state().status
    running = status.history[history_key(N1, VIP)]
    twice = {
        **status.history,
        history_key(N2, VIP): replace(running, node=N2),
    }
    state = replace(door.state(), status=replace(status, history=twice))

    document = status_document(state, door.live(), NOW)

    assert document["health"] == "DEGRADED"
    assert document["problems"][0]["text"] == "vip is active on 2 nodes: n1, n2"


def test_a_node_that_left_in_good_order_is_only_a_warning() -> None:
    """A planned reboot should not look like a crash."""
    member = Member(
        name=N2,
        raft_id=2,
        address="b:1",
        state=MemberState.OFFLINE,
        proof=Proof.RELEASED,
    )
    state = Replicated(cluster="c", members=(ONLINE, member))
    live = Live(node=N1, has_quorum=True, freshness=0.0, voters=frozenset({N1, N2}))

    document = status_document(state, live, NOW)

    assert [each["severity"] for each in document["problems"]] == ["warning"]


def test_an_empty_cluster_has_a_document() -> None:
    """Right after `cluster init` there is no configuration and no resource."""
    state = Replicated(cluster="c", members=(ONLINE,), configuration=Configuration())
    live = Live(node=N1, has_quorum=True, freshness=0.0, voters=frozenset({N1}))

    document = status_document(state, live, NOW)

    assert document["config"]["version"] == 0
    assert document["resources"] == []
    assert document["stable_since_wall"] is None


def test_pending_operations_mean_recovering() -> None:
    """`wait` must not return while something is under way."""
    pending = _history(pending=(_operation("start"),))
    status = Status(history={history_key(N1, VIP): pending})
    state = Replicated(cluster="c", members=(ONLINE,), status=status)
    live = Live(node=N1, has_quorum=True, freshness=0.0, voters=frozenset({N1}))

    assert status_document(state, live, NOW)["activity"] == "recovering"


def test_history_of_a_resource_includes_its_copies() -> None:
    """`history haproxy` finds `haproxy:1`; the newest are kept, oldest first."""
    state = _door().state()

    copies = history_since(state, resource="haproxy")
    last = history_since(state, limit=1)

    assert [each["resource"] for each in copies] == [
        "haproxy:0",
        "haproxy:1",
        "haproxy:2",
    ]
    assert last[0]["index"] == state.history[-1].index
    assert history_since(state, since_wall=NOW * 2) == []
