"""Each judge, with a crime made by hand."""

import pytest

from clusterd.model.membership import Proof
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import Release as ReleaseClass
from clusterd.model.result import ExitCode, OperationResult
from clusterd.node.effects import SendRaft
from clusterd.raft.entry import Entry
from clusterd.raft.message import Message, MessageKind
from clusterd.sim.checkers import (
    Acknowledged,
    AtMostOne,
    CommittedStays,
    LawBroken,
    OneLeader,
    ProofBeforeStart,
)
from clusterd.sim.reality import Reality
from clusterd.state.command import Clear, ClearHold, Record, Release
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Refusal, Refused

N1, N2 = NodeName("n1"), NodeName("n2")
VIP, DB, WEB = ResourceName("vip"), ResourceName("db"), ResourceName("web")
EXCLUSIVE = {VIP: ReleaseClass.KERNEL, DB: ReleaseClass.PROCESS}


def says(kind: MessageKind, term: int) -> SendRaft:
    """Return a message to n2."""
    return SendRaft(to=N2, message=Message(kind=kind, term=term))


def test_two_leaders_of_one_term_are_a_crime() -> None:
    """Of two terms they are not; and a vote is no leader's word."""
    judge = OneLeader()
    judge.sent(N1, says(MessageKind.APP, 4))
    judge.sent(N2, says(MessageKind.HEARTBEAT, 5))
    judge.sent(N2, says(MessageKind.VOTE, 4))

    with pytest.raises(LawBroken, match="one-leader"):
        judge.sent(N2, says(MessageKind.HEARTBEAT, 4))


def test_an_entry_applied_with_two_contents_is_a_crime() -> None:
    """By whomever, whenever."""
    judge = CommittedStays()

    first = judge.applied(N1, Entry(term=1, index=7, data=b"a"))
    again = judge.applied(N2, Entry(term=1, index=7, data=b"a"))

    assert (first, again) == (True, False)
    with pytest.raises(LawBroken, match="committed-stays"):
        judge.applied(N2, Entry(term=2, index=7, data=b"b"))


def test_replicas_that_differ_after_one_entry_are_a_crime() -> None:
    """Applying must not look at anything but the log."""
    judge = CommittedStays()
    judge.reached(N1, Replicated(index=40))
    judge.reached(N2, Replicated(index=40))

    with pytest.raises(LawBroken, match="same-state"):
        judge.reached(N2, Replicated(index=40, cluster="other"))


def test_two_copies_of_something_exclusive_are_a_crime() -> None:
    """At any moment; of anything else they are not."""
    reality = Reality()
    reality.watch(AtMostOne(reality, EXCLUSIVE).appeared)
    for node in (N1, N2):
        reality.appear(WEB, node)
    reality.appear(VIP, N1)
    reality.vanish(VIP, N1)
    reality.appear(VIP, N2)

    with pytest.raises(LawBroken, match="vip came up on n1 while it is active on n2"):
        reality.appear(VIP, N1)


def stopped(node: NodeName, code: ExitCode = ExitCode.SUCCESS) -> Record:
    """Return the committed answer to a stop of the address."""
    result = OperationResult(
        operation_id="7.1",
        node=node,
        instance=InstanceName(VIP),
        operation="stop",
        code=code,
    )
    return Record(results=(result,))


def test_coming_up_elsewhere_without_proof_is_a_crime() -> None:
    """Even if it happens to be gone where it was."""
    judge = ProofBeforeStart(EXCLUSIVE)
    judge.appeared(VIP, N1, 3)
    judge.committed(stopped(N1, ExitCode.GENERIC_ERROR))
    judge.committed(Release(node=N1, session=2, proof=Proof.LEASE))
    judge.committed(Clear(node=N1, session=3, release=ReleaseClass.PROCESS))

    with pytest.raises(LawBroken, match="proof-before-start"):
        judge.appeared(VIP, N2, 1)


@pytest.mark.parametrize(
    "proof",
    [
        stopped(N1),
        Release(node=N1, session=3, proof=Proof.LEASE),
        Clear(node=N1, session=3, release=ReleaseClass.KERNEL),
    ],
    ids=["stopped", "released", "cleared"],
)
def test_with_proof_it_may_come_up_elsewhere(
    proof: Record | Release | Clear,
) -> None:
    """Stopped there, or the session is over, or the class of the resource is."""
    judge = ProofBeforeStart(EXCLUSIVE)
    judge.appeared(VIP, N1, 3)

    judge.committed(proof)

    judge.appeared(VIP, N2, 1)


def test_an_answer_repeated_later_proves_nothing_new() -> None:
    """It was about the time before the address came up again."""
    judge = ProofBeforeStart(EXCLUSIVE)
    judge.appeared(VIP, N1, 3)
    judge.committed(stopped(N1))
    judge.appeared(VIP, N1, 3)
    judge.committed(stopped(N1))

    with pytest.raises(LawBroken, match="proof-before-start"):
        judge.appeared(VIP, N2, 1)


def test_promising_what_nobody_has_applied_is_a_crime() -> None:
    """A refusal promises nothing."""
    judge = Acknowledged(CommittedStays())
    judge.answered(N1, ClearHold(), Refused(why=Refusal.NO_QUORUM, text=""))

    with pytest.raises(LawBroken, match="acknowledged"):
        judge.answered(N1, ClearHold(), Accepted(index=3))
