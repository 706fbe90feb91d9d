"""What the executor keeps whatever happens, in whatever order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from clusterd.executor.effects import KillAgent, Report, RunAgent
from clusterd.executor.inputs import (
    Adopt,
    AgentExited,
    Begin,
    Cancel,
    Input,
    Noticed,
    Recorded,
    RunnerAttached,
    RunnerLost,
    Wake,
)
from clusterd.executor.machine import ExecutorMachine
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import OperationResult
from clusterd.model.status import Operation

NODE = NodeName("n1")
INSTANCES = [InstanceName("vip"), InstanceName("haproxy:0")]
CHANGES = ("start", "stop", "promote", "demote")


class Executions(RuleBasedStateMachine):
    """An executor with a runner that may die, answer late, or be away."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = ExecutorMachine(NODE)
        self.now = 50.0
        self.boot = 0
        self.is_attached = False
        self.running: dict[str, RunAgent] = {}  # In the runner.
        self.killed: set[str] = set()
        self.begun: dict[str, tuple[int, RunAgent]] = {}
        self.ordered: dict[str, Operation] = {}
        self.ordered_under: dict[str, str] = {}
        self.recorded: set[str] = set()
        self.monitors: dict[tuple[str, float], Operation] = {}
        self.reported: dict[str, OperationResult] = {}
        self.count = 0

    def tell(self, what: Input) -> None:
        """Give an input and carry the effects out."""
        for each in self.machine.handle(what, self.now):
            if isinstance(each, RunAgent):
                assert self.is_attached, "nobody is there to hear it"
                self.run(each)
            elif isinstance(each, KillAgent):
                self.killed.add(each.run)
            elif isinstance(each, Report):
                self.reported[each.result.operation_id] = each.result

    def run(self, agent: RunAgent) -> None:
        """Do what the runner does: each run once."""
        if agent.run in self.begun:
            boot, _ = self.begun[agent.run]
            assert boot == self.boot, "what a dead runner began is not begun again"
            return
        if "@" in agent.run and not agent.run.partition("@")[2].startswith("noticed"):
            owners = [each.operation_id for each in self.monitors.values()]
            assert agent.run.partition("@")[0] in owners, "its monitor was ended"
        self.begun[agent.run] = (self.boot, agent)
        self.running[agent.run] = agent

    @rule(
        what=st.sampled_from([*CHANGES, "monitor"]),
        instance=st.sampled_from(INSTANCES),
        interval=st.sampled_from([0.0, 0.0, 5.0, 10.0]),
    )
    def order(self, what: str, instance: InstanceName, interval: float) -> None:
        """Order something; changes end the monitors."""
        self.count += 1
        operation = Operation(
            operation_id=str(self.count),
            node=NODE,
            session=1,
            instance=instance,
            operation=what,
            interval=interval if what == "monitor" else 0.0,
            agent="ocf:clusterd:VIP",
        )
        if operation.interval:
            self.monitors[instance, interval] = operation
        else:
            self.ordered[operation.operation_id] = operation
            self.ordered_under[operation.operation_id] = str(self.boot)
        if what in CHANGES:
            self.end_monitors(instance)
        self.tell(Begin(operation=operation))
        self.tell(Begin(operation=operation))

    def end_monitors(self, instance: str) -> None:
        """Forget the monitors of an instance."""
        self.monitors = {k: v for k, v in self.monitors.items() if k[0] != instance}

    @rule(
        instance=st.sampled_from(INSTANCES), interval=st.sampled_from([0.0, 5.0, 10.0])
    )
    def cancel(self, instance: InstanceName, interval: float) -> None:
        """End a monitor, whether there is one or not."""
        self.monitors.pop((instance, interval), None)
        operation = Operation(
            operation_id="c",
            node=NODE,
            session=1,
            instance=instance,
            operation="monitor",
            interval=interval,
        )
        self.tell(Cancel(operation=operation))

    @rule(place=st.integers(0, 5), status=st.sampled_from([0, 1, 7]))
    def exit(self, place: int, status: int) -> None:
        """Let one agent end."""
        if self.is_attached and self.running:
            run = sorted(self.running)[place % len(self.running)]
            del self.running[run]
            wall = self.now + 1000
            self.tell(AgentExited(run=run, status=status, wall=wall))

    @rule(seconds=st.floats(0, 40))
    def let_time_pass(self, seconds: float) -> None:
        """Wake the machine whenever it wants to be woken."""
        until = self.now + seconds
        for _ in range(2000):
            due = self.machine.deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self.tell(Wake())
        else:
            raise AssertionError("it spins")
        self.now = until

    @rule(instance=st.sampled_from(INSTANCES))
    def notice(self, instance: InstanceName) -> None:
        """Tell of an event."""
        self.tell(Noticed(instance=instance, what="process 7 exited"))

    @rule()
    def record(self) -> None:
        """Commit all results reported so far."""
        for name in list(self.reported):
            self.recorded.add(name)
            self.tell(Recorded(operation_id=name))

    @rule()
    def lose(self) -> None:
        """Cut the connection."""
        if self.is_attached:
            self.is_attached = False
            self.tell(RunnerLost())

    @rule()
    def restart(self) -> None:
        """Start the daemon anew: it knows what the log says, and nothing else."""
        self.now += 0.01
        self.is_attached = False
        self.machine = ExecutorMachine(NODE)
        pending = [o for name, o in self.ordered.items() if name not in self.recorded]
        boots = {self.ordered_under[each.operation_id] for each in pending}
        adopt = Adopt(
            pending=tuple(pending),
            recurring=tuple(self.monitors.values()),
            boot=boots.pop() if len(boots) == 1 else "",
        )
        self.tell(adopt)

    @rule(dies=st.booleans())
    def attach(self, *, dies: bool) -> None:
        """Connect to the same runner, or to its successor."""
        if self.is_attached:
            self.lose()
        if dies or not self.boot:
            self.boot += 1
            self.running = {}
        self.is_attached = True
        self.tell(RunnerAttached(boot=str(self.boot), running=tuple(self.running)))

    @invariant()
    def one_at_a_time(self) -> None:
        """Two agents of one resource never run at once, but for killed ones."""
        alive = [
            a.instance for run, a in self.running.items() if run not in self.killed
        ]
        assert len(alive) == len(set(alive))

    @invariant()
    def it_wants_to_be_woken_later(self) -> None:
        """Never give a deadline that has passed: the node would spin."""
        self.tell(Wake())
        due = self.machine.deadline()
        assert due is None or due > self.now

    def teardown(self) -> None:
        """Every operation that was ordered ends in a result, whatever happened."""
        self.attach(dies=False)
        for _ in range(3 * self.count + 3):
            self.let_time_pass(31.0)
            while self.running:
                self.exit(0, 0)
            self.attach(dies=False)
        missing = self.ordered.keys() - self.reported.keys()
        assert not missing, f"no result for {missing}"


TestExecutions = Executions.TestCase
TestExecutions.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None
)
