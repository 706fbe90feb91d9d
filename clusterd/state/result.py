"""What nodes answered: results, failures and their counts."""

from dataclasses import replace

from clusterd.model.membership import MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName, history_name
from clusterd.model.resource import primitives_of
from clusterd.model.result import FailCount, OperationResult, Outcome
from clusterd.model.score import INFINITY
from clusterd.model.status import NodeHistory, Status, monitor_key
from clusterd.state.activity import is_active
from clusterd.state.chronicle import entry, remember
from clusterd.state.command import CleanUp, Forget, Record
from clusterd.state.configuring import finish_moves
from clusterd.state.intent import with_history
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply

NOTICED = "noticed"
"""What the executor adds to the id of a start whose process it saw exit."""


def record(state: Replicated, command: Record) -> tuple[Replicated, Reply]:
    """Take in results; those nobody waits for (any more) are ignored."""
    taken = 0
    for result in command.results:
        history = state.status.of(result.node, history_name(result.instance))
        if history is None or not _is_awaited(history, result):
            continue
        state = _take(state, history, result)
        taken += 1
    return finish_moves(state), Accepted(index=state.index, detail=taken)


def clean_up(state: Replicated, command: CleanUp) -> tuple[Replicated, Reply]:
    """Forget failures, and histories without anything pending: probe again."""
    status = state.status
    names = _names(state, command.resource)

    def concerned(node: NodeName, instance: InstanceName) -> bool:
        name = history_name(instance)
        return command.node in (None, node) and (names is None or name in names)

    counts = tuple(c for c in status.fail_counts if not concerned(c.node, c.instance))
    online = {m.name for m in state.members if m.state is MemberState.ONLINE}
    # What a lost node may still run is all that is known of it: it stays.
    history = {
        key: _cleaned(each)
        if each.node in online and concerned(each.node, each.instance)
        else each
        for key, each in status.history.items()
    }
    kept = {key: each for key, each in history.items() if each is not None}
    changed = replace(
        state,
        status=Status(
            history=kept, fail_counts=counts, holds=status.holds, moves=status.moves
        ),
    )
    what = command.resource or "all resources"
    where = f" on {command.node}" if command.node else ""
    told = entry(
        "cleanup",
        f"failures of {what}{where} forgotten",
        command.wall,
        resource=command.resource or "",
        node=command.node or "",
        author=command.author,
    )
    return remember(changed, told), Accepted(index=state.index)


def forget(state: Replicated, command: Forget) -> tuple[Replicated, Reply]:
    """Drop an expired fail count and the failure it counted."""
    status = state.status
    name = history_name(command.instance)
    counts = tuple(
        c
        for c in status.fail_counts
        if (c.node, history_name(c.instance)) != (command.node, name)
    )
    status = replace(status, fail_counts=counts)
    old = status.of(command.node, name)
    if old is not None:
        status = with_history(status, replace(old, last_failure=old.failure))
    return replace(state, status=status), Accepted(index=state.index)


def _is_awaited(history: NodeHistory, result: OperationResult) -> bool:
    if result.interval:
        key = monitor_key(result.operation, result.interval)
        known = history.recurring.get(key)
        # A node reports until it sees its result committed: the same one again
        # must not be counted again.
        return (
            known is not None
            and known.operation_id == result.operation_id
            and history.monitors.get(key) != result
        )
    if any(p.operation_id == result.operation_id for p in history.pending):
        return True
    return _is_event(history, result) and history.failure != result


def _is_event(history: NodeHistory, result: OperationResult) -> bool:
    """Tell whether an event found out that what runs there has failed (D7).

    The executor answers in the name of the start for resources without a
    recurring monitor.
    """
    start = history.last_start
    begun, _, suffix = result.operation_id.partition("@")
    return start is not None and suffix == NOTICED and begun == start.operation_id


def _take(
    state: Replicated, history: NodeHistory, result: OperationResult
) -> Replicated:
    if result.interval:
        new = _take_recurring(history, result)
    else:
        new = _take_one_off(history, result)
    status = with_history(state.status, new)
    if _is_same_failure(history, result):
        return replace(state, status=status)
    if _counts(result):
        status = _count(status, result, fatal=_is_fatal(state, result))
    return _tell(replace(state, status=status), result)


