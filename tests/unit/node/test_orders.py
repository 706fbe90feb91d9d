"""What the log orders this node to do, and when the executor gets it."""

from dataclasses import replace

from clusterd.executor.inputs import Adopt, Begin, Cancel, Recorded
from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import Meta, OnDoubt, Primitive
from clusterd.model.result import OperationResult
from clusterd.model.status import (
    NodeHistory,
    Operation,
    Status,
    history_key,
    monitor_key,
)
from clusterd.node.orders import Orders
from clusterd.state.command import Intend, Record
from clusterd.state.replicated import Replicated

N1, N2 = NodeName("n1"), NodeName("n2")
VIP, WEB = ResourceName("vip"), ResourceName("web")
AGENT = AgentName("ocf", "clusterd", "Dummy")
CONFIGURATION = Configuration(
    resources=(
        Primitive(name=VIP, agent=AGENT),
        Primitive(name=WEB, agent=AGENT, meta=Meta(on_doubt=OnDoubt.KEEP)),
    )
)
STATE = Replicated(
    configuration=CONFIGURATION,
    members=(
        Member(
            name=N1,
            raft_id=1,
            address="n1:1",
            session=2,
            state=MemberState.ONLINE,
            boot="boot-1",
        ),
    ),
)


def _operation(
    name: str,
    action: str = "start",
    *,
    instance: str = VIP,
    node: NodeName = N1,
    interval: float = 0.0,
) -> Operation:
    return Operation(
        operation_id=name,
        node=node,
        session=2,
        instance=InstanceName(instance),
        operation=action,
        interval=interval,
    )


def _with(state: Replicated, *operations: Operation) -> Replicated:
    """Return the state in which these operations stand."""
    history = dict(state.status.history)
    for each in operations:
        key = history_key(each.node, ResourceName(each.instance))
        old = history.get(key, NodeHistory(node=each.node, instance=each.instance))
        if each.interval:
            monitors = {monitor_key(each.operation, each.interval): each}
            history[key] = replace(old, recurring=monitors)
        else:
            history[key] = replace(old, pending=(*old.pending, each))
    return replace(state, status=Status(history=history))


def _adopted() -> Orders:
    orders = Orders(N1)
    orders.ready(STATE, lease_valid=False)
    return orders


def test_the_first_thing_is_to_adopt_what_the_log_says() -> None:
    """After a restart the executor learns what was ordered, not what was noted."""
    stop = _operation("2.1", "stop")
    monitor = _operation("2.2", "monitor", instance=WEB, interval=10.0)
    foreign = _operation("2.3", "stop", node=N2)
    state = _with(STATE, stop, monitor, foreign)
    orders = Orders(N1)
    orders.note(Intend(operations=(stop,)))

    found = orders.ready(state, lease_valid=False)

    assert found == [Adopt(pending=(stop,), recurring=(monitor,), boot="boot-1")]
    assert orders.ready(state, lease_valid=True) == []


def test_an_adopted_start_waits_for_the_lease() -> None:
    """The daemon was away: its lease may be over, and the start taken elsewhere."""
    start = _operation("2.1")
    state = _with(STATE, start)
    orders = Orders(N1)

    (adopt,) = orders.ready(state, lease_valid=True)

    assert isinstance(adopt, Adopt)
    assert adopt.pending == ()
    assert orders.are_waiting
    assert orders.ready(state, lease_valid=False) == []
    assert orders.ready(state, lease_valid=True) == [Begin(operation=start)]
    assert not orders.are_waiting


def test_only_orders_for_this_node_are_taken() -> None:
    """Everybody reads the same log; each does its own part."""
    own, foreign = _operation("2.1", "stop"), _operation("2.2", "stop", node=N2)
    orders = _adopted()

    orders.note(Intend(operations=(own, foreign), cancels=(foreign,)))

    assert orders.ready(_with(STATE, own, foreign), lease_valid=True) == [
        Begin(operation=own)
    ]


def test_an_order_the_state_dropped_is_forgotten() -> None:
    """What `state` did not admit must not be done: it is the last check."""
    orders = _adopted()

    orders.note(Intend(operations=(_operation("2.1"),)))

    assert orders.ready(STATE, lease_valid=True) == []
    assert not orders.are_waiting


def test_a_start_that_waits_is_dropped_with_its_session() -> None:
    """While it waited the node was lost and released: the order stands no more."""
    start = _operation("2.1")
    orders = _adopted()
    orders.note(Intend(operations=(start,)))
    assert orders.ready(_with(STATE, start), lease_valid=False) == []

    assert orders.ready(STATE, lease_valid=True) == []
    assert not orders.are_waiting


def test_a_stop_never_waits_for_a_lease() -> None:
    """Stopping is what a node without a lease should do."""
    stop = _operation("2.1", "stop")
    orders = _adopted()

    orders.note(Intend(operations=(stop,)))

    assert orders.ready(_with(STATE, stop), lease_valid=False) == [
        Begin(operation=stop)
    ]


def test_what_may_exist_twice_needs_no_lease() -> None:
    """A stateless service is kept in doubt, so it may also start in doubt."""
    start = _operation("2.1", instance=WEB)
    orders = _adopted()

    orders.note(Intend(operations=(start,)))

    assert orders.ready(_with(STATE, start), lease_valid=False) == [
        Begin(operation=start)
    ]


def test_cancels_and_recorded_results_are_passed_on_in_order() -> None:
    """The executor must not see the end of something before its beginning."""
    stop = _operation("2.1", "stop")
    monitor = _operation("2.2", "monitor", interval=10.0)
    result = OperationResult(
        operation_id="2.1",
        node=N1,
        instance=InstanceName(VIP),
        operation="stop",
        finished_wall=77.0,
    )
    foreign = replace(result, node=N2)
    orders = _adopted()

    orders.note(Intend(operations=(stop,), cancels=(monitor,)))
    orders.note(Record(results=(result, foreign)))

    assert orders.ready(_with(STATE, stop), lease_valid=True) == [
        Cancel(operation=monitor),
        Begin(operation=stop),
        Recorded(operation_id="2.1", finished_wall=77.0),
    ]


def test_what_a_snapshot_ordered_is_adopted() -> None:
    """Its entries never came by here, so nobody noted the orders in them."""
    orders = _adopted()
    stop = _operation("1.9", "stop")

    orders.adopt()
    (order,) = orders.ready(_with(STATE, stop), lease_valid=True)

    assert isinstance(order, Adopt)
    assert order.pending == (stop,)
