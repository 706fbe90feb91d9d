"""The executor as values: inputs and instants in, effects out."""

from dataclasses import replace

import pytest

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
from clusterd.executor.machine import ExecutorMachine
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import Operation

NODE = NodeName("n1")


def an_operation(name: str, what: str, **more: object) -> Operation:
    """Return an operation of `vip` unless `instance` says otherwise."""
    facts: dict[str, object] = {
        "instance": InstanceName("vip"),
        "timeout": 20.0,
        "agent": "ocf:clusterd:VIP",
        "params": {"ip": "192.0.2.1"},
    }
    facts |= more
    return Operation(
        operation_id=name,
        node=NODE,
        session=1,
        operation=what,
        **facts,  # type: ignore[arg-type]  # Named by the tests.
    )


def a_monitor(name: str = "m", **more: object) -> Operation:
    """Return a monitor every 10 s."""
    return an_operation(name, "monitor", **({"interval": 10.0} | more))


class Bench:
    """A machine with a runner attached, and its effects sorted by kind."""

    def __init__(self, *, attached: bool = True) -> None:
        self.machine = ExecutorMachine(NODE)
        self.effects: list[Effect] = []
        self.runs: list[RunAgent] = []
        self.results: list[OperationResult] = []
        self.now = 100.0
        if attached:
            self.tell(RunnerAttached(boot="b1"))

    def tell(self, what: Input, at: float | None = None) -> list[Effect]:
        """Give one input; remember what was run and reported."""
        self.now = self.now if at is None else at
        self.effects = self.machine.handle(what, self.now)
        self.runs += [each for each in self.effects if isinstance(each, RunAgent)]
        self.results += [e.result for e in self.effects if isinstance(e, Report)]
        return self.effects

    def end(self, run: RunAgent, status: int = 0, at: float | None = None) -> None:
        """Let a run end; the wall clock is 1000 s ahead."""
        self.now = self.now if at is None else at
        self.tell(AgentExited(run=run.run, status=status, wall=self.now + 1000))

    def wake(self) -> None:
        """Let time pass until the machine wants to be woken."""
        due = self.machine.deadline()
        assert due is not None
        self.tell(Wake(), at=max(due, self.now))

    def actions(self) -> list[str]:
        """Return what was asked of the runner so far."""
        return [each.action for each in self.runs]


def kinds(effects: list[Effect]) -> list[type[Effect]]:
    """Return the types of the effects, without what is for the journal."""
    return [type(each) for each in effects if not isinstance(each, Mention)]


def test_a_start_is_run_and_its_result_reported() -> None:
    """The whole way of an operation, with the environment of the standard."""
    bench = Bench()

    bench.tell(Begin(operation=an_operation("1", "start", exclusive=True, watch=True)))
    bench.end(bench.runs[0])

    run = bench.runs[0]
    assert (run.run, run.action, run.timeout) == ("1", "start", 20.0)
    assert run.environment["OCF_RESKEY_ip"] == "192.0.2.1"
    assert run.leased
    assert run.watch
    assert bench.results[0].operation_id == "1"
    assert not bench.results[0].is_failure


def test_an_operation_ordered_twice_runs_once() -> None:
    """The log may be applied again after a restart; also when it is done."""
    bench = Bench()
    start = an_operation("1", "start")

    bench.tell(Begin(operation=start))
    bench.tell(Begin(operation=start))
    bench.end(bench.runs[0])
    bench.tell(Begin(operation=start))

    assert bench.actions() == ["start"]


def test_one_operation_at_a_time_per_resource() -> None:
    """The second waits for the first; another resource does not."""
    bench = Bench()
    other = InstanceName("haproxy:1")

    bench.tell(Begin(operation=an_operation("1", "monitor", expected=7)))
    bench.tell(Begin(operation=an_operation("2", "start")))
    bench.tell(Begin(operation=an_operation("3", "start", instance=other)))
    before = [each.run for each in bench.runs]
    bench.end(bench.runs[0], 7)

    assert before == ["1", "3"]
    assert [each.run for each in bench.runs] == ["1", "3", "2"]


