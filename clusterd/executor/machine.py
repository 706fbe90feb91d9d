"""The executor of one node: operations in, agents out, results back.

Everyday picture: a start is ordered, its agent runs, its result is reported until
the log has it; then a monitor begins and recurs, and nobody hears of it until its
answer changes. A stop ends the monitors first.

The runner is asked for a run under an id that never changes. It runs each id once
and repeats its answer, so after any loss of the connection it is simply asked
again; only if the runner itself started anew is what it ran before lost.
"""

from typing import assert_never

from clusterd.agents.ocf import environment
from clusterd.executor.answer import result_of, unanswered
from clusterd.executor.deadline import Flight
from clusterd.executor.effects import (
    CollectedAgent,
    Effect,
    KillAgent,
    Mention,
    Report,
    RunAgent,
    Unwatch,
)
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
from clusterd.executor.inventory import Inventory
from clusterd.executor.job import BRINGS_UP, CHANGES, ENDINGS, Job
from clusterd.executor.memory import Memory
from clusterd.executor.queue import Lane
from clusterd.executor.recurring import Recurrence, spread
from clusterd.executor.reports import Reports
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.note import Level, Note
from clusterd.model.result import OperationResult, Outcome
from clusterd.model.status import Operation, monitor_key

_KNOWN_MAX = 8192
"""Operation ids remembered, so that one ordered twice runs once."""


