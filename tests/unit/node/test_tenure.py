"""The own lease: what a majority acknowledged, and never again what has ended."""

from dataclasses import replace

from clusterd.membership.heartbeat import RenewAck
from clusterd.membership.machine import Identity, MembershipMachine
from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import Clone, Meta, Primitive, Release
from clusterd.model.result import ExitCode, OperationResult
from clusterd.model.status import NodeHistory, Operation, Status, history_key
from clusterd.node.effects import HoldLease
from clusterd.node.tenure import Tenure, exclusive_on
from clusterd.safety.timing import FAST
from clusterd.state.replicated import Replicated

N1, N2, N3 = NodeName("n1"), NodeName("n2"), NodeName("n3")
VOTERS = (frozenset({1, 2, 3}),)
AGENT = AgentName("ocf", "clusterd", "Dummy")
VIP = Primitive(
    name=ResourceName("vip"), agent=AGENT, meta=Meta(release=Release.KERNEL)
)
WEB = Primitive(name=ResourceName("web"), agent=AGENT)
CONFIGURATION = Configuration(
    resources=(VIP, Clone(name=ResourceName("web-clone"), child=WEB))
)


def _state(session: int = 1) -> Replicated:
    members = tuple(
        Member(
            name=name,
            raft_id=number,
            address=f"{name}:1",
            session=session,
            state=MemberState.ONLINE,
        )
        for number, name in enumerate((N1, N2, N3), start=1)
    )
    probed = {history_key(m.name, VIP.name): _probed(m.name) for m in members}
    return Replicated(
        configuration=CONFIGURATION, members=members, status=Status(history=probed)
    )


def _probed(node: NodeName) -> NodeHistory:
    """Return what is known after a probe that found nothing."""
    instance = InstanceName(VIP.name)
    found_nothing = OperationResult(
        operation_id="1.1",
        node=node,
        instance=instance,
        operation="monitor",
        code=ExitCode.NOT_RUNNING,
        expected=ExitCode.NOT_RUNNING,
    )
    return NodeHistory(node=node, instance=instance, last=found_nothing)


def _starting(state: Replicated, instance: str) -> Replicated:
    operation = Operation(
        operation_id="2.1",
        node=N1,
        session=1,
        instance=InstanceName(instance),
        operation="start",
        exclusive=instance == VIP.name,
        release=Release.KERNEL.value if instance == VIP.name else "",
    )
    history = NodeHistory(
        node=N1, instance=InstanceName(instance), pending=(operation,)
    )
    key = history_key(N1, ResourceName(instance))
    merged = {**state.status.history, key: history}
    return replace(state, status=Status(history=merged))


def _membership(state: Replicated) -> MembershipMachine:
    identity = Identity(name=N1, instance="a", version="1")
    membership = MembershipMachine(identity, FAST.heartbeat, FAST.loss, 0.0)
    membership.boot = "boot"
    membership.view(state.members)
    return membership


def _ack(membership: MembershipMachine, voter: NodeName, sent_at: float) -> None:
    ack = RenewAck(
        sender=voter,
        session=membership.session,
        sequence=1,
        sent_at=sent_at,
        granted=True,
    )
    membership.receive(voter, ack, sent_at + 0.01)


def _tenure() -> Tenure:
    tenure = Tenure(N1, FAST)
    tenure.is_guarded = True
    return tenure


def test_one_acknowledgement_of_three_voters_is_no_lease() -> None:
    """A majority is needed, and a node is one voter like any other."""
    state = _state()
    membership, tenure = _membership(state), _tenure()

    _ack(membership, N2, 10.0)

    assert tenure.renew(membership, VOTERS, state, 10.1) == []
    assert not tenure.is_valid(10.1)


