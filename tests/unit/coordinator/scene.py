"""One moment as the coordinator n1 of three nodes sees it."""

from dataclasses import replace

from clusterd.coordinator.duties import Situation
from clusterd.membership.heartbeat import Refusal, Renew
from clusterd.membership.machine import Identity, MembershipMachine
from clusterd.model.names import NodeName
from clusterd.safety.timing import FAST
from clusterd.state.command import Evict
from tests.unit.state.log import DB, N1, N2, N3, VIP, Log, admitted

VOTERS = (frozenset({1, 2, 3}),)


class Scene:
    """A log, what n1 heard, and the time; `at` is all the duties look at."""

    def __init__(self, log: Log | None = None) -> None:
        if log is None:
            log = admitted(N1, N2, N3)
            log.probe(VIP, DB)
        self.log = log
        self.now = 0.0
        identity = Identity(name=N1, instance="i", version="1")
        self.membership = MembershipMachine(identity, FAST.heartbeat, FAST.loss, 0.0)
        self.membership.boot = "n1-boot"
        self.membership.view(log.state.members)

    @property
    def at(self) -> Situation:
        """The present moment."""
        self.membership.view(self.log.state.members)
        return Situation(
            node=N1,
            state=self.log.state,
            membership=self.membership,
            voters=VOTERS,
            timing=FAST,
            now=self.now,
            wall=1000.0 + self.now,
        )

    def hear(self, sender: NodeName, **more: object) -> None:
        """Hear a renewal of another node now."""
        member = self.log.member(sender)
        renew = Renew(
            sender=sender,
            session=member.session,
            sequence=1,
            sent_at=0.0,
            boot=f"{sender}-boot",
        )
        self.membership.receive(sender, replace(renew, **more), self.now)  # type: ignore[arg-type]

    def hear_all(self, until: float, *names: NodeName) -> None:
        """Hear these nodes (all others) at every heartbeat up to `until`."""
        while self.now < until:
            self.now = min(until, self.now + FAST.heartbeat)
            for name in names or (N2, N3):
                self.hear(name, heard={N1: 0.05, N2: 0.05, N3: 0.05})

    def lose(self, name: NodeName) -> int:
        """Let the log evict a node; return the index of the eviction."""
        member = self.log.member(name)
        self.log.accepted(Evict(node=name, session=member.session, reason="silent"))
        self.membership.view(self.log.state.members)
        return self.log.state.index

    def refusal(self, name: NodeName, index: int, age: float) -> Refusal:
        """Return what a voter reports that refuses an evicted node."""
        session = self.log.member(name).session
        return Refusal(node=name, session=session, index=index, ack_age=age)