def test_a_stop_kills_the_running_monitor_and_does_not_wait_for_it() -> None:
    """A monitor that hangs must not delay a stop: a late stop is a fencing."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))
    monitor = bench.runs[0].run

    effects = bench.tell(Begin(operation=an_operation("2", "stop")))

    assert kinds(effects) == [KillAgent, Unwatch, RunAgent]
    assert effects[0] == KillAgent(run=monitor)
    assert bench.actions() == ["monitor", "stop"]


def test_the_late_exit_of_a_cancelled_monitor_is_ignored() -> None:
    """It says nothing any more; the runner may forget it."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))
    monitor = bench.runs[0]
    bench.tell(Begin(operation=an_operation("2", "stop")))

    effects = bench.tell(AgentExited(run=monitor.run, signal=9))

    assert effects == [CollectedAgent(run=monitor.run)]
    assert bench.results == []


def test_a_probe_under_way_is_waited_for() -> None:
    """One-off operations cannot be cancelled: they are part of a plan."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "monitor", expected=7)))

    effects = bench.tell(Begin(operation=an_operation("2", "stop")))

    assert kinds(effects) == [Unwatch]


def test_a_monitor_runs_at_once_and_then_an_interval_after_its_end() -> None:
    """OCF.md section 4: no alignment, never two at once."""
    bench = Bench()

    bench.tell(Begin(operation=a_monitor()), at=100.0)
    bench.end(bench.runs[0], at=103.0)
    due = bench.machine.deadline()
    bench.tell(Recorded(operation_id="m"))

    assert due == 104.0  # Until it is recorded.
    assert bench.machine.deadline() == 113.0


def test_a_start_delay_shifts_the_first_run_only() -> None:
    """The limit of time counts from the start of the agent."""
    bench = Bench()

    bench.tell(Begin(operation=a_monitor(start_delay=5.0)), at=100.0)
    delayed = bench.machine.deadline()
    bench.wake()

    assert delayed == 105.0
    assert bench.actions() == ["monitor"]


def test_only_changes_of_a_monitor_are_reported() -> None:
    """A monitor that stays failed is reported once; so is its recovery."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))

    for status in (0, 0, 7, 7, 0):
        bench.end(bench.runs[-1], status)
        bench.tell(Recorded(operation_id="m"))
        bench.wake()

    codes = [int(each.code) for each in bench.results]
    assert codes == [0, 7, 0]


def test_the_runs_of_a_monitor_have_names_of_their_own() -> None:
    """Also after a restart of the daemon: the runner would answer with old results."""
    first, second = Bench(), Bench(attached=False)
    second.tell(RunnerAttached(boot="b1"), at=200.0)

    for bench in (first, second):
        bench.tell(Begin(operation=a_monitor()))
        bench.end(bench.runs[0])
        bench.tell(Recorded(operation_id="m"))
        bench.wake()

    names = [each.run for each in (*first.runs, *second.runs)]
    assert len(set(names)) == 4
    assert all(name.startswith("m@") for name in names)


def test_a_monitor_ordered_anew_replaces_the_old_one() -> None:
    """It runs at once, and what the old one still says does not count."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor("m1")))

    effects = bench.tell(Begin(operation=a_monitor("m2")))
    bench.end(bench.runs[1])

    assert kinds(effects) == [KillAgent, RunAgent]
    assert [each.operation_id for each in bench.results] == ["m2"]


def test_cancel_ends_a_monitor() -> None:
    """The one of the same name and interval; the others go on."""
    bench = Bench()
    deep = a_monitor("deep", interval=60.0)
    bench.tell(Begin(operation=a_monitor()))
    bench.end(bench.runs[0])
    bench.tell(Recorded(operation_id="m"))
    bench.tell(Begin(operation=deep))

    effects = bench.tell(Cancel(operation=replace(deep, operation_id="c")))

    assert kinds(effects) == [KillAgent]
    bench.wake()
    assert bench.runs[-1].run.startswith("m@")


def test_an_event_runs_the_most_frequent_monitor_at_once() -> None:
    """D7: failures are events first, polls second."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor("slow", interval=60.0)))
    bench.end(bench.runs[0])
    bench.tell(Begin(operation=a_monitor("fast", interval=5.0)))
    bench.end(bench.runs[1])

    bench.tell(Noticed(instance=InstanceName("vip"), what="process 7 exited"), at=101.0)
    bench.end(bench.runs[2], 7)

    assert bench.runs[2].run.startswith("fast@")
    assert bench.results[-1].operation_id == "fast"
    assert bench.results[-1].is_failure


