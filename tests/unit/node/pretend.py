"""A pretend wire with pretend disks and agents: two or three NodeMachines and a clock.

Messages arrive at once, saves are durable at once, agents end at once, unless a
test cuts the wire or holds the agents back. One clock for all: what is measured
here is the order of events, not drift (the simulator does that).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from clusterd.daemon.codec import WireCodec
from clusterd.executor.effects import CollectedAgent, KillAgent, RunAgent, Unwatch
from clusterd.executor.inputs import AgentExited, RunnerAttached
from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.dice import Dice
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.note import Note
from clusterd.model.resource import Meta, OperationSpec, Primitive, Release
from clusterd.node.effects import (
    Answer,
    Connect,
    Effect,
    HoldLease,
    Persist,
    RequestPlan,
    SendLink,
    SendRaft,
    Stop,
    Tell,
)
from clusterd.node.inputs import (
    Asked,
    GuardAttached,
    GuardReleased,
    Input,
    LinkReceived,
    Persisted,
    Planned,
    RaftReceived,
    Tick,
)
from clusterd.node.machine import NodeMachine
from clusterd.node.settings import NodeSettings
from clusterd.policy.plan import plan
from clusterd.raft.entry import ConfState, Entry, HardState, Snapshot
from clusterd.raft.machine import Restored
from clusterd.safety.timing import FAST
from clusterd.state.apply import apply
from clusterd.state.command import (
    AddMember,
    Command,
    Configure,
    Found,
    IssueToken,
    Proposal,
)
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply

N1, N2, N3 = NodeName("n1"), NodeName("n2"), NodeName("n3")
VIP = ResourceName("vip")
VIP_COPY = InstanceName("vip")
WALL = 1_700_000_000.0
CODEC = WireCodec()


def one_vip(release: Release = Release.KERNEL) -> Configuration:
    """Return a configuration with one exclusive resource and its monitor."""
    vip = Primitive(
        name=VIP,
        agent=AgentName("ocf", "clusterd", "VIP"),
        params={"ip": "203.0.113.10"},
        operations=(OperationSpec(name="monitor", interval=10.0),),
        meta=Meta(release=release, stickiness=100),
    )
    return Configuration(resources=(vip,))


@dataclass
class Disk:
    """What one node saved; survives its daemon."""

    hard_state: HardState = field(default_factory=HardState)
    snapshot: Snapshot | None = None
    entries: tuple[Entry, ...] = ()

    def save(self, persist: Persist) -> None:
        """Do what the log store promises, in memory."""
        if persist.hard_state is not None:
            self.hard_state = persist.hard_state
        if persist.snapshot is not None:
            self.snapshot = persist.snapshot
            if persist.compact_to is None:
                self.entries = ()  # A leader's snapshot stands for the whole log.
        if persist.entries:
            first = persist.entries[0].index
            kept = tuple(e for e in self.entries if e.index < first)
            self.entries = (*kept, *persist.entries)

    def restored(self) -> Restored:
        """Return what a daemon that starts finds here."""
        covered = self.snapshot.index if self.snapshot is not None else 0
        behind = tuple(e for e in self.entries if e.index > covered)
        return Restored(
            hard_state=self.hard_state, snapshot=self.snapshot, entries=behind
        )


@dataclass
class Computer:
    """One machine: a daemon (or none), and what goes on without it."""

    settings: NodeSettings
    dice: Dice
    machine: NodeMachine | None = None
    disk: Disk = field(default_factory=Disk)
    active: set[str] = field(default_factory=set)
    """The instances that truly run here."""
    executed: list[RunAgent] = field(default_factory=list)
    """Every run that began, once an id: that is what a runner promises."""
    results: dict[str, AgentExited] = field(default_factory=dict)
    is_holding_back: bool = False
    """Agents do their work, but nobody hears how they ended."""
    leases: list[HoldLease] = field(default_factory=list)
    lease_at: dict[str, HoldLease | None] = field(default_factory=dict)
    """What the guard knew when a run began."""
    stops: list[Stop] = field(default_factory=list)
    has_filter: bool = False
    forfeited: int = 0
    """The newest session that the guard of this computer has released."""
    starts: int = 0
    wall_error: float = 0.0
    """Seconds by which its wall clock is off."""

    def run(self, effect: RunAgent, wall: float) -> AgentExited:
        """Carry out one run, or repeat the answer of one that was."""
        if effect.run in self.results:
            return self.results[effect.run]
        self.executed.append(effect)
        self.lease_at[effect.run] = self.leases[-1] if self.leases else None
        status = 0
        if effect.action == "start":
            self.active.add(effect.instance)
        elif effect.action == "stop":
            self.active.discard(effect.instance)
        elif effect.instance not in self.active:
            status = 7
        exited = AgentExited(run=effect.run, status=status, wall=wall)
        self.results[effect.run] = exited
        return exited

    def runs_of(self, action: str) -> list[str]:
        """Return the ids of the runs of this action, in the order they began."""
        return [each.run for each in self.executed if each.action == action]


class World:
    """Some computers, a wire between them, and time."""

    def __init__(self) -> None:
        """Begin at second 100 with nobody."""
        self.now = 100.0
        self.computers: dict[NodeName, Computer] = {}
        self.cut: set[NodeName] = set()
        self.notes: list[tuple[float, NodeName, Note]] = []
        self.answers: dict[int, Reply] = {}
        self.sent: list[tuple[NodeName, SendRaft | SendLink]] = []
        self.connections: dict[NodeName, dict[NodeName, str]] = {}
        self.watch: Callable[[], None] = lambda: None
        self._tickets = count(1)
        self._queue: deque[tuple[NodeName, Input]] = deque()

    # Machines.

    def found(self, name: NodeName, *, has_filter: bool = False) -> None:
        """Found a cluster on this computer."""
        command = Found(
            cluster="demo", node=name, address=f"{name}:7447", raft_id=1, wall=WALL
        )
        state, _ = apply(Replicated(), 1, Proposal(request="", command=command))
        computer = self._computer(name, 1, {})
        computer.disk.hard_state = HardState(term=1, vote=0, commit=1)
        computer.disk.snapshot = Snapshot(
            index=1,
            term=1,
            conf_state=ConfState(voters=(1,)),
            data=CODEC.state_to_bytes(state),
        )
        computer.has_filter = has_filter
        self.start(name)

    def join(
        self, name: NodeName, through: NodeName, *, has_filter: bool = False
    ) -> None:
        """Let this computer in, through a member."""
        issue = IssueToken(digest=f"d-{name}", expires_wall=WALL + 1e6, wall=WALL)
        assert isinstance(self.ask(through, issue), Accepted)
        add = AddMember(
            token_digest=f"d-{name}", node=name, address=f"{name}:7447", wall=WALL
        )
        reply = self.ask(through, add)
        assert isinstance(reply, Accepted), reply
        members = self.state(through).members
        seeds = {m.raft_id: (m.name, m.address) for m in members}
        self._computer(name, reply.detail, seeds).has_filter = has_filter
        self.start(name)

    def start(self, name: NodeName) -> None:
        """Start the daemon of this computer from what its disk has."""
        computer = self.computers[name]
        computer.starts += 1
        settings = replace(computer.settings, instance=f"start-{computer.starts}")
        machine = NodeMachine(
            settings, CODEC, computer.disk.restored(), computer.dice, self.now
        )
        computer.machine = machine
        self._perform(name, machine.start(self.now, self._wall(name)))
        guard = GuardAttached(
            has_filter=computer.has_filter, forfeited=computer.forfeited
        )
        self._queue.append((name, guard))
        finished = tuple(computer.results)
        attached = RunnerAttached(boot=f"boot-{name}", finished=finished)
        self._queue.append((name, attached))
        self._queue.extend((name, each) for each in computer.results.values())
        self._drain()

    def kill(self, name: NodeName) -> None:
        """End the daemon of this computer; agents and disk stay."""
        self.computers[name].machine = None
        self._queue = deque(each for each in self._queue if each[0] != name)

    def release(self, name: NodeName, session: int) -> None:
        """Let the guard take away what lives by this session."""
        computer = self.computers[name]
        computer.active.discard(VIP_COPY)
        computer.forfeited = session
        if computer.machine is not None:
            self.feed(name, GuardReleased(at=self.now, session=session))

    # Asking.

    def feed(self, name: NodeName, what: Input) -> None:
        """Let something happen to a node, with everything that follows at once."""
        self._queue.append((name, what))
        self._drain()

    def post(self, name: NodeName, command: Command) -> int:
        """Ask for a command; return the ticket the answer will have."""
        ticket = next(self._tickets)
        self.feed(name, Asked(ticket=ticket, command=command))
        return ticket

    def ask(self, name: NodeName, command: Command, within: float = 5.0) -> Reply:
        """Ask for a command and wait for its answer."""
        ticket = self.post(name, command)
        self.until(lambda: ticket in self.answers, within)
        return self.answers[ticket]

    def configure(self, name: NodeName, configuration: Configuration) -> None:
        """Put a configuration in force."""
        command = Configure(text="", configuration=configuration, wall=WALL)
        assert isinstance(self.ask(name, command), Accepted)

    def machine(self, name: NodeName) -> NodeMachine:
        """Return the machine of a node whose daemon runs."""
        machine = self.computers[name].machine
        assert machine is not None, f"{name} is down"
        return machine

    def state(self, name: NodeName) -> Replicated:
        """Return what this node has applied."""
        return self.machine(name).state

    def leader(self) -> NodeName:
        """Return the one node that leads and is not cut off."""
        (found,) = (
            name
            for name in self.computers
            if name not in self.cut
            and self.computers[name].machine is not None
            and self.machine(name).facts(self.now).in_charge
        )
        return found

    def holders(self) -> list[NodeName]:
        """Return where the VIP truly runs."""
        return [name for name, each in self.computers.items() if VIP in each.active]

    # Time.

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (due := self._next()) <= end:
            self._tick(due)
        self.now = max(self.now, end)

    def until(self, reached: Callable[[], bool], within: float = 10.0) -> float:
        """Let time pass until this is so; return the instant."""
        end = self.now + within
        while not reached():
            due = self._next()
            assert due <= end, f"not reached within {within} s"
            self._tick(due)
        return self.now

    def settle(self) -> None:
        """Let time pass until the coordinator has nothing left to do."""
        self.until(lambda: any(self._is_settled(name) for name in self.computers))

    def _wall(self, name: NodeName) -> float:
        return WALL + self.now + self.computers[name].wall_error

    def _is_settled(self, name: NodeName) -> bool:
        machine = self.computers[name].machine
        return machine is not None and machine.facts(self.now).settled

    def _next(self) -> float:
        machines = [each.machine for each in self.computers.values() if each.machine]
        return max(self.now, min(each.deadline() for each in machines))

    def _tick(self, due: float) -> None:
        self.now = due + 1e-6
        for name, computer in self.computers.items():
            if computer.machine and computer.machine.deadline() <= self.now:
                self._queue.append((name, Tick()))
        self._drain()

    # The world's side of the effects.

    def _drain(self) -> None:
        while self._queue:
            name, what = self._queue.popleft()
            machine = self.computers[name].machine
            if machine is not None:
                self._perform(name, machine.handle(what, self.now, self._wall(name)))
                self.watch()

    def _perform(self, name: NodeName, effects: list[Effect]) -> None:
        for each in effects:
            self._perform_one(name, each)

    def _perform_one(self, name: NodeName, effect: Effect) -> None:  # noqa: C901, PLR0912  # A table.
        computer = self.computers[name]
        match effect:
            case Persist(ticket=ticket):
                computer.disk.save(effect)
                if ticket:
                    self._queue.append((name, Persisted(ticket=ticket)))
            case SendRaft(to=to, message=raft):
                self._send(name, to, RaftReceived(sender=name, message=raft))
                self.sent.append((name, effect))
            case SendLink(to=to, message=link):
                self._send(name, to, LinkReceived(sender=name, message=link))
                self.sent.append((name, effect))
            case RequestPlan(ticket=ticket, state=state):
                planned = Planned(ticket=ticket, transition=plan(state))
                self._queue.append((name, planned))
            case RunAgent():
                exited = computer.run(effect, self._wall(name))
                if not computer.is_holding_back:
                    self._queue.append((name, exited))
            case CollectedAgent(run=run):
                computer.results.pop(run, None)
            case HoldLease():
                computer.leases.append(effect)
            case Answer(ticket=ticket, reply=reply):
                assert ticket not in self.answers, "answered twice"
                self.answers[ticket] = reply
            case Tell(note=note):
                self.notes.append((self.now, name, note))
            case Connect(peers=peers):
                self.connections[name] = dict(peers)
            case Stop():
                computer.stops.append(effect)
            case KillAgent() | Unwatch():
                pass  # Agents end at once, and nobody watches here.

    def _send(self, sender: NodeName, to: NodeName, what: Input) -> None:
        if sender not in self.cut and to not in self.cut and to in self.computers:
            self._queue.append((to, what))

    def _computer(
        self, name: NodeName, raft_id: int, seeds: dict[int, tuple[NodeName, str]]
    ) -> Computer:
        settings = NodeSettings(
            name=name, raft_id=raft_id, instance="", timing=FAST, seeds=seeds
        )
        computer = Computer(settings=settings, dice=lambda sides: raft_id % sides)
        self.computers[name] = computer
        return computer


def three(*, has_filter: bool = False) -> World:
    """Return a settled cluster of three without resources."""
    world = World()
    world.found(N1, has_filter=has_filter)
    world.run(2.0)
    for name in (N2, N3):
        world.join(name, through=N1, has_filter=has_filter)
        world.run(2.0)
    world.settle()
    return world


def three_with_vip(
    release: Release = Release.KERNEL, *, has_filter: bool = False
) -> World:
    """Return a settled cluster of three; the VIP runs somewhere."""
    world = three(has_filter=has_filter)
    world.configure(N1, one_vip(release))
    world.settle()
    return world
