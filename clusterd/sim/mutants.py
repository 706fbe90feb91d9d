"""Deliberate bugs: who cannot convict these proves nothing by acquitting."""

from dataclasses import replace
from typing import Final

from clusterd.coordinator.duties import Situation
from clusterd.node.effects import Answer, Effect, HoldLease
from clusterd.node.inputs import Asked, Input, RaftReceived
from clusterd.node.machine import NodeMachine
from clusterd.raft.message import MessageKind
from clusterd.safety.timing import Timing
from clusterd.sim.disk import DiskHabits
from clusterd.sim.run import Product
from clusterd.state.reply import Accepted

_FAR = 1 << 40


class _AnyTiming(Timing):
    """A timing that nobody checks."""

    def __post_init__(self) -> None:
        """Accept everything."""


def _careless(timing: Timing, lease: float) -> Timing:
    return _AnyTiming(
        name=timing.name,
        heartbeat=timing.heartbeat,
        loss=timing.loss,
        lease=lease,
        drift=timing.drift,
    )


class WaitsTooShort(NodeMachine):
    """The taker waits half a second less than the inequality demands."""

    def _situation(self) -> Situation:
        at = super()._situation()
        short = at.timing.lease - 0.5
        return replace(at, timing=_careless(at.timing, short))


class StartsBeforeProof(NodeMachine):
    """The coordinator takes a node for released as soon as it is lost."""

    def _situation(self) -> Situation:
        at = super()._situation()
        return replace(at, timing=_careless(at.timing, -2.0))


class ProlongsItself(NodeMachine):
    """The holder takes its lease for twice as long as it is."""

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Change every lease on its way to the guard."""
        lease = self.settings.timing.lease
        return [
            replace(each, until=each.until + lease)
            if isinstance(each, HoldLease) and each.until > now
            else each
            for each in super().handle(what, now, wall)
        ]


class TellsNoGuard(NodeMachine):
    """The guard hears of the lease, but not of what lives by it."""

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Take the list out of every lease."""
        return [
            replace(each, exclusive={}) if isinstance(each, HoldLease) else each
            for each in super().handle(what, now, wall)
        ]


class VotesBlindly(NodeMachine):
    """A voter does not look whether the candidate's log is as long as its own."""

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Let every candidate look well-read."""
        votes = (MessageKind.VOTE, MessageKind.PRE_VOTE)
        if isinstance(what, RaftReceived) and what.message.kind in votes:
            message = replace(what.message, index=_FAR, log_term=_FAR)
            what = replace(what, message=message)
        return super().handle(what, now, wall)


class AnswersTooSoon(NodeMachine):
    """A user hears "done" when the change was asked for, not when it is committed."""

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Answer at once, with the next index."""
        effects = super().handle(what, now, wall)
        if isinstance(what, Asked):
            reply = Accepted(index=self.state.index)
            effects = [Answer(ticket=what.ticket, reply=reply), *effects]
        return effects


MUTANTS: Final = {
    "waits-too-short": Product(build=WaitsTooShort),
    "starts-before-proof": Product(build=StartsBeforeProof),
    "prolongs-itself": Product(build=ProlongsItself),
    "tells-no-guard": Product(build=TellsNoGuard),
    "votes-blindly": Product(build=VotesBlindly),
    "answers-too-soon": Product(build=AnswersTooSoon),
    "disk-lies": Product(disk=DiskHabits(slowest=0.5, lies=True)),
}
