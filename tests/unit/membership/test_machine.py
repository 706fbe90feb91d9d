"""Renewals, their answers, and what they prove."""

from collections.abc import Iterable

from clusterd.membership.heartbeat import Refusal, Renew, RenewAck
from clusterd.membership.machine import Identity, MembershipMachine, Outgoing
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName

N1, N2, N3 = NodeName("n1"), NodeName("n2"), NodeName("n3")
BEAT, LOSS = 0.1, 0.6


def a_member(
    name: NodeName, session: int = 1, state: MemberState = MemberState.ONLINE
) -> Member:
    """Return a member; its raft id is the digit in its name."""
    return Member(
        name=name,
        raft_id=int(name[1:]),
        address=f"{name}:1",
        session=session,
        state=state,
    )


def a_machine(members: Iterable[Member] = (), boot: str = "b1") -> MembershipMachine:
    """Return n1's machine, begun at 0."""
    identity = Identity(name=N1, instance="i1", version="1")
    machine = MembershipMachine(identity, BEAT, LOSS, 0.0)
    machine.view(tuple(members) or (a_member(N1), a_member(N2), a_member(N3)))
    machine.boot = boot
    return machine


def a_renewal(sender: NodeName = N2, session: int = 1, **more: object) -> Renew:
    """Return a renewal as another node sends it."""
    facts: dict[str, object] = {"sequence": 1, "sent_at": 500.0, "boot": "b2", **more}
    return Renew(sender=sender, session=session, **facts)  # type: ignore[arg-type]


def answers(outgoing: list[Outgoing]) -> list[bool]:
    """Return what was granted."""
    return [o.message.granted for o in outgoing if isinstance(o.message, RenewAck)]


def test_renewals_go_to_every_other_member_once_a_heartbeat() -> None:
    """Each voter must be asked: any majority of them makes the lease."""
    machine = a_machine()

    first, at_once, later = machine.tick(0.0), machine.tick(0.05), machine.tick(0.1)

    assert [each.to for each in first] == [N2, N3]
    assert at_once == []
    assert [each.to for each in later] == [N2, N3]


def test_before_the_boot_is_known_nothing_is_renewed() -> None:
    """Without a runner the node could carry nothing out."""
    machine = a_machine(boot="")

    assert machine.tick(1.0) == []
    assert machine.deadline() is None


def test_after_a_stall_one_renewal_is_sent_not_all_that_were_missed() -> None:
    """The time of sending is what counts; old times are worth nothing."""
    machine = a_machine()
    machine.tick(0.0)

    assert len(machine.tick(5.0)) == 2
    assert machine.tick(5.05) == []


def test_a_voter_grants_the_open_session() -> None:
    """The answer echoes what was asked, so that the sender can date it."""
    machine = a_machine()

    (out,) = machine.receive(N2, a_renewal(), 1.0)

    assert out.to == N2
    assert out.message == RenewAck(
        sender=N1, session=1, sequence=1, sent_at=500.0, granted=True
    )


def test_a_voter_refuses_another_session() -> None:
    """A session that ended or is not known yet gives no right to anything."""
    machine = a_machine([a_member(N1), a_member(N2, session=2)])

    assert answers(machine.receive(N2, a_renewal(session=1), 1.0)) == [False]
    assert answers(machine.receive(N2, a_renewal(session=3), 1.0)) == [False]


def test_a_voter_refuses_from_the_moment_it_appended_the_eviction() -> None:
    """Waiting for the commit would let a majority acknowledge what is evicted."""
    machine = a_machine()
    machine.refuse({(N2, 1): 7})

    assert answers(machine.receive(N2, a_renewal(), 1.0)) == [False]


def test_a_voter_refuses_a_lost_member() -> None:
    """Its session is closed for good."""
    machine = a_machine([a_member(N1), a_member(N2, state=MemberState.LOST)])

    assert answers(machine.receive(N2, a_renewal(), 1.0)) == [False]


def test_nobody_speaks_for_others() -> None:
    """The certificate names the sender; another name in the message is a lie."""
    machine = a_machine()

    assert machine.receive(N3, a_renewal(sender=N2), 1.0) == []
    assert machine.silence(N2, 1.0) == {N1: 1.0}


def test_an_acknowledgement_counts_from_the_sending() -> None:
    """Counted from its receipt, a delayed answer would prolong the lease."""
    machine = a_machine()
    machine.tick(0.0)

    ack = RenewAck(sender=N2, session=1, sequence=1, sent_at=0.0, granted=True)
    machine.receive(N2, ack, 3.0)

    assert machine.acked == {N1: 0.0, N2: 0.0}


