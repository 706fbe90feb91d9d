"""Telling nodes what to do, and the last check of at-most-one.

The check does not trust the plan: it looks only at what is committed. Whatever a
stale or mistaken coordinator proposes, an exclusive resource is not started
while it may be active anywhere else.
"""

from dataclasses import replace

from clusterd.model.exclusive import release_of
from clusterd.model.membership import MemberState
from clusterd.model.names import history_name
from clusterd.model.result import OperationResult, Outcome
from clusterd.model.status import (
    NodeHistory,
    Operation,
    Status,
    history_key,
    monitor_key,
)
from clusterd.state.activity import elsewhere
from clusterd.state.chronicle import entry, remember
from clusterd.state.command import Intend
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply

CHANGES = frozenset(
    {"start", "stop", "promote", "demote", "migrate_to", "migrate_from"}
)
_STARTS = frozenset({"start", "migrate_from"})


def intend(state: Replicated, command: Intend) -> tuple[Replicated, Reply]:
    """Note the operations that may go ahead; drop the others.

    The reply's `detail` is the number of operations that go ahead.
    """
    admitted = 0
    for each in command.cancels:
        state = _cancel(state, each)
    for each in command.operations:
        if why_not(state, each) is None:
            state = _expect(state, each)
            admitted += 1
    if command.summary:
        told = [
            entry("decided", line, command.wall, transition=command.transition)
            for line in command.summary
        ]
        state = remember(state, *told)
    return state, Accepted(index=state.index, detail=admitted)


def why_not(state: Replicated, operation: Operation) -> str | None:
    """Return why this operation must not go ahead, or None if it may."""
    member = state.member(operation.node)
    if member is None or member.state is not MemberState.ONLINE:
        return f"{operation.node} is not online"
    if member.session != operation.session:
        return f"session {operation.session} of {operation.node} has ended"
    name = history_name(operation.instance)
    history = state.status.of(operation.node, name)
    if history is not None and _is_known(history, operation):
        return "it was ordered already"
    if operation.operation not in _STARTS:
        return None
    if release_of(state.configuration, name) is None:
        return None
    other = elsewhere(state, name, operation.node)
    return None if other is None else f"{name} may be active on {other}"


def _is_known(history: NodeHistory, operation: Operation) -> bool:
    if any(p.operation_id == operation.operation_id for p in history.pending):
        return True
    # One change at a time: a plan made before the pending one was ordered.
    return operation.operation in CHANGES and any(
        p.operation in CHANGES for p in history.pending
    )


def _expect(state: Replicated, operation: Operation) -> Replicated:
    name = history_name(operation.instance)
    old = state.status.of(operation.node, name) or NodeHistory(
        node=operation.node, instance=operation.instance
    )
    if operation.interval:
        key = monitor_key(operation.operation, operation.interval)
        new = replace(
            old,
            instance=operation.instance,
            recurring={**old.recurring, key: operation},
            monitors={**old.monitors, key: _awaited(operation)},
        )
    else:
        new = replace(
            old, instance=operation.instance, pending=(*old.pending, operation)
        )
        if operation.operation in CHANGES:
            # The executor ends its recurring operations before any change.
            new = replace(new, recurring={}, monitors={})
    return _with_history(state, new)


def _cancel(state: Replicated, operation: Operation) -> Replicated:
    old = state.status.of(operation.node, history_name(operation.instance))
    if old is None:
        return state
    key = monitor_key(operation.operation, operation.interval)
    recurring = {k: v for k, v in old.recurring.items() if k != key}
    monitors = {k: v for k, v in old.monitors.items() if k != key}
    return _with_history(state, replace(old, recurring=recurring, monitors=monitors))


def _awaited(operation: Operation) -> OperationResult:
    return OperationResult(
        operation_id=operation.operation_id,
        node=operation.node,
        instance=operation.instance,
        operation=operation.operation,
        interval=operation.interval,
        outcome=Outcome.PENDING,
        digest=operation.digest,
    )


def _with_history(state: Replicated, history: NodeHistory) -> Replicated:
    return replace(state, status=with_history(state.status, history))


def with_history(status: Status, history: NodeHistory) -> Status:
    """Return the status with this node's history of this primitive replaced."""
    key = history_key(history.node, history_name(history.instance))
    return replace(status, history={**status.history, key: history})
