"""Leaving for good: nothing is left running, and nobody is left waiting."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from clusterd.daemon.departure import depart
from clusterd.daemon.engine import Engine
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.result import OperationResult
from clusterd.model.status import HoldKind, NodeHistory, Status, history_key
from clusterd.state.command import Command, RemoveMember, SetHold
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Refusal, Refused, Reply

N1, N2 = NodeName("n1"), NodeName("n2")
VIP = InstanceName("vip")
REFUSED = Refused(why=Refusal.NO_QUORUM, text="nothing was committed")


def _running(node: NodeName, index: int) -> Replicated:
    """Return a state in which the VIP runs on `node`."""
    started = OperationResult(
        operation_id="1.1", node=node, instance=VIP, operation="start"
    )
    history = NodeHistory(node=node, instance=VIP, last=started)
    key = history_key(node, ResourceName("vip"))
    return Replicated(index=index, status=Status(history={key: history}))


@dataclass(frozen=True)
class Name:
    """The part of the identity that a departure looks at."""

    name: NodeName = N1


@dataclass(frozen=True)
class Dismissed:
    """Facts of a node that votes no more."""

    is_elector: bool = False
    leader: NodeName | None = None


@dataclass
class FakeEngine:
    """Keeps the engine's contract for one departure; `done` is its diary.

    The states come one after the other, each as soon as somebody waits for it.
    """

    states: list[Replicated]
    replies: dict[type[Command], Reply] = field(default_factory=dict)
    done: list[object] = field(default_factory=list)
    identity: Name = Name()

    @property
    def runtime(self) -> "FakeEngine":
        """The engine waits by itself here."""
        return self

    @property
    def machine(self) -> "FakeEngine":
        """The engine knows its facts by itself here."""
        return self

    def facts(self, now: float) -> Dismissed:
        """Say that the voters go on without this node."""
        del now
        return Dismissed()

    def state(self) -> Replicated:
        """Return the newest state."""
        return self.states[0]

    async def changed(self, since: int) -> None:
        """Go on to the next state, which must be newer."""
        self.done.append("waited")
        del self.states[0]
        assert self.states[0].index > since

    async def propose(self, command: Command) -> Reply:
        """Note the command; answer as told."""
        self.done.append(command)
        return self.replies.get(type(command), Accepted(index=9))

    def give_up(self) -> None:
        """Note that the lease was given up."""
        self.done.append("gave up")


def _depart(engine: FakeEngine) -> Reply:
    return asyncio.run(depart(cast("Engine", engine), "alice"))


def test_a_node_leaves_in_this_order() -> None:
    """Standby, empty, lease given up, and only then no member any more."""
    engine = FakeEngine([_running(N1, 5), Replicated(index=6)])

    reply = _depart(engine)

    assert isinstance(reply, Accepted)
    hold, waited, gave_up, removal = engine.done
    assert isinstance(hold, SetHold)
    assert (hold.hold.kind, hold.hold.node) == (HoldKind.STANDBY, N1)
    assert (waited, gave_up) == ("waited", "gave up")
    assert isinstance(removal, RemoveMember)
    assert (removal.node, removal.author) == (N1, "alice")


def test_what_runs_elsewhere_is_not_waited_for() -> None:
    """Only what is here must go."""
    engine = FakeEngine([_running(N2, 5)])

    _depart(engine)

    assert "waited" not in engine.done


def test_it_waits_until_the_last_resource_is_gone() -> None:
    """Every change of the state is looked at, and not only the first."""
    engine = FakeEngine([_running(N1, 5), _running(N1, 6), Replicated(index=7)])

    _depart(engine)

    assert engine.done.count("waited") == 2


def test_without_quorum_nothing_is_given_up() -> None:
    """The standby was not committed, so nobody takes over what runs here."""
    engine = FakeEngine([_running(N1, 5)], replies={SetHold: REFUSED})

    reply = _depart(engine)

    assert reply == REFUSED
    assert len(engine.done) == 1


def test_a_refused_removal_is_the_answer() -> None:
    """The node stays a member, on standby, and says why."""
    engine = FakeEngine([Replicated(index=5)], replies={RemoveMember: REFUSED})

    assert _depart(engine) == REFUSED