def test_a_failure_that_an_event_found_is_reported_although_nothing_changed() -> None:
    """The service may have come back in between, and failed a second time."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))
    bench.end(bench.runs[0], 7)
    bench.tell(Recorded(operation_id="m"))

    bench.tell(Noticed(instance=InstanceName("vip"), what="process 7 exited"))
    bench.end(bench.runs[1], 7)

    assert [int(each.code) for each in bench.results] == [7, 7]


def test_a_flapping_event_cannot_make_the_node_spin() -> None:
    """A hundred events within one second give at most six monitors."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))
    bench.end(bench.runs[0])
    bench.tell(Recorded(operation_id="m"))

    for step in range(100):
        at = 100.0 + step / 100
        bench.tell(Noticed(instance=InstanceName("vip"), what="again"), at=at)
        if bench.machine.deadline() == at:
            bench.wake()
        if len(bench.runs) > len(bench.results):
            bench.end(bench.runs[-1], len(bench.runs) % 2 * 7)

    assert 3 <= len(bench.runs) - 1 <= 6


def test_an_event_during_a_monitor_asks_for_another_one() -> None:
    """The monitor under way may have looked before it happened."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))

    bench.tell(Noticed(instance=InstanceName("vip"), what="process 7 exited"))
    bench.end(bench.runs[0], at=101.0)

    assert bench.actions() == ["monitor", "monitor"]


def test_an_event_without_a_monitor_runs_one_and_tells_only_of_failure() -> None:
    """What was started is known, so it can be looked at."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.end(bench.runs[0])

    for status in (0, 7):
        at = bench.now + 1
        bench.tell(Noticed(instance=InstanceName("vip"), what="gone"), at=at)
        bench.end(bench.runs[-1], status)

    assert bench.actions() == ["start", "monitor", "monitor"]
    assert bench.results[-1].operation_id == "1@noticed"
    assert bench.results[-1].expected is ExitCode.SUCCESS
    failures = [each for each in bench.results if each.is_failure]
    assert len(failures) == 1


def test_events_of_a_resource_that_is_being_stopped_are_expected() -> None:
    """Its process exits because it shall."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.end(bench.runs[0])
    bench.tell(Begin(operation=an_operation("2", "stop")))

    bench.tell(Noticed(instance=InstanceName("vip"), what="process 7 exited"))
    bench.end(bench.runs[1])

    assert bench.actions() == ["start", "stop"]


def test_events_of_what_nobody_started_lead_to_nothing() -> None:
    """There is no agent that could be asked."""
    bench = Bench()

    bench.tell(Noticed(instance=InstanceName("ghost"), what="process 7 exited"))

    assert bench.runs == []
    assert bench.machine.deadline() is None


def test_a_stop_uses_the_parameters_of_the_start() -> None:
    """After a change of the address the old one has to go."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.end(bench.runs[0], 1)

    stop = an_operation("2", "stop", params={"ip": "192.0.2.99"})
    bench.tell(Begin(operation=stop))

    assert bench.runs[1].environment["OCF_RESKEY_ip"] == "192.0.2.1"