def test_a_lease_counts_from_the_sending_that_a_majority_acknowledged() -> None:
    """Not from the newest acknowledgement, and not from its arrival."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.4)

    held = tenure.renew(membership, VOTERS, state, 10.5)

    assert held == [HoldLease(until=10.0 + FAST.lease, session=1, exclusive={})]
    assert tenure.is_valid(10.9)
    assert not tenure.is_valid(11.0)


def test_nothing_new_is_not_told_again() -> None:
    """The guard hears of each prolongation once."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)
    tenure.renew(membership, VOTERS, state, 10.1)

    assert tenure.renew(membership, VOTERS, state, 10.2) == []


def test_a_new_exclusive_resource_is_told_at_once() -> None:
    """The guard must know it before its start can have any effect."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)
    tenure.renew(membership, VOTERS, state, 10.1)

    (held,) = tenure.renew(membership, VOTERS, _starting(state, "vip"), 10.2)

    assert held.until == 10.0 + FAST.lease
    assert held.exclusive == {"vip": "kernel"}


def test_copies_of_a_clone_do_not_live_by_the_lease() -> None:
    """A clone has one copy on each node, so no second one can appear elsewhere."""
    state = _starting(_starting(_state(), "vip"), "web")

    assert exclusive_on(state, N1) == {"vip": "kernel"}
    assert exclusive_on(state, N2) == {}


def test_what_was_never_looked_for_counts_as_held() -> None:
    """It may run there since before the node joined: the guard must know it."""
    state = replace(_state(), status=Status())

    assert exclusive_on(state, N1) == {"vip": "kernel"}


def test_a_new_session_begins_without_the_time_of_the_old_one() -> None:
    """The old session was evicted: its acknowledgements promise nothing now."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)
    tenure.renew(membership, VOTERS, state, 10.1)
    later = _state(session=2)
    membership.view(later.members)

    (told,) = tenure.renew(membership, VOTERS, later, 10.2)

    assert told.session == 1
    assert not tenure.is_valid(10.2)


def test_a_forfeited_session_is_never_prolonged() -> None:
    """The guard said "released", and others act on that word."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    tenure.forfeited = 1
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)

    assert tenure.renew(membership, VOTERS, state, 10.1) == []
    assert not tenure.is_valid(10.1)


def test_a_lease_that_ended_stays_ended() -> None:
    """Acknowledgements that arrive too late must not bring it back to life."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)
    tenure.renew(membership, VOTERS, state, 10.1)
    _ack(membership, N2, 10.9)
    _ack(membership, N3, 10.9)

    assert tenure.renew(membership, VOTERS, state, 11.2) == []
    assert not tenure.is_valid(11.2)
    assert tenure.forfeited == 1


def test_no_lease_before_the_guard_has_spoken() -> None:
    """It may know that the session is over; the daemon has forgotten it."""
    state = _state()
    membership, tenure = _membership(state), Tenure(N1, FAST)
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)

    assert tenure.renew(membership, VOTERS, state, 10.1) == []
    assert not tenure.is_valid(10.1)


def test_while_voters_change_both_majorities_must_acknowledge() -> None:
    """An eviction may be committed by either set."""
    state = _state()
    membership, tenure = _membership(state), _tenure()
    both = (frozenset({1, 2}), frozenset({1, 2, 3}))
    membership.tick(10.0)  # The own vote.
    _ack(membership, N3, 10.0)

    assert tenure.renew(membership, both, state, 10.1) == []

    _ack(membership, N2, 10.0)
    assert tenure.renew(membership, both, state, 10.1) != []


def test_what_an_old_session_held_is_let_go_at_once() -> None:
    """A probe in the new session must not find what is about to vanish."""
    state = _starting(_state(), "vip")
    membership, tenure = _membership(state), _tenure()
    _ack(membership, N2, 10.0)
    _ack(membership, N3, 10.0)
    tenure.renew(membership, VOTERS, state, 10.1)
    later = _state(session=2)
    membership.view(later.members)

    (let_go,) = tenure.renew(membership, VOTERS, later, 10.2)

    assert let_go.session == 1
    assert let_go.until < 10.2
    assert let_go.exclusive == {"vip": "kernel"}
