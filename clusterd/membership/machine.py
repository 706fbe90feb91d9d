"""MembershipMachine: renewals out and in, acknowledgements, the own lease.

It runs on every node and needs no leader: a lease is worth what a majority of
the voters acknowledged, whoever coordinates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clusterd.membership.heartbeat import LinkMessage, Refusal, Renew, RenewAck
from clusterd.membership.peers import Peers
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this node is. `instance` is new at every start of the daemon."""

    name: NodeName
    instance: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message for another member."""

    to: NodeName
    message: LinkMessage


class MembershipMachine:
    """Heartbeats, acknowledgements and the facts for loss detection.

    `view` gives it the members as the log has them; `refuse` the sessions whose
    eviction this node has appended (though perhaps not applied).
    """

    def __init__(self, identity: Identity, heartbeat: float, loss: float, now: float):
        """Begin at `now`; `heartbeat` and `loss` in seconds as in safety.timing."""
        self._identity = identity
        self._heartbeat = heartbeat
        self._started_at = now
        self._next_at = now
        self._sequence = 0
        self._members: dict[NodeName, Member] = {}
        self._refused: Mapping[tuple[NodeName, int], int] = {}
        self._acked: dict[NodeName, float] = {}
        self._acked_session = 0
        self.peers = Peers(now, loss)
        self.boot = ""
        self.released = 0
        self.has_filter = False

    @property
    def session(self) -> int:
        """This node's session as far as its own log says; 0 if not a member."""
        member = self._members.get(self._identity.name)
        return member.session if member is not None else 0

    @property
    def acked(self) -> Mapping[NodeName, float]:
        """Per voter the sending time of the newest acknowledged renewal."""
        return self._acked

    def view(self, members: Iterable[Member]) -> None:
        """Take in the members as the log has them now."""
        self._members = {each.name: each for each in members}
        if self.session != self._acked_session:
            # Acknowledgements of an old session are worth nothing for a new one.
            self._acked = {}
            self._acked_session = self.session

    def refuse(self, sessions: Mapping[tuple[NodeName, int], int]) -> None:
        """Take in the evictions that are appended and not yet applied.

        Each session with the index of its entry.
        """
        self._refused = sessions

    def deadline(self) -> float | None:
        """Return when the next renewals are due; None: not before a boot is known."""
        return self._next_at if self.boot else None

    def tick(self, now: float) -> list[Outgoing]:
        """Send renewals to every other member if they are due."""
        if not self.boot or now < self._next_at:
            return []
        self._next_at += self._heartbeat
        if self._next_at <= now:  # After a stall; missed ones are worth nothing.
            self._next_at = now + self._heartbeat
        self._sequence += 1
        own = self._identity.name
        if self._grants(own, self.session):
            self._acked[own] = now
            self.peers.get(own).acked_at = now
        renew = self._renew(now)
        return [Outgoing(to=name, message=renew) for name in self._others()]

    def receive(
        self, sender: NodeName, message: LinkMessage, now: float
    ) -> list[Outgoing]:
        """Take in a renewal or an answer to one of ours."""
        if message.sender != sender:
            return []  # The certificate says who speaks; nobody speaks for others.
        match message:
            case Renew():
                return self._answer(message, now)
            case RenewAck():
                self._take_ack(message)
                return []

    def silence(self, subject: NodeName, now: float) -> dict[NodeName, float]:
        """Return for how long each witness (this node too) has not heard `subject`."""
        found = {self._identity.name: now - self.peers.get(subject).heard_at}
        for witness in self._others():
            seen = self.peers.silence_seen_by(witness, subject, now)
            if witness != subject and seen is not None:
                found[witness] = seen
        return found

    def last_acks(self, subject: Member, now: float) -> dict[NodeName, float]:
        """Return, per voter that refuses the evicted `subject`, its last moment.

        That is when it can last have acknowledged a renewal, on this node's
        clock. The subject's own word does not count.
        """
        name, index = subject.name, subject.evicted_at
        found: dict[NodeName, float] = {}
        if not self._grants(name, subject.session):
            found[self._identity.name] = min(now, self._own_last_ack(name))
        for witness in self._others():
            at = self.peers.refusal_by(witness, name, index)
            if witness != name and at is not None:
                found[witness] = at
        return found

    def _own_last_ack(self, subject: NodeName) -> float:
        return max(self.peers.get(subject).acked_at, self._started_at)

    def _others(self) -> list[NodeName]:
        return [name for name in self._members if name != self._identity.name]

    def _renew(self, now: float) -> Renew:
        return Renew(
            sender=self._identity.name,
            session=self.session,
            sequence=self._sequence,
            sent_at=now,
            boot=self.boot,
            instance=self._identity.instance,
            heard=self.peers.ages(self._others(), now),
            refusals=tuple(self._refusals(now)),
            released=self.released,
            has_filter=self.has_filter,
            version=self._identity.version,
        )

    def _refusals(self, now: float) -> Iterable[Refusal]:
        for member in self._members.values():
            if not self._grants(member.name, member.session):
                yield Refusal(
                    node=member.name,
                    session=member.session,
                    index=self._refused.get(
                        (member.name, member.session), member.evicted_at
                    ),
                    ack_age=max(0.0, now - self._own_last_ack(member.name)),
                )

    def _answer(self, renew: Renew, now: float) -> list[Outgoing]:
        peer = self.peers.hear(renew, now)
        granted = self._grants(renew.sender, renew.session)
        if granted:
            peer.acked_at = now
        ack = RenewAck(
            sender=self._identity.name,
            session=renew.session,
            sequence=renew.sequence,
            sent_at=renew.sent_at,
            granted=granted,
        )
        return [Outgoing(to=renew.sender, message=ack)]

    def _take_ack(self, ack: RenewAck) -> None:
        if not ack.granted or ack.session != self.session:
            return
        newest = max(self._acked.get(ack.sender, ack.sent_at), ack.sent_at)
        self._acked[ack.sender] = newest

    def _grants(self, name: NodeName, session: int) -> bool:
        """Tell whether this voter acknowledges that session of `name`."""
        member = self._members.get(name)
        return (
            member is not None
            and member.state is MemberState.ONLINE
            and member.session == session
            and (name, session) not in self._refused
        )