def test_a_result_is_reported_every_second_until_it_is_recorded() -> None:
    """The coordinator that heard it may be gone."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.end(bench.runs[0], at=110.0)

    bench.wake()
    again = bench.now
    effects = bench.tell(Recorded(operation_id="1"))

    assert again == 111.0
    assert len(bench.results) == 2
    assert effects == [CollectedAgent(run="1")]
    assert bench.machine.deadline() is None


def test_a_second_result_survives_the_recording_of_the_first() -> None:
    """A monitor reports under one id; the wall clock tells its results apart."""
    bench = Bench()
    bench.tell(Begin(operation=a_monitor()))
    bench.end(bench.runs[0], 0, at=101.0)
    bench.wake()
    bench.tell(Wake(), at=111.0)
    bench.end(bench.runs[1], 7, at=112.0)

    bench.tell(Recorded(operation_id="m", finished_wall=1101.0))
    bench.tell(Wake(), at=113.0)

    assert bench.results[-1].code is ExitCode.NOT_RUNNING


def test_an_answer_that_never_comes_is_a_timeout_ten_seconds_late() -> None:
    """The runner ends agents in time; if it hangs, the stop must still run."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")), at=100.0)
    bench.tell(Begin(operation=an_operation("2", "stop")), at=101.0)

    bench.wake()

    assert bench.now == 130.0
    assert bench.results[0].outcome is Outcome.TIMEOUT
    assert KillAgent(run="1") in bench.effects
    assert bench.actions() == ["start", "stop"]


def test_nothing_is_asked_while_the_runner_is_away() -> None:
    """What is in flight waits for it; so does what is ordered meanwhile."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.tell(RunnerLost())
    other = InstanceName("other")

    bench.tell(Begin(operation=an_operation("2", "start", instance=other)))
    before = bench.actions()
    bench.tell(RunnerAttached(boot="b1", running=("1",)))
    bench.end(bench.runs[0])

    assert before == ["start"]
    assert [each.run for each in bench.runs] == ["1", "2"]
    assert [each.operation_id for each in bench.results] == ["1"]


def test_a_run_that_the_same_runner_does_not_know_is_asked_for_again() -> None:
    """The order was lost with the connection; the runner runs each id once."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.tell(RunnerLost())

    bench.tell(RunnerAttached(boot="b1"))

    assert [each.run for each in bench.runs] == ["1", "1"]


def test_what_a_dead_runner_was_doing_is_lost() -> None:
    """Nobody knows how far it came. A monitor is simply run again."""
    bench = Bench()
    other = InstanceName("other")
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.tell(Begin(operation=a_monitor(instance=other)))
    bench.tell(RunnerLost())

    bench.tell(RunnerAttached(boot="b2"))

    assert [each.outcome for each in bench.results] == [Outcome.LOST]
    assert bench.actions() == ["start", "monitor", "monitor"]


@pytest.mark.parametrize(
    ("runner", "runs", "outcomes"),
    [
        pytest.param(
            RunnerAttached(boot="b1", running=("1",)), ["1"], [], id="still running"
        ),
        pytest.param(
            RunnerAttached(boot="b1", finished=("1",)), ["1"], [], id="result waits"
        ),
        pytest.param(RunnerAttached(boot="b1"), ["1"], [], id="never asked"),
        pytest.param(
            RunnerAttached(boot="b2"), [], [Outcome.LOST], id="the runner died"
        ),
    ],
)
def test_a_new_daemon_adopts_what_was_pending(
    runner: RunnerAttached, runs: list[str], outcomes: list[Outcome]
) -> None:
    """Asking again is harmless with the same runner, and forbidden with another."""
    bench = Bench(attached=False)
    bench.tell(
        Adopt(pending=(an_operation("1", "start"),), recurring=(), boot="b1"),
    )

    bench.tell(runner)

    assert [each.run for each in bench.runs] == runs
    assert [each.outcome for each in bench.results] == outcomes


