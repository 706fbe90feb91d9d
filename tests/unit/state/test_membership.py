"""Joining, sessions, proofs: the transitions of a member."""

import pytest

from clusterd.model.membership import MemberState, Proof
from clusterd.model.resource import Release as ReleaseClass
from clusterd.model.status import Hold, HoldKind
from clusterd.state.command import (
    AddMember,
    Admit,
    Clear,
    Evict,
    IssueToken,
    Release,
    RemoveMember,
    SetHold,
    TakeOver,
)
from clusterd.state.reply import Refusal
from tests.unit.state.log import DB, N1, N2, N3, VIP, Log, admitted, joined


@pytest.fixture
def log() -> Log:
    """Two nodes online; the address on n1."""
    log = admitted(N1, N2)
    log.probe()
    log.do(N1, "start", VIP)
    return log


def lose(log: Log) -> Log:
    """Evict n1."""
    log.accepted(Evict(node=N1, session=1, reason="silent"))
    return log


def test_raft_ids_are_never_reused() -> None:
    """A number in an old voter set must not come to mean another machine."""
    log = joined(N1, N2)
    log.accepted(RemoveMember(node=N2))
    log.put(IssueToken(digest="d3", expires_wall=100.0))

    log.accepted(AddMember(token_digest="d3", node=N3, address="c:1"))  # noqa: S106  # A digest.

    assert log.member(N3).raft_id == 3


def test_a_token_admits_one_machine() -> None:
    """The second one that comes with it is refused."""
    log = joined(N1, N2)

    reply = log.refused(AddMember(token_digest="d-n2", node=N3, address="c:1"))  # noqa: S106

    assert reply.why is Refusal.BAD_TOKEN


def test_the_same_machine_asking_again_gets_the_same_answer() -> None:
    """The first answer may have been lost."""
    log = joined(N1, N2)

    reply = log.accepted(AddMember(token_digest="d-n2", node=N2, address="b:1"))  # noqa: S106

    assert reply.detail == 2
    assert len(log.state.members) == 2


@pytest.mark.parametrize(("digest", "wall"), [("other", 0.0), ("d", 101.0)])
def test_an_unknown_or_expired_token_is_refused(digest: str, wall: float) -> None:
    """A joiner that waited too long needs a new one."""
    log = joined(N1)
    log.put(IssueToken(digest="d", expires_wall=100.0))

    join = AddMember(token_digest=digest, node=N2, address="b:1", wall=wall)

    assert log.refused(join).why is Refusal.BAD_TOKEN


def test_a_name_is_taken_once() -> None:
    """Two machines of one name would answer for each other."""
    log = joined(N1, N2)
    log.put(IssueToken(digest="d", expires_wall=100.0))

    reply = log.refused(AddMember(token_digest="d", node=N2, address="z:1"))  # noqa: S106

    assert reply.why is Refusal.NAME_TAKEN


def test_each_admission_opens_a_new_session(log: Log) -> None:
    """Whatever was granted to the old one is void."""
    log.accepted(Evict(node=N1, session=1, reason="silent"))
    log.accepted(Release(node=N1, session=1, proof=Proof.LEASE))

    reply = log.accepted(Admit(node=N1, boot="n1-boot"))

    assert reply.detail == 2
    assert log.member(N1).session == 2


def test_a_runner_that_began_anew_ends_no_session(log: Log) -> None:
    """Its guard goes on holding what it held; only the knowledge is gone."""
    log.accepted(Admit(node=N1, boot="another"))

    assert log.member(N1).session == 1
    assert log.member(N1).boot == "another"


def test_an_admission_of_the_same_boot_changes_nothing(log: Log) -> None:
    """Proposed twice, it must not end the session it opened."""
    log.accepted(Admit(node=N1, boot="n1-boot"))

    assert log.member(N1).session == 1


def test_who_started_anew_is_probed_anew(log: Log) -> None:
    """Nobody knows what runs on a machine that was booted."""
    log.accepted(Admit(node=N1, boot="another"))

    assert log.state.status.of(N1, VIP) is None


def test_a_lost_member_is_not_admitted(log: Log) -> None:
    """First somebody must prove that it holds nothing."""
    lose(log)

    assert log.refused(Admit(node=N1, boot="another")).why is Refusal.NOT_SAFE


def test_an_eviction_names_the_entry_that_closed_the_session(log: Log) -> None:
    """Refusals that voters report are about exactly this entry."""
    lose(log)

    member = log.member(N1)
    assert member.state is MemberState.LOST
    assert member.evicted_at == log.state.index


@pytest.mark.parametrize("session", [0, 2])
def test_another_session_is_not_evicted(log: Log, session: int) -> None:
    """The eviction was meant for a session that is over."""
    log.refused(Evict(node=N1, session=session, reason="silent"))


def test_a_released_member_is_offline_and_its_history_gone(log: Log) -> None:
    """It certainly runs nothing exclusive; what else it runs is probed later."""
    lose(log)

    log.accepted(Release(node=N1, session=1, proof=Proof.LEASE))

    member = log.member(N1)
    assert (member.state, member.proof) == (MemberState.OFFLINE, Proof.LEASE)
    assert log.state.status.of(N1, VIP) is None


def test_only_a_lost_session_is_released(log: Log) -> None:
    """A late proof about an earlier session says nothing about this one."""
    log.refused(Release(node=N1, session=1, proof=Proof.LEASE))
    lose(log)
    log.refused(Release(node=N1, session=0, proof=Proof.LEASE))


def test_a_lost_node_is_cleared_class_by_class(log: Log) -> None:
    """An address does not wait for the processes beside it."""
    log.do(N1, "start", DB)
    lose(log)

    log.accepted(Clear(node=N1, session=1, release=ReleaseClass.KERNEL))

    assert log.member(N1).state is MemberState.LOST
    assert log.is_ordered(log.order(N2, "start", VIP))
    assert not log.is_ordered(log.order(N2, "start", DB))


def test_a_lost_node_is_not_removed(log: Log) -> None:
    """It may still run resources."""
    lose(log)

    assert log.refused(RemoveMember(node=N1)).why is Refusal.NOT_SAFE


def test_a_node_that_leaves_takes_everything_known_of_it_along(log: Log) -> None:
    """Holds, failures, history."""
    log.put(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N1)))

    log.accepted(RemoveMember(node=N1))

    assert log.state.member(N1) is None
    assert log.state.status.holds == ()
    assert log.state.status.of(N1, VIP) is None


def test_a_removed_stranger_is_an_error(log: Log) -> None:
    """The operator mistyped."""
    assert log.refused(RemoveMember(node=N3)).why is Refusal.UNKNOWN_NODE


def test_a_coordinator_is_known_to_all(log: Log) -> None:
    """Any node can say who coordinates."""
    log.accepted(TakeOver(node=N2, term=7))

    assert (log.state.coordinator, log.state.term) == (N2, 7)