def _is_same_failure(history: NodeHistory, result: OperationResult) -> bool:
    """Tell whether a monitor only says again what is being recovered from."""
    known = history.failure
    return (
        bool(result.interval)
        and result.is_failure
        and known is not None
        and (known.operation_id, known.code) == (result.operation_id, result.code)
    )


def _counts(result: OperationResult) -> bool:
    """Tell whether the resource failed, and not the node that ran it."""
    is_lost = result.outcome is Outcome.LOST
    return result.is_failure and not is_lost and not _is_discovery(result)


def _take_recurring(history: NodeHistory, result: OperationResult) -> NodeHistory:
    key = monitor_key(result.operation, result.interval)
    new = replace(history, monitors={**history.monitors, key: result})
    if result.is_failure:
        return replace(new, failure=result, last_failure=result)
    failure = new.failure
    if failure is not None and failure.operation_id == result.operation_id:
        return replace(new, failure=None)  # It got better by itself.
    return new


def _take_one_off(history: NodeHistory, result: OperationResult) -> NodeHistory:
    pending = tuple(p for p in history.pending if p.operation_id != result.operation_id)
    if _is_event(history, result):
        return replace(history, failure=result, last_failure=result)
    new = replace(history, pending=pending, last=result)
    if result.outcome is Outcome.CANCELLED:
        return replace(history, pending=pending)
    if result.is_failure and not _is_discovery(result):
        return replace(new, failure=result, last_failure=result)
    new = replace(new, failure=None)
    if not is_active(new):
        return replace(new, started=None)
    order = next(
        (p for p in history.pending if p.operation_id == result.operation_id), None
    )
    return replace(new, last_start=result, started=order)


def _is_discovery(result: OperationResult) -> bool:
    """Tell whether a probe merely found out what nobody claimed to know."""
    return (
        result.operation == "monitor"
        and not result.interval
        and not result.operation_id.endswith(f"@{NOTICED}")
        and result.outcome is Outcome.DONE
        and result.code.value in (0, 7, 8, 190, 191)
    )


def _is_fatal(state: Replicated, result: OperationResult) -> bool:
    """Tell whether one such failure bans the node. Source: Pacemaker's controller."""
    if result.operation == "start":
        return state.configuration.properties.start_failure_is_fatal
    return result.operation == "stop"


def _count(status: Status, result: OperationResult, *, fatal: bool) -> Status:
    name = history_name(result.instance)
    old = next(
        (
            c
            for c in status.fail_counts
            if (c.node, history_name(c.instance)) == (result.node, name)
        ),
        None,
    )
    counted = old.count if old is not None else 0
    new = FailCount(
        node=result.node,
        instance=InstanceName(name),
        count=INFINITY if fatal else min(INFINITY, counted + 1),
        last_wall=result.finished_wall,
    )
    others = tuple(c for c in status.fail_counts if c is not old)
    return replace(status, fail_counts=(*others, new))


_DONE_WORDS = {
    "start": "started",
    "stop": "stopped",
    "promote": "promoted",
    "demote": "demoted",
}


def _tell(state: Replicated, result: OperationResult) -> Replicated:
    if result.is_failure and not _is_discovery(result):
        kind, text = "failed", f"{result.operation} of {result.instance} failed"
        cause = result.reason or f"exit {result.code.value}"
    elif result.operation in _DONE_WORDS and not result.interval:
        kind = _DONE_WORDS[result.operation]
        text, cause = f"{result.instance} {kind}", ""
    else:
        return state
    told = entry(
        kind,
        f"{text} on {result.node}",
        result.finished_wall,
        node=result.node,
        resource=result.instance,
        cause=cause,
    )
    return remember(state, replace(told, duration=result.duration))


def _names(state: Replicated, resource: ResourceName | None) -> set[str] | None:
    if resource is None:
        return None
    top = state.configuration.top_of(resource)
    if top is None or top.name != resource:
        return {resource}
    return {each.name for each in primitives_of(top)}


def _cleaned(history: NodeHistory) -> NodeHistory | None:
    """Return what is left after a cleanup; None: nothing, so it is probed again.

    What runs well, and what is under way, is kept: it needs no second look.
    """
    runs_well = is_active(history) and history.failure is None
    if history.pending or runs_well:
        return replace(history, failure=None, last_failure=None)
    return None