class ExecutorMachine:
    """Runs what this node is told to run; `now` is boot-time seconds."""

    def __init__(self, node: NodeName) -> None:
        self._node = node
        self._start = ""
        self._run_count = 0
        self._boot: str | None = None
        self._is_attached = False
        self._alive: frozenset[str] = frozenset()
        self._lanes: dict[InstanceName, Lane] = {}
        self._flying: dict[str, Lane] = {}
        self._inventory = Inventory()
        self._reports = Reports()
        self._known = Memory(_KNOWN_MAX)
        self._given_up = Memory(_KNOWN_MAX)
        self._wall_offset: float | None = None
        self._effects: list[Effect] = []

    @property
    def boot(self) -> str | None:
        """The runner's boot; None before the first one was attached."""
        return self._boot

    def deadline(self) -> float | None:
        """Return when `Wake` is wanted; None: not before something else happens."""
        times = [
            lane.deadline(is_attached=self._is_attached)
            for lane in self._lanes.values()
        ]
        times.append(self._reports.deadline())
        return min((each for each in times if each is not None), default=None)

    def handle(self, what: Input, now: float) -> list[Effect]:
        """Take one input in; return what is to be done, in this order."""
        self._start = self._start or f"{round(now * 1000):x}"
        self._effects = []
        self._dispatch(what, now)
        self._look(now)
        return self._effects

    def _dispatch(self, what: Input, now: float) -> None:
        match what:
            case Begin(operation=operation):
                self._begin(operation, now)
            case Cancel(operation=operation):
                self._cancel(operation)
            case Adopt():
                self._adopt(what, now)
            case Recorded(operation_id=name, finished_wall=wall):
                runs = self._reports.record(name, wall)
                self._effects += [CollectedAgent(run=run) for run in runs]
            case AgentExited():
                self._exited(what, now)
            case Noticed():
                self._notice(what, now)
            case RunnerAttached():
                self._attach(what, now)
            case RunnerLost():
                self._is_attached = False
                self._mention("runner-lost", Level.WARNING, "agents cannot be run")
            case Wake():
                pass  # `_look` does it.
            case _:
                assert_never(what)

    # Orders.

    def _begin(self, operation: Operation, now: float) -> None:
        if operation.operation_id in self._known:
            return
        self._known.add(operation.operation_id)
        if operation.interval:
            self._recur(operation, now + operation.start_delay)
        else:
            self._begin_once(operation, now)

    def _begin_once(
        self, operation: Operation, now: float, boot: str | None = None
    ) -> None:
        lane = self._lane(operation.instance)
        if operation.operation in CHANGES:
            for key in lane.recurring_keys():
                self._end(lane, key)
        if operation.operation in ENDINGS:
            self._effects.append(Unwatch(instance=operation.instance))
        job = Job(
            run=operation.operation_id,
            operation=operation,
            ready_at=now + operation.start_delay,
            boot=boot,
        )
        lane.add(job)

    def _recur(self, operation: Operation, due_at: float) -> Recurrence:
        lane = self._lane(operation.instance)
        recurrence = Recurrence(operation, due_at)
        self._end(lane, recurrence.key)
        lane.recur(recurrence)
        self._inventory.learn(operation)
        return recurrence

    def _cancel(self, operation: Operation) -> None:
        lane = self._lanes.get(operation.instance)
        if lane is not None:
            self._end(lane, monitor_key(operation.operation, operation.interval))

    def _end(self, lane: Lane, key: str) -> None:
        job = lane.end(key)
        if job is not None:
            self._give_up(job)

    def _give_up(self, job: Job) -> None:
        del self._flying[job.run]
        self._given_up.add(job.run)
        self._effects.append(KillAgent(run=job.run))

    # The daemon started anew.

    def _adopt(self, log: Adopt, now: float) -> None:
        reported = {each.operation_id: each for each in log.results}
        for place, operation in enumerate(log.recurring):
            if operation.operation_id in self._known:
                continue
            self._known.add(operation.operation_id)
            delay = spread(len(log.recurring), place, operation.interval)
            recurrence = self._recur(operation, now + delay)
            result = reported.get(operation.operation_id)
            if result is not None and result.outcome is not Outcome.PENDING:
                recurrence.remember(result)
        for operation in log.pending:
            if operation.operation_id not in self._known:
                self._known.add(operation.operation_id)
                self._begin_once(operation, now, log.boot)

    # The runner.

    def _attach(self, runner: RunnerAttached, now: float) -> None:
        is_new = self._boot not in (None, runner.boot)
        self._boot = runner.boot
        self._is_attached = True
        self._alive = frozenset((*runner.running, *runner.finished))
        self._mention("runner-attached", Level.INFO, f"boot {runner.boot}")
        for lane in tuple(self._flying.values()):
            if lane.flight is None:
                continue
            if is_new:
                self._lose(lane, now)
            elif lane.flight.job.run not in self._alive:
                self._ask(lane.flight.job)
        for run in runner.running:
            if run not in self._flying and ("@" in run or run in self._given_up):
                self._given_up.add(run)
                self._effects.append(KillAgent(run=run))

    def _lose(self, lane: Lane, now: float) -> None:
        assert lane.flight is not None
        job = lane.flight.job
        lane.flight = None
        del self._flying[job.run]
        if job.recurrence is not None:
            job.recurrence.retry(now, at_once=True)
            return
        self._report_lost(job, now)

    def _report_lost(self, job: Job, now: float) -> None:
        why = "the runner started anew meanwhile"
        result = unanswered(
            job.operation, self._node, Outcome.LOST, why, self._wall(now)
        )
        self._report(result, None, now)

    def _exited(self, exited: AgentExited, now: float) -> None:
        self._wall_offset = exited.wall - now
        lane = self._flying.pop(exited.run, None)
        if lane is None:
            # A one-off run may still be ordered (the log is read from its start
            # after a restart), and then its result is asked for again.
            if "@" in exited.run or exited.run in self._given_up:
                self._effects.append(CollectedAgent(run=exited.run))
            return
        assert lane.flight is not None, "what flies has a lane that knows it"
        job = lane.flight.job
        lane.flight = None
        result = result_of(job.operation, self._node, exited)
        if job.recurrence is not None:
            self._effects.append(CollectedAgent(run=exited.run))
        elif job.operation.operation in ENDINGS and not result.is_failure:
            self._inventory.forget(job.operation.instance)
        self._settle(job, result, now)

    def _settle(self, job: Job, result: OperationResult, now: float) -> None:
        if job.recurrence is None:
            self._report(result, job.run, now)
        elif job.recurrence.take(result, now):
            self._report(result, None, now)

    def _notice(self, noticed: Noticed, now: float) -> None:
        lane = self._lane(noticed.instance)
        if lane.is_changing:
            return
        what = f"{noticed.instance}: {noticed.what}"
        self._mention("resource-event", Level.NOTICE, what)
        monitor = lane.monitor()
        if monitor is None:
            operation = self._inventory.monitor(noticed.instance)
            if operation is None:
                return
            monitor = Recurrence(operation, None)
            lane.recur(monitor)
        lane.notice(monitor, now)

    # Time.

    def _look(self, now: float) -> None:
        for lane in tuple(self._lanes.values()):
            if lane.flight is not None and lane.flight.overdue_at <= now:
                self._overdue(lane, lane.flight.job, now)
            if self._is_attached:
                lane.enqueue_due(now, self._run_name)
                self._advance(lane, now)
        idle = [name for name, lane in self._lanes.items() if lane.is_idle]
        for name in idle:
            del self._lanes[name]
        self._effects += [Report(result=each) for each in self._reports.due(now)]

    def _advance(self, lane: Lane, now: float) -> None:
        while (job := lane.take_next(now)) is not None:
            if self._was_lost(job):
                self._report_lost(job, now)
                continue
            lane.flight = Flight.begun(job, now)
            self._flying[job.run] = lane
            self._ask(job)

    def _was_lost(self, job: Job) -> bool:
        """Tell whether an adopted job may have begun with a runner that is gone."""
        if job.boot is None or job.run in self._alive:
            return False
        return job.boot != self._boot

    def _overdue(self, lane: Lane, job: Job, now: float) -> None:
        lane.flight = None
        self._give_up(job)
        outcome = Outcome.TIMEOUT if self._is_attached else Outcome.LOST
        why = f"no answer from the runner about a limit of {job.operation.timeout:g} s"
        self._mention("operation-overdue", Level.ERROR, f"`{job.run}`: {why}")
        result = unanswered(job.operation, self._node, outcome, why, self._wall(now))
        self._settle(job, result, now)

    # Effects.

    def _ask(self, job: Job) -> None:
        operation = self._inventory.fitting(job.operation)
        self._inventory.learn(operation)
        self._effects.append(
            RunAgent(
                run=job.run,
                agent=operation.agent,
                action=operation.operation,
                instance=operation.instance,
                environment=environment(operation, self._node),
                timeout=operation.timeout,
                watch=operation.watch and operation.operation not in ENDINGS,
                exclusive=operation.exclusive and operation.operation in BRINGS_UP,
                leased=operation.exclusive,
            )
        )

    def _report(self, result: OperationResult, run: str | None, now: float) -> None:
        self._effects.append(Report(result=result))
        dropped = self._reports.add(result, run, now)
        if dropped is not None:
            text = f"result of `{dropped.operation_id}` given up: nobody records it"
            self._mention("result-dropped", Level.ERROR, text)

    def _mention(self, name: str, level: Level, text: str) -> None:
        self._effects.append(Mention(note=Note(name=name, level=level, text=text)))

    def _run_name(self, operation_id: str) -> str:
        """Return the id of one more run of a recurring operation.

        The runner may still know runs of an earlier start of the daemon. That start
        was at another instant of the same clock: a name nobody has to supply.
        """
        self._run_count += 1
        return f"{operation_id}@{self._start}.{self._run_count}"

    def _lane(self, instance: InstanceName) -> Lane:
        return self._lanes.setdefault(instance, Lane())

    def _wall(self, now: float) -> float:
        """Return the wall clock as the last agent's end told it; 0 before any."""
        return 0.0 if self._wall_offset is None else now + self._wall_offset
