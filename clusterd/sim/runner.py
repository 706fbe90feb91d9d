"""The runner of one machine: runs agents, ends them in time, keeps their results.

Follows `runner`: each run id is run once and its answer repeated; it outlives the
daemon. A new runner (another `boot`) has killed the agents of the old one; what
they started goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from clusterd.executor.effects import RunAgent
from clusterd.executor.inputs import AgentExited, Noticed, RunnerAttached
from clusterd.model.names import InstanceName, NodeName, ResourceName, history_name
from clusterd.node.inputs import Input
from clusterd.sim.agents import ADDRESS, Agents
from clusterd.sim.clocks import Clock
from clusterd.sim.guard import Guard
from clusterd.sim.reality import Reality
from clusterd.sim.world import World

FORK = 0.001
"""Seconds from the order to the agent's first instruction."""
NOTICING = 0.003
"""Seconds from a death to the news of it."""
KILLED = 9


@dataclass(slots=True, kw_only=True)
class Run:
    """One execution of an agent. `result` None: it runs."""

    order: RunAgent
    begun: float
    result: AgentExited | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What agents on one machine act upon."""

    node: NodeName
    world: World
    clock: Clock
    reality: Reality
    agents: Agents
    guard: Guard
    tell: Callable[[Input], None]
    """Tell the daemon, if it runs."""


@dataclass(slots=True)
class Runner:
    """One runner since its own start."""

    around: Surroundings
    boot: str
    runs: dict[str, Run] = field(default_factory=dict)
    watched: dict[ResourceName, InstanceName] = field(default_factory=dict)

    def attach(self) -> list[Input]:
        """Return what a daemon that connects is told."""
        finished = [run.result for run in self.runs.values() if run.result]
        running = (name for name, run in self.runs.items() if not run.result)
        hello = RunnerAttached(
            boot=self.boot,
            running=tuple(running),
            finished=tuple(each.run for each in finished),
        )
        return [hello, *finished]

    def run(self, order: RunAgent) -> None:
        """Run an agent, or repeat the answer of a run that is known."""
        known = self.runs.get(order.run)
        if known is not None:
            if known.result is not None:
                self.around.tell(known.result)
            return
        run = Run(order=order, begun=self.around.world.now + FORK)
        self.runs[order.run] = run
        if order.action in ("start", "stop"):
            self.unwatch(order.instance)
        self._plan(run)

    def kill(self, name: str) -> None:
        """Kill a run."""
        run = self.runs.get(name)
        if run is not None:
            self._end(run, signal=KILLED)

    def collected(self, name: str) -> None:
        """Forget a result."""
        self.runs.pop(name, None)

    def unwatch(self, instance: InstanceName) -> None:
        """Send no more news of this instance."""
        self.watched.pop(history_name(instance), None)

    def kill_all_of(self, name: ResourceName) -> None:
        """Kill the processes of a primitive and its agents, as the guard does."""
        for run in list(self.runs.values()):
            if history_name(run.order.instance) == name:
                self._end(run, signal=KILLED)
        self.vanish(name)

    def vanish(self, name: ResourceName) -> None:
        """Let a resource be gone without an agent's doing."""
        around = self.around
        if around.reality.vanish(name, around.node) and name in self.watched:
            instance = self.watched[name]
            news = Noticed(instance=instance, what="it is gone")
            around.world.after(NOTICING, lambda: around.tell(news))

    def _plan(self, run: Run) -> None:
        around, order = self.around, run.order
        name = history_name(order.instance)
        script = around.agents.script(around.node, name, order.action, order.timeout)
        status = [1 if script.fails else 0]

        def act() -> None:
            if run.result is None and self._is_mine(run):
                status[0] = max(status[0], self._act(order, name))

        def leave() -> None:
            self._end(run, status=self._last_look(order, name, status[0]))

        world = around.world
        begun = around.clock.boot_time(run.begun)
        if order.not_after is not None and begun >= order.not_after:
            world.at(run.begun, lambda: self._end(run, error="its lease has ended"))
            return
        if script.effect_at is not None and order.action != "monitor":
            world.at(run.begun + script.effect_at, act)
        if script.ends_at is not None and script.ends_at < order.timeout:
            world.at(run.begun + script.ends_at, leave)
        else:
            limit = run.begun + order.timeout
            world.at(limit, lambda: self._end(run, timed_out=True))

    def _is_mine(self, run: Run) -> bool:
        return self.runs.get(run.order.run) is run

    def _act(self, order: RunAgent, name: ResourceName) -> int:
        """Do what the agent is for; return its exit code."""
        around = self.around
        is_address = order.agent == ADDRESS
        if order.action == "start":
            if is_address and not around.guard.hold(name):
                return 1
            around.reality.appear(name, around.node)
        elif order.action == "stop":
            if is_address:
                around.guard.release(name)
            around.reality.vanish(name, around.node)
        return 0

    def _last_look(self, order: RunAgent, name: ResourceName, status: int) -> int:
        if order.action != "monitor" or status:
            return status
        around = self.around
        return 0 if around.reality.is_active(name, around.node) else 7

    def _end(
        self,
        run: Run,
        *,
        status: int | None = None,
        signal: int | None = None,
        timed_out: bool = False,
        error: str = "",
    ) -> None:
        around = self.around
        if run.result is not None or not self._is_mine(run):
            return
        real = around.world.now
        run.result = AgentExited(
            run=run.order.run,
            status=status,
            signal=signal,
            timed_out=timed_out,
            error=error,
            duration=max(0.0, real - run.begun),
            wall=around.clock.wall(real),
        )
        name = history_name(run.order.instance)
        if run.order.watch and status == 0:
            self.watched[name] = run.order.instance
        around.tell(run.result)
