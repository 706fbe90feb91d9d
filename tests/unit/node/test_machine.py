"""Whole stories of a few node machines: forming, losing, taking over, coming back."""

from clusterd.model.membership import MemberState, Proof
from clusterd.model.names import NodeName
from clusterd.model.resource import Release
from clusterd.node.effects import HoldLease
from clusterd.node.inputs import (
    AskedRelease,
    PersistFailed,
)
from clusterd.safety.lease import wait
from clusterd.safety.timing import BOUNDS, FAST
from clusterd.state.command import IssueToken
from clusterd.state.reply import Accepted, Refusal, Refused
from tests.unit.node.pretend import (
    N1,
    N2,
    N3,
    VIP,
    VIP_COPY,
    WALL,
    World,
    one_vip,
    three,
    three_with_vip,
)

TOKEN = IssueToken(digest="d", expires_wall=WALL + 1e6, wall=WALL)


def _member_state(world: World, seen_by: NodeName, name: NodeName) -> MemberState:
    member = world.state(seen_by).member(name)
    assert member is not None
    return member.state


def _another(world: World, *excluded: NodeName) -> NodeName:
    return next(name for name in world.computers if name not in excluded)


def _started_elsewhere(world: World, holder: NodeName) -> bool:
    return any(name != holder for name in world.holders())


def test_three_machines_form_a_cluster() -> None:
    """One founds, two join with tokens; all are online, vote, and know it alike."""
    world = three()

    states = {world.state(name).members for name in (N1, N2, N3)}
    assert len(states) == 1
    assert {_member_state(world, N1, n) for n in (N1, N2, N3)} == {MemberState.ONLINE}
    assert world.machine(N1)._consensus.voters == (frozenset({1, 2, 3}),)
    assert world.connections[N3] == {N1: "n1:7447", N2: "n2:7447"}


def test_a_command_asked_on_any_node_is_answered_there() -> None:
    """A follower's proposal travels to the leader, its reply comes from applying."""
    world = three()

    replies = [world.ask(name, TOKEN) for name in (N1, N2, N3)]

    assert all(isinstance(each, Accepted) for each in replies)


def test_a_configuration_leads_to_one_running_copy() -> None:
    """An exclusive resource starts once, and only after everybody was probed."""
    world = three_with_vip()

    starts = [n for n in world.computers if world.computers[n].runs_of("start")]
    assert starts == world.holders()
    assert len(starts) == 1
    assert all(world.computers[n].runs_of("monitor") for n in (N1, N2, N3))


def test_the_guard_knows_of_an_exclusive_resource_before_it_starts() -> None:
    """Else a daemon that dies right after the start would leave it unguarded."""
    world = three_with_vip()

    (holder,) = world.holders()
    computer = world.computers[holder]
    (start,) = computer.runs_of("start")
    lease = computer.lease_at[start]
    assert lease is not None
    assert lease.exclusive == {VIP_COPY: "kernel"}
    assert lease.until > world.now


def test_a_silent_node_is_lost_after_the_loss_time_and_not_before() -> None:
    """A shorter silence is a hiccup; a longer one must not be missed."""
    world = three()
    leader = world.leader()
    silent = _another(world, leader)
    cut_at = world.now
    world.cut.add(silent)

    lost_at = world.until(
        lambda: _member_state(world, leader, silent) is MemberState.LOST
    )

    # The last renewal came at most a heartbeat before the cut.
    assert lost_at >= cut_at + FAST.loss - FAST.heartbeat
    assert lost_at <= cut_at + FAST.loss + 2 * FAST.heartbeat


def test_a_hiccup_costs_nobody_anything() -> None:
    """Less than the loss time of silence evicts nobody and ends no lease."""
    world = three_with_vip()
    (holder,) = world.holders()
    session = world.machine(holder)._membership.session

    world.cut.add(holder)
    world.run(FAST.loss - 2 * FAST.heartbeat)
    assert world.machine(holder).facts(world.now).lease_valid
    world.cut.clear()
    world.run(2.0)

    assert world.holders() == [holder]
    assert world.machine(holder)._membership.session == session


def test_a_vip_starts_elsewhere_only_after_the_lease_and_its_release_bound() -> None:
    """Two holders would answer for one address: the wait covers lease and release."""
    world = three_with_vip()
    (holder,) = world.holders()
    cut_at = world.now
    world.cut.add(holder)

    started_at = world.until(lambda: _started_elsewhere(world, holder))

    bound = BOUNDS.of(Release.KERNEL, has_filter=False)
    assert bound is not None
    over = world.computers[holder].leases[-1].until + bound
    assert started_at >= over
    assert started_at <= cut_at + wait(FAST, bound) + 2 * FAST.heartbeat


def test_a_filter_in_the_guard_makes_the_take_over_faster() -> None:
    """What is silenced to the millisecond need not be waited for a second longer."""
    world = three_with_vip(has_filter=True)
    (holder,) = world.holders()
    cut_at = world.now
    world.cut.add(holder)

    started_at = world.until(lambda: _started_elsewhere(world, holder))

    bound = BOUNDS.of(Release.KERNEL, has_filter=True)
    assert bound is not None
    assert started_at >= world.computers[holder].leases[-1].until + bound
    assert started_at <= cut_at + wait(FAST, bound) + 2 * FAST.heartbeat


