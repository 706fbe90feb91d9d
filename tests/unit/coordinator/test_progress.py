"""Which actions of a transition are ready, ordered, done."""

import pytest

from clusterd.coordinator.progress import Progress
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import ExitCode, Outcome
from clusterd.model.status import Operation
from clusterd.model.transition import Action, ActionKind, Transition
from tests.unit.state.log import N1, N2, a_result


def an_action(
    number: int,
    kind: ActionKind = ActionKind.START,
    *,
    node: NodeName = N1,
    after: tuple[int, ...] = (),
    interval: float = 0.0,
) -> Action:
    """Return an action with an operation of its kind."""
    what = "monitor" if kind in (ActionKind.PROBE, ActionKind.MONITOR) else kind.value
    operation = Operation(
        operation_id="",
        node=node,
        session=0,
        instance=InstanceName(f"r{number}"),
        operation=what,
        interval=interval,
        expected=7 if kind is ActionKind.PROBE else 0,
    )
    return Action(
        number=number,
        kind=kind,
        node=node,
        instance=operation.instance,
        operation=operation,
        after=after,
    )


def a_progress(*actions: Action) -> Progress:
    """Return the progress of these actions."""
    return Progress("7-1", Transition(index=1, actions=actions))


def numbers(progress: Progress, per_node: int = 0, batch: int = 0) -> list[int]:
    """Return what is ready."""
    return [each.number for each in progress.ready(per_node=per_node, batch=batch)]


def test_what_waits_for_nothing_is_ready_at_once() -> None:
    """Independent actions run side by side."""
    progress = a_progress(an_action(1), an_action(2), an_action(3, after=(1,)))

    assert numbers(progress) == [1, 2]


def test_an_action_waits_for_the_success_of_its_predecessors() -> None:
    """Ordered is not done."""
    first, second = an_action(1), an_action(2, after=(1,))
    progress = a_progress(first, second)

    operation = progress.order(first, "7.1", session=3)
    while_out = numbers(progress)
    as_counted_on = progress.take(a_result(operation))

    assert while_out == []
    assert as_counted_on
    assert numbers(progress) == [2]


def test_an_order_is_complete() -> None:
    """Id, session and transition are the coordinator's to fill in."""
    first = an_action(1)

    operation = a_progress(first).order(first, "7.1", session=3)

    assert (operation.operation_id, operation.session) == ("7.1", 3)
    assert operation.transition == "7-1"


def test_a_failure_is_not_what_the_plan_counted_on() -> None:
    """The coordinator plans anew."""
    first = an_action(1)
    progress = a_progress(first)
    operation = progress.order(first, "7.1", session=3)

    assert not progress.take(a_result(operation, ExitCode.GENERIC_ERROR))


@pytest.mark.parametrize(
    ("code", "as_expected"),
    [(ExitCode.NOT_RUNNING, True), (ExitCode.SUCCESS, False)],
)
def test_a_probe_fits_only_if_it_finds_nothing(
    code: ExitCode, *, as_expected: bool
) -> None:
    """What it finds running changes the plan."""
    probe = an_action(1, ActionKind.PROBE)
    progress = a_progress(probe)
    operation = progress.order(probe, "7.1", session=3)

    assert progress.take(a_result(operation, code)) is as_expected


def test_a_probe_that_could_not_be_carried_out_does_not_fit() -> None:
    """Whatever its exit code says."""
    probe = an_action(1, ActionKind.PROBE)
    progress = a_progress(probe)
    operation = progress.order(probe, "7.1", session=3)

    assert not progress.take(
        a_result(operation, ExitCode.NOT_RUNNING, outcome=Outcome.LOST)
    )


def test_a_recurring_monitor_is_done_when_it_is_ordered() -> None:
    """Nobody waits for what never ends."""
    monitor = an_action(1, ActionKind.MONITOR, interval=10.0)
    progress = a_progress(monitor)

    progress.order(monitor, "7.1", session=3)

    assert progress.is_finished
    assert progress.in_flight == 0


def test_a_fencing_is_done_when_the_node_is_released() -> None:
    """By lease, device or operator: the proof is what counts."""
    fence = Action(number=1, kind=ActionKind.FENCE, node=N2)
    progress = a_progress(fence, an_action(2, after=(1,)))
    progress.await_fencing(fence)

    of_another = progress.fenced(N1)
    before = numbers(progress)
    of_this = progress.fenced(N2)

    assert (of_another, of_this) == (False, True)
    assert before == []
    assert numbers(progress) == [2]


def test_a_node_is_given_so_many_operations_at_once() -> None:
    """`node-action-limit`."""
    progress = a_progress(an_action(1), an_action(2), an_action(3, node=N2))

    assert numbers(progress, per_node=1) == [1, 3]


def test_the_cluster_is_given_so_many_operations_at_once() -> None:
    """`batch-limit`, over all nodes and over what is out already."""
    first = an_action(1)
    progress = a_progress(first, an_action(2), an_action(3, node=N2))
    progress.order(first, "7.1", session=3)

    assert numbers(progress, batch=2) == [2]


def test_a_cancel_is_done_at_once() -> None:
    """It ends something; nobody answers."""
    cancel = an_action(1, ActionKind.CANCEL, interval=10.0)
    progress = a_progress(cancel)

    progress.cancel(cancel)

    assert progress.is_finished


def test_an_answer_from_before_is_a_surprise_unless_all_is_well() -> None:
    """A monitor that goes on succeeding changes nothing; anything else may."""
    monitor = an_action(9, ActionKind.MONITOR, interval=10.0).operation
    start = an_action(8).operation
    assert monitor is not None
    assert start is not None
    progress = a_progress(an_action(1))

    assert progress.take(a_result(monitor))
    assert not progress.take(a_result(monitor, ExitCode.NOT_RUNNING))
    assert not progress.take(a_result(start))
