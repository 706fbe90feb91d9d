"""What the coordinator owes the members, as a function of one moment."""

from dataclasses import replace

import pytest

from clusterd.coordinator.duties import due, endings, next_ending
from clusterd.model.configuration import Configuration
from clusterd.model.membership import Proof
from clusterd.model.resource import Meta, OnDoubt, Release
from clusterd.safety.lease import wait
from clusterd.safety.timing import FAST
from clusterd.state.command import Admit, Clear, Command, Configure, Evict
from clusterd.state.command import Release as Released
from tests.unit.coordinator.scene import Scene
from tests.unit.state.log import (
    CONFIGURATION,
    DB,
    N1,
    N2,
    N3,
    VIP,
    Log,
    a_primitive,
    admitted,
    joined,
)

LONG = FAST.loss + 0.1


def owed(scene: Scene) -> list[Command]:
    """Return what must be proposed now."""
    return list(due(scene.at))


def test_while_everybody_is_heard_nothing_is_owed() -> None:
    """The usual moment."""
    scene = Scene()
    scene.hear_all(3.0)

    assert owed(scene) == []


def test_a_node_that_a_majority_does_not_hear_is_evicted() -> None:
    """This node and one witness are two of three."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.hear_all(1.0 + LONG, N3)
    scene.hear(N3, heard={N2: LONG})

    (command,) = owed(scene)

    assert isinstance(command, Evict)
    assert (command.node, command.session) == (N2, 1)
    assert command.reason == "silent for 0.7 s"


def test_the_own_silence_is_not_enough() -> None:
    """Then the path is broken, not the node: its lease goes on by the others."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.hear_all(1.0 + LONG, N3)
    scene.hear(N3, heard={N2: 0.1})

    assert owed(scene) == []


def test_a_coordinator_that_is_cut_off_evicts_nobody() -> None:
    """It has heard nobody, and nobody's word is fresh enough to agree."""
    scene = Scene()
    scene.hear_all(1.0)
    for step in range(20):
        scene.now = 1.0 + 0.1 * step

        assert owed(scene) == []


def test_a_member_that_released_everything_gets_a_new_session() -> None:
    """Its old one holds nothing for ever, so it must be closed first."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.hear(N2, released=1)

    (command,) = owed(scene)

    assert isinstance(command, Evict)
    assert command.node == N2


def test_the_coordinator_evicts_itself_when_it_released_everything() -> None:
    """Its lease ended like anybody's may."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.membership.released = 1

    (command,) = owed(scene)

    assert isinstance(command, Evict)
    assert command.node == N1


def test_a_lost_node_is_released_on_its_own_word() -> None:
    """Its guard took everything away: no need to wait."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.lose(N2)
    scene.hear(N2, released=1)

    (command,) = owed(scene)

    assert isinstance(command, Released)
    assert command.proof is Proof.RELEASED


def test_the_word_about_an_earlier_session_is_no_proof() -> None:
    """It says nothing of what the present one brought up."""
    log = admitted(N1, N2, N3)
    log.accepted(Evict(node=N2, session=1, reason="silent"))
    log.accepted(Released(node=N2, session=1, proof=Proof.LEASE))
    log.accepted(Admit(node=N2, boot="again"))
    log.probe()
    scene = Scene(log)
    scene.lose(N2)
    scene.hear(N2, released=1)

    assert owed(scene) == []


def test_a_lost_node_is_released_when_its_lease_is_certainly_over() -> None:
    """The wait counts from the last acknowledgement of the refusing majority."""
    log = admitted(N1, N2, N3)
    log.probe()
    log.do(N2, "start", DB)
    scene = Scene(log)
    scene.hear_all(1.0)
    index = scene.lose(N2)
    scene.now = 2.0
    scene.hear(N3, refusals=(scene.refusal(N2, index, 1.2),))
    over = 1.0 + wait(FAST, 1.0)

    scene.now = over - 0.01
    before = owed(scene)
    scene.now = over + 0.01
    scene.hear(N3, refusals=(scene.refusal(N2, index, over + 0.01 - 0.8),))
    after = owed(scene)

    assert before == []
    (command,) = after
    assert isinstance(command, Released)
    assert command.proof is Proof.LEASE


def test_without_a_majority_of_refusals_nobody_knows_when_it_is_over() -> None:
    """The silent voter may still acknowledge the lost node."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.lose(N2)
    scene.now = 100.0

    assert endings(scene.at, scene.log.member(N2)) is None
    assert owed(scene) == []


