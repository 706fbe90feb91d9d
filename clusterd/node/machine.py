"""NodeMachine: one whole node without IO. It routes; the machines decide.

The same code runs in the daemon and in the simulator. Doors: `start`, `handle`,
`deadline`; views: `state`, `facts`.
"""

from dataclasses import replace
from typing import assert_never

from clusterd.coordinator import effects as wishes
from clusterd.coordinator.duties import Situation
from clusterd.coordinator.machine import CoordinatorMachine
from clusterd.executor import effects as deeds
from clusterd.executor.inputs import (
    AgentExited,
    Noticed,
    RunnerAttached,
    RunnerLost,
    Wake,
)
from clusterd.executor.machine import ExecutorMachine
from clusterd.membership.machine import Identity, MembershipMachine, Outgoing
from clusterd.model.dice import Dice
from clusterd.model.names import NodeName
from clusterd.model.result import OperationResult
from clusterd.node.codec import Codec
from clusterd.node.consensus import Consensus, Step
from clusterd.node.desk import Desk
from clusterd.node.directory import Directory
from clusterd.node.effects import (
    Connect,
    Effect,
    HoldLease,
    RequestPlan,
    SendLink,
    Stop,
    Tell,
)
from clusterd.node.facts import Facts
from clusterd.node.inputs import (
    Asked,
    AskedRelease,
    GuardAttached,
    GuardReleased,
    Input,
    LinkReceived,
    Persisted,
    PersistFailed,
    PlanFailed,
    Planned,
    RaftReceived,
    Tick,
)
from clusterd.node.ledger import Ledger
from clusterd.node.orders import Orders
from clusterd.node.petitions import Petitions
from clusterd.node.settings import NodeSettings
from clusterd.node.tenure import Tenure, exclusive_on
from clusterd.raft.machine import RaftConfig, RaftMachine, Restored
from clusterd.state.command import Record
from clusterd.state.replicated import Replicated

TICKS_PER_LOSS = 10
"""Raft ticks in one loss time: the resolution of election timeouts."""