def test_an_older_acknowledgement_takes_nothing_away() -> None:
    """Messages overtake each other."""
    machine = a_machine()
    for sent_at in (2.0, 1.0):
        ack = RenewAck(sender=N2, session=1, sequence=1, sent_at=sent_at, granted=True)
        machine.receive(N2, ack, 3.0)

    assert machine.acked == {N2: 2.0}


def test_refusals_and_foreign_sessions_are_no_acknowledgements() -> None:
    """Only what was granted to the present session counts."""
    machine = a_machine()
    for session, granted in ((1, False), (2, True)):
        ack = RenewAck(
            sender=N2, session=session, sequence=1, sent_at=1.0, granted=granted
        )
        machine.receive(N2, ack, 1.0)

    assert machine.acked == {}


def test_a_new_session_begins_without_acknowledgements() -> None:
    """Those of the old one were given to what may be somebody else's by now."""
    machine = a_machine()
    machine.tick(0.0)

    machine.view((a_member(N1, session=2), a_member(N2)))

    assert machine.acked == {}


def test_silence_is_what_each_witness_says_itself() -> None:
    """A node that is cut off must not take old words of others for silence."""
    machine = a_machine()
    machine.receive(N3, a_renewal(sender=N3, heard={N2: 0.2}), 1.0)

    silence = machine.silence(N2, 1.5)

    assert silence == {N1: 1.5, N3: 0.2}


def test_the_word_of_a_silent_witness_is_void() -> None:
    """What it knew is older than the loss time."""
    machine = a_machine()
    machine.receive(N3, a_renewal(sender=N3, heard={N2: 0.2}), 1.0)

    assert machine.silence(N2, 1.0 + LOSS + 0.1) == {N1: 1.0 + LOSS + 0.1}


def test_the_last_acknowledgement_is_what_refusing_voters_report() -> None:
    """On the asking node's clock; the evicted node's own word does not count."""
    lost = Member(
        name=N2,
        raft_id=2,
        address="",
        session=1,
        state=MemberState.LOST,
        evicted_at=9,
    )
    machine = a_machine()
    machine.receive(N2, a_renewal(), 1.0)
    machine.view((a_member(N1), lost, a_member(N3)))
    refusal = Refusal(node=N2, session=1, index=9, ack_age=0.7)
    machine.receive(N3, a_renewal(sender=N3, refusals=(refusal,)), 3.0)
    machine.receive(N2, a_renewal(refusals=(refusal,)), 3.0)

    found = machine.last_acks(lost, 3.5)

    assert found[N1] == 1.0
    assert abs(found[N3] - 2.3) < 1e-9
    assert N2 not in found


def test_a_refusal_of_an_earlier_eviction_proves_nothing() -> None:
    """The voter may have acknowledged the session that followed."""
    lost = Member(
        name=N2, raft_id=2, address="", session=2, state=MemberState.LOST, evicted_at=9
    )
    machine = a_machine([a_member(N1), lost, a_member(N3)])
    refusal = Refusal(node=N2, session=1, index=4, ack_age=0.7)
    machine.receive(N3, a_renewal(sender=N3, refusals=(refusal,)), 3.0)

    assert N3 not in machine.last_acks(lost, 3.5)


def test_a_voter_that_restarted_may_have_acknowledged_until_then() -> None:
    """It cannot know better, so it reports its own start."""
    identity = Identity(name=N1, instance="i2", version="1")
    machine = MembershipMachine(identity, BEAT, LOSS, 40.0)
    lost = a_member(N2, state=MemberState.LOST)
    machine.view((a_member(N1), lost))

    assert machine.last_acks(lost, 50.0) == {N1: 40.0}


def test_an_evicted_nodes_own_vote_has_a_last_acknowledgement_too() -> None:
    """As coordinator it must not take itself for a voter that never said yes."""
    machine = a_machine()
    machine.tick(2.0)
    lost = a_member(N1, state=MemberState.LOST)
    machine.view((lost, a_member(N2), a_member(N3)))

    assert machine.last_acks(lost, 2.5) == {N1: 2.0}


def test_a_renewal_tells_what_the_voter_refuses_and_since_when() -> None:
    """That is how the coordinator learns the last moment of an evicted node."""
    machine = a_machine()
    machine.receive(N2, a_renewal(), 1.0)
    machine.refuse({(N2, 1): 7})

    message = machine.tick(1.5)[0].message

    assert isinstance(message, Renew)
    assert message.refusals == (Refusal(node=N2, session=1, index=7, ack_age=0.5),)
    assert message.heard[N2] == 0.5