def test_what_the_kernel_takes_away_is_cleared_first() -> None:
    """An address does not wait until processes are certainly dead."""
    log = admitted(N1, N2, N3)
    log.accepted(Admit(node=N2, boot="again", has_filter=True))
    log.probe()
    log.do(N2, "start", VIP)
    log.do(N2, "start", DB)
    scene = Scene(log)
    scene.hear_all(1.0)
    index = scene.lose(N2)
    scene.hear(N3, refusals=(scene.refusal(N2, index, 0.0),))
    scene.now = 1.0 + wait(FAST, 0.1) + 0.01

    (command,) = owed(scene)

    assert isinstance(command, Clear)
    assert command.release is Release.KERNEL
    assert next_ending(scene.at, log.member(N2)) == pytest.approx(1.0 + wait(FAST, 1.0))


def test_class_fence_waits_for_ever() -> None:
    """No lease takes it away: fencing or the operator must prove it."""
    log = admitted(N1, N2, N3)
    fenced = Configuration(resources=(a_primitive(DB, Release.FENCE),))
    log.accepted(Configure(text="", configuration=fenced))
    log.probe(DB)
    log.do(N2, "start", DB)
    scene = Scene(log)
    scene.hear_all(1.0)
    index = scene.lose(N2)
    scene.hear(N3, refusals=(scene.refusal(N2, index, 0.0),))
    scene.now = 1000.0
    scene.hear(N3, refusals=(scene.refusal(N2, index, 999.0),))

    assert owed(scene) == []


def test_a_node_with_nothing_exclusive_is_released_at_once() -> None:
    """What it keeps running (on-doubt: keep) may run twice."""
    log = admitted(N1, N2, N3)
    kept = replace(a_primitive(DB), meta=Meta(on_doubt=OnDoubt.KEEP))
    log.accepted(Configure(text="", configuration=Configuration(resources=(kept,))))
    log.probe(DB)
    scene = Scene(log)
    scene.hear_all(1.0)
    index = scene.lose(N2)
    scene.hear(N3, refusals=(scene.refusal(N2, index, 0.0),))

    (command,) = owed(scene)

    assert isinstance(command, Released)


def test_a_newcomer_is_admitted_as_soon_as_it_is_heard() -> None:
    """It was never lost: there is nothing to be careful about."""
    log = joined(N1, N2, N3)
    log.accepted(Configure(text="", configuration=CONFIGURATION))
    log.accepted(Admit(node=N1, boot="n1-boot"))
    scene = Scene(log)
    scene.now = 1.0
    scene.hear(N2, version="1", has_filter=True)

    (command,) = owed(scene)

    assert isinstance(command, Admit)
    assert (command.node, command.boot, command.has_filter) == (N2, "n2-boot", True)


def _offline(log: Log) -> None:
    log.accepted(Evict(node=N2, session=1, reason="silent"))
    log.accepted(Released(node=N2, session=1, proof=Proof.LEASE))


def test_who_was_lost_must_be_heard_for_a_while() -> None:
    """A flapping link must not admit and evict in turn."""
    scene = Scene()
    _offline(scene.log)
    scene.now = 5.0

    scene.hear_all(5.0 + FAST.loss)
    before = owed(scene)
    scene.hear_all(5.0 + 2 * FAST.loss)
    after = owed(scene)

    assert before == []
    assert [type(each) for each in after] == [Admit]


def test_a_machine_that_started_anew_gets_a_new_session_at_once() -> None:
    """It was back before anybody missed it, but what it ran is gone."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.hear(N2, boot="another")

    (command,) = owed(scene)

    assert isinstance(command, Admit)
    assert (command.node, command.boot) == (N2, "another")


def test_the_coordinator_looks_after_itself_too() -> None:
    """Its own runner may start anew."""
    scene = Scene()
    scene.hear_all(1.0)
    scene.membership.boot = "another"

    (command,) = owed(scene)

    assert isinstance(command, Admit)
    assert command.node == N1