def test_a_new_daemon_goes_on_monitoring_and_knows_what_was_reported() -> None:
    """First runs are spread over the interval: all would be due at once."""
    bench = Bench()
    names = [InstanceName(f"r{number}") for number in range(4)]
    monitors = tuple(a_monitor(f"m-{name}", instance=name) for name in names)
    known = tuple(
        OperationResult(
            operation_id=each.operation_id,
            node=NODE,
            instance=each.instance,
            operation="monitor",
            interval=10.0,
        )
        for each in monitors
    )

    bench.tell(Adopt(pending=(), recurring=monitors, results=known), at=100.0)
    times = [bench.now]
    while len(bench.runs) < 4:
        bench.end(bench.runs[-1], 0)
        bench.wake()
        times.append(bench.now)

    assert times == [100.0, 102.5, 105.0, 107.5]
    assert bench.results == []


def test_a_new_daemon_ends_the_monitors_of_the_old_one() -> None:
    """Two of them at once would be one too many; their results are nobody's."""
    bench = Bench(attached=False)

    bench.tell(Adopt(pending=(), recurring=(a_monitor(),), boot="b1"))
    effects = bench.tell(RunnerAttached(boot="b1", running=("m@old.7", "5")))
    late = bench.tell(AgentExited(run="m@old.7", signal=9))

    assert KillAgent(run="m@old.7") in effects
    assert KillAgent(run="5") not in effects
    assert late == [CollectedAgent(run="m@old.7")]


def test_a_result_nobody_ordered_yet_is_left_with_the_runner() -> None:
    """A daemon that starts may hear of a result before it has read the order."""
    bench = Bench()

    before = bench.tell(AgentExited(run="1", status=0))
    bench.tell(Begin(operation=an_operation("1", "start")))
    bench.end(bench.runs[0])

    assert before == []
    assert [each.operation_id for each in bench.results] == ["1"]


@pytest.mark.parametrize(
    ("exited", "outcome", "code", "reason"),
    [
        pytest.param(
            AgentExited(run="1", errno=2),
            Outcome.ERROR,
            ExitCode.NOT_INSTALLED,
            "ENOENT",
            id="the agent is missing",
        ),
        pytest.param(
            AgentExited(run="1", errno=13),
            Outcome.ERROR,
            ExitCode.NO_PERMISSION,
            "EACCES",
            id="it is not executable",
        ),
        pytest.param(
            AgentExited(run="1", errno=11, error="no process could be made"),
            Outcome.ERROR,
            ExitCode.GENERIC_ERROR,
            "no process could be made",
            id="there is no process left",
        ),
        pytest.param(
            AgentExited(run="1", timed_out=True, signal=9),
            Outcome.TIMEOUT,
            ExitCode.GENERIC_ERROR,
            "20",
            id="it hangs",
        ),
        pytest.param(
            AgentExited(run="1", signal=11),
            Outcome.ERROR,
            ExitCode.GENERIC_ERROR,
            "SIGSEGV",
            id="it crashes",
        ),
        pytest.param(
            AgentExited(run="1", status=127),
            Outcome.DONE,
            ExitCode.GENERIC_ERROR,
            "127",
            id="a command is missing",
        ),
        pytest.param(
            AgentExited(run="1", status=6, stderr="x\nocf-exit-reason:no ip\ny"),
            Outcome.DONE,
            ExitCode.NOT_CONFIGURED,
            "no ip",
            id="it says why",
        ),
    ],
)
def test_every_ending_is_a_result(
    exited: AgentExited, outcome: Outcome, code: ExitCode, reason: str
) -> None:
    """Bad agents end in a clear message."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))

    bench.tell(exited)

    result = bench.results[0]
    assert (result.outcome, result.code) == (outcome, code)
    assert reason in result.reason
    assert result.is_failure


def test_the_last_words_of_a_failure_are_kept_and_bounded() -> None:
    """The log is kept by every voter."""
    bench = Bench()
    bench.tell(Begin(operation=an_operation("1", "start")))

    bench.tell(AgentExited(run="1", status=1, stderr="a" * 70_000 + "the end"))

    assert len(bench.results[0].output) == 1024
    assert bench.results[0].output.endswith("the end")