def test_what_only_fencing_releases_is_not_taken_over_by_waiting() -> None:
    """Class fence: shared data would be written twice; somebody must vouch."""
    world = three_with_vip(Release.FENCE)
    (holder,) = world.holders()
    world.cut.add(holder)

    world.run(60.0)

    witness = _another(world, holder)
    assert _member_state(world, witness, holder) is MemberState.LOST
    assert world.holders() == [holder]


def test_a_cut_off_node_stops_prolonging_its_lease() -> None:
    """No leader, no majority, no lease: it ends by itself, whatever the node thinks."""
    world = three_with_vip()
    (holder,) = world.holders()
    cut_at = world.now
    world.cut.add(holder)

    world.run(10.0)

    assert max(each.until for each in world.computers[holder].leases) <= (
        cut_at + FAST.lease
    )
    assert not world.machine(holder).facts(world.now).lease_valid


def test_a_node_that_released_comes_back_in_a_new_session() -> None:
    """Its word "I hold nothing" is the proof; the old session never lives again."""
    world = three_with_vip()
    (holder,) = world.holders()
    computer = world.computers[holder]
    old = world.machine(holder)._membership.session
    proofs: set[Proof] = set()
    world.watch = lambda: proofs.update(
        m.proof for m in world.state(holder).members if m.proof is not None
    )
    computer.leases.clear()

    world.release(holder, old)
    world.until(lambda: bool(world.holders()))
    world.run(3.0)

    assert proofs == {Proof.RELEASED}
    member = world.state(holder).member(holder)
    assert member is not None
    assert member.state is MemberState.ONLINE
    assert member.session == old + 1
    assert {each.session for each in computer.leases} == {old + 1}
    assert len(world.holders()) == 1


def test_a_guard_of_an_earlier_daemon_keeps_its_word_for_the_next() -> None:
    """The daemon may have died with the lease: the new one learns it on attaching."""
    world = three_with_vip()
    (holder,) = world.holders()
    old = world.machine(holder)._membership.session
    world.kill(holder)
    world.release(holder, old)
    world.computers[holder].leases.clear()

    world.start(holder)
    world.run(3.0)

    assert world.machine(holder)._membership.session == old + 1
    assert {each.session for each in world.computers[holder].leases} <= {old + 1}


def test_an_intend_is_carried_out_once_over_a_restart_of_the_daemon() -> None:
    """Ordered, begun, killed before it answered: asked for again under the same id."""
    world = three()
    for computer in world.computers.values():
        computer.is_holding_back = True
    world.configure(N1, one_vip())
    world.until(lambda: all(c.executed for c in world.computers.values()))
    for name in (N1, N2, N3):
        world.computers[name].is_holding_back = name == N1
        for exited in list(world.computers[name].results.values()):
            world.feed(name, exited)
    world.until(lambda: bool(world.holders()))
    (holder,) = world.holders()
    world.computers[holder].is_holding_back = True
    assert not _is_recorded(world, holder)

    world.kill(holder)
    world.run(0.3)
    world.computers[holder].is_holding_back = False
    world.start(holder)
    world.settle()
    world.run(3.0)

    assert len(world.computers[holder].runs_of("start")) == 1
    assert _is_recorded(world, holder)
    assert world.holders() == [holder]


def test_a_recorded_result_is_not_run_again_by_a_restart() -> None:
    """The log says it is done; a replay of the log must not do it twice."""
    world = three_with_vip()
    (holder,) = world.holders()
    before = world.computers[holder].runs_of("start")

    for _ in range(3):
        world.kill(holder)
        world.start(holder)
        world.run(1.0)

    assert world.computers[holder].runs_of("start") == before
    assert world.holders() == [holder]


def test_without_a_majority_a_command_is_refused_in_the_end() -> None:
    """Somebody waits for it: silence is no answer."""
    world = three()
    world.cut.update((N1, N2, N3))
    ticket = world.post(N2, TOKEN)

    world.run(35.0)

    reply = world.answers[ticket]
    assert isinstance(reply, Refused)
    assert reply.why is Refusal.NO_QUORUM


def test_a_short_loss_of_the_leader_is_only_a_delay_for_a_command() -> None:
    """A petition is proposed until it is applied, by whichever leader there is."""
    world = three()
    leader = world.leader()
    asker = _another(world, leader)
    world.kill(leader)

    reply = world.ask(asker, TOKEN, within=5.0)

    assert isinstance(reply, Accepted)


def test_a_leaving_node_lets_its_lease_end_at_once() -> None:
    """The guard gets a deadline in the past, and no later one for that session."""
    world = three_with_vip()
    (holder,) = world.holders()
    leases = world.computers[holder].leases
    leases.clear()
    session = world.machine(holder)._membership.session

    world.feed(holder, AskedRelease())
    told = list(leases)
    world.run(0.5)

    assert told == [
        HoldLease(
            until=world.now - 0.5 - 1.0, session=session, exclusive={VIP_COPY: "kernel"}
        )
    ]
    assert all(e.until < world.now for e in leases if e.session == session)


def test_a_refusing_disk_ends_the_node_for_good() -> None:
    """What was promised may be gone, so a restart would be a lie."""
    world = three()

    world.feed(N2, PersistFailed(reason="no space left"))

    (stop,) = world.computers[N2].stops
    assert stop.reason == "no space left"
    assert not stop.restart


def _is_recorded(world: World, name: NodeName) -> bool:
    history = world.state(_another(world, name)).status.of(name, VIP)
    return (
        history is not None
        and history.last is not None
        and history.last.operation == "start"
    )