class NodeMachine:
    """One node. Every door takes `now` (boot-time clock) and `wall`, in seconds."""

    def __init__(
        self,
        settings: NodeSettings,
        codec: Codec,
        restored: Restored,
        dice: Dice,
        now: float,
    ) -> None:
        """Restore from what the disk had; call `start` before anything else."""
        timing = settings.timing
        self.settings = settings
        begun = Replicated()
        if restored.snapshot is not None and restored.snapshot.data:
            begun = codec.state_from_bytes(restored.snapshot.data)
        self._ledger = Ledger(codec, begun)
        self._ledger.append(restored.entries)
        config = RaftConfig(
            id=settings.raft_id,
            election_ticks=TICKS_PER_LOSS,
            heartbeat_ticks=max(1, round(timing.heartbeat / self._tick_length)),
        )
        self._directory = Directory(settings.seeds)
        self._consensus = Consensus(
            settings,
            RaftMachine(config, restored, dice),
            self._ledger,
            self._directory,
        )
        identity = Identity(
            name=settings.name, instance=settings.instance, version=settings.version
        )
        self._membership = MembershipMachine(
            identity, timing.heartbeat, timing.loss, now
        )
        self._executor = ExecutorMachine(settings.name)
        self._orders = Orders(settings.name)
        self._coordinator = CoordinatorMachine(settings.name, timing)
        self._tenure = Tenure(settings.name, timing)
        self._desk = Desk(
            Petitions(f"{settings.name}/{settings.instance}"),
            self._consensus,
            self._ledger,
        )
        self._replay_to = restored.hard_state.commit
        self._next_tick = now
        self._leading = 0
        self._leader_at = now
        self._peers: dict[NodeName, str] = {}
        self._learnt: Replicated | None = None
        self._now = now
        self._wall = 0.0

    @property
    def _tick_length(self) -> float:
        return self.settings.timing.loss / TICKS_PER_LOSS

    @property
    def state(self) -> Replicated:
        """The replicated state as this node has it."""
        return self._ledger.state

    def facts(self, now: float) -> Facts:
        """Return what only this node knows, as of `now`."""
        leader = self._directory.name(self._consensus.leader)
        others = [m.name for m in self.state.members if m.name != self.settings.name]
        return Facts(
            is_leader=self._consensus.is_leader,
            is_elector=self.settings.raft_id in self._consensus.electorate,
            leader=leader,
            leader_age=0.0 if leader else now - self._leader_at,
            in_charge=self._coordinator.is_in_charge,
            settled=self._coordinator.is_settled,
            lease_valid=self._tenure.is_valid(now),
            lease_left=self._tenure.until - now,
            has_filter=self._membership.has_filter,
            heard_ages=self._membership.peers.ages(others, now),
            term=self._consensus.term,
        )

    def start(self, now: float, wall: float) -> list[Effect]:
        """Replay the log and say whom to connect to."""
        self._now, self._wall = now, wall
        effects = self._learn()
        effects.extend(self._settle(self._consensus.drain()))
        return effects

    def deadline(self) -> float:
        """Return when to call `handle(Tick())` at the latest."""
        times = [
            self._next_tick,
            self._membership.deadline(),
            self._executor.deadline(),
            self._coordinator.deadline(),
            self._desk.deadline(),
        ]
        return min(each for each in times if each is not None)

    def handle(self, what: Input, now: float, wall: float) -> list[Effect]:
        """Take in one thing that happened; return all that must be done, in order."""
        self._now, self._wall = now, wall
        effects = self._take(what)
        effects.extend(self._settle(self._consensus.drain()))
        return effects

    def _take(self, what: Input) -> list[Effect]:  # noqa: C901, PLR0911, PLR0912
        # The routing table: one line an input, no opinions.
        match what:
            case Tick():
                return self._tick()
            case RaftReceived(sender=sender, message=message):
                if self._directory.name(message.sender) == sender:
                    self._consensus.step(message)
                return []  # Nobody speaks for others.
            case LinkReceived(sender=sender, message=message):
                out = self._membership.receive(sender, message, self._now)
                return [*_links(out), *self._prolong()]
            case Persisted(ticket=ticket):
                return self._settle(self._consensus.persisted(ticket))
            case PersistFailed(reason=reason):
                return [Stop(reason=reason, restart=False)]
            case RunnerAttached(boot=boot):
                self._membership.boot = boot
                return self._execute(what)
            case Noticed() if self._tenure.is_forfeited:
                return []  # The guard took it: a new session comes, not a recovery.
            case AgentExited() | Noticed() | RunnerLost():
                return self._execute(what)
            case GuardAttached(has_filter=has_filter, forfeited=forfeited):
                self._membership.has_filter = has_filter
                self._tenure.is_guarded = True
                return self._forfeit(forfeited)
            case GuardReleased(session=session):
                return self._forfeit(session)
            case Planned(ticket=ticket, transition=transition):
                return self._wish(
                    self._coordinator.planned(ticket, transition, self._situation())
                )
            case PlanFailed(ticket=ticket, fault=fault):
                return self._wish(self._coordinator.plan_failed(ticket, fault))
            case Asked(ticket=ticket, command=command):
                return self._desk.ask(command, ticket, self._now)
            case AskedRelease():
                return self._give_up()
            case _:
                assert_never(what)

    def _tick(self) -> list[Effect]:
        effects: list[Effect] = []
        while self._next_tick <= self._now:
            # After a stall one tick is enough: missed ones would only make this
            # node campaign against a leader it has not had the time to hear.
            behind = self._now - self._next_tick > self.settings.timing.loss
            self._next_tick = (
                self._now if behind else self._next_tick
            ) + self._tick_length
            self._consensus.tick()
        effects.extend(_links(self._membership.tick(self._now)))
        effects.extend(self._prolong())
        effects.extend(self._execute(Wake()))
        self._consensus.reconcile()
        self._consensus.chase_snapshots(self._now)
        effects.extend(self._wish(self._coordinator.tick(self._situation())))
        effects.extend(self._desk.press(self._now))
        return effects

    def _settle(self, step: Step) -> list[Effect]:
        """Take the consequences of what was committed, and of who leads now."""
        self._membership.refuse(self._ledger.evicted())
        effects = list(step.effects)
        if self.state is not self._learnt:  # By entries, or by a snapshot.
            effects.extend(self._learn())
        if step.has_restored:
            self._orders.adopt()
        for applied in step.applied:
            is_news = applied.after.index > self._replay_to
            effects.extend(self._desk.answer(applied, is_news=is_news))
            self._orders.note(applied.command)
            wanted = self._coordinator.applied(applied.command, self._situation())
            effects.extend(self._wish(wanted))
        effects.extend(self._follow_leader())
        if self.state.index >= self._replay_to:
            effects.extend(self._carry_out())
        return effects

    def _learn(self) -> list[Effect]:
        """Let everybody see the new state."""
        self._learnt = self.state
        self._membership.view(self.state.members)
        self._directory.learn(self.state.members)
        return [*self._prolong(), *self._connect()]

    def _connect(self) -> list[Effect]:
        wanted = {m.raft_id for m in self.state.members} | self._consensus.electorate
        if not self.state.members:
            wanted |= set(self.settings.seeds)
        peers = self._directory.addresses(wanted - {self.settings.raft_id})
        if peers == self._peers:
            return []
        self._peers = peers
        return [Connect(peers=peers)]

    def _carry_out(self) -> list[Effect]:
        """Give the executor what the log ordered for this node and still stands."""
        lease = self._tenure.is_valid(self._now)
        effects: list[Effect] = []
        for each in self._orders.ready(self.state, lease_valid=lease):
            effects.extend(self._do(self._executor.handle(each, self._now)))
        return effects

    def _follow_leader(self) -> list[Effect]:
        term = self._consensus.term if self._consensus.is_leader else 0
        if self._consensus.leader:
            self._leader_at = self._now
        if term == self._leading:
            return []
        self._leading = term
        self._desk.drop_duties()
        if not term:
            self._coordinator.follow()
            return []
        return self._wish(self._coordinator.lead(term, self._wall))

    def _prolong(self) -> list[Effect]:
        """Renew the own lease by what was acknowledged; start what waited for it."""
        effects: list[Effect] = []
        effects.extend(
            self._tenure.renew(
                self._membership, self._consensus.voters, self.state, self._now
            )
        )
        if self._orders.are_waiting and self._tenure.is_valid(self._now):
            effects.extend(self._carry_out())
        return effects

    def _forfeit(self, session: int) -> list[Effect]:
        """Never use this session again: the guard released what it held."""
        self._tenure.forfeited = max(self._tenure.forfeited, session)
        self._membership.released = max(self._membership.released, session)
        return []

    def _give_up(self) -> list[Effect]:
        """End the own lease now: this node is about to stop for good."""
        exclusive = exclusive_on(self.state, self.settings.name)
        self._consensus.hand_over()
        self._tenure.until = float("-inf")
        self._tenure.forfeited = max(self._tenure.forfeited, self._membership.session)
        return [
            HoldLease(
                until=self._now - 1.0,
                session=self._membership.session,
                exclusive=exclusive,
            )
        ]

    def _execute(
        self, what: AgentExited | Noticed | RunnerAttached | RunnerLost | Wake
    ) -> list[Effect]:
        return self._do(self._executor.handle(what, self._now))

    def _do(self, done: list[deeds.Effect]) -> list[Effect]:
        effects: list[Effect] = []
        for each in done:
            match each:
                case deeds.Report(result=result):
                    effects.extend(self._report(result))
                case deeds.Mention(note=note):
                    effects.append(Tell(note=note))
                case deeds.RunAgent() if each.exclusive:
                    effects.append(replace(each, not_after=self._tenure.until))
                case _:
                    effects.append(each)
        return effects

    def _report(self, result: OperationResult) -> list[Effect]:
        # Without a run of an agent there was nobody to look at the wall clock.
        stamped = replace(result, finished_wall=result.finished_wall or self._wall)
        return self._desk.report(Record(results=(stamped,)), self._now)

    def _wish(self, wanted: list[wishes.Effect]) -> list[Effect]:
        effects: list[Effect] = []
        for each in wanted:
            match each:
                case wishes.Propose(command=command):
                    effects.extend(self._desk.duty(command, self._now))
                case wishes.Plan(ticket=ticket, state=state):
                    effects.append(RequestPlan(ticket=ticket, state=state))
                case wishes.Mention(note=note):
                    effects.append(Tell(note=note))
        return effects

    def _situation(self) -> Situation:
        return Situation(
            node=self.settings.name,
            state=self.state,
            membership=self._membership,
            voters=self._consensus.voters,
            timing=self.settings.timing,
            now=self._now,
            wall=self._wall,
        )


def _links(outgoing: list[Outgoing]) -> list[Effect]:
    return [SendLink(to=each.to, message=each.message) for each in outgoing]
