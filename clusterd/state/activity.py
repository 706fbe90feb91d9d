"""May this still be running there? The question behind at-most-one.

Pessimistic on purpose: "no" is said only when the node itself said so last.
"""

from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import NodeHistory, Status

_SURELY_STOPPED = (
    ExitCode.NOT_RUNNING,
    ExitCode.NOT_INSTALLED,
    ExitCode.BAD_ARGUMENTS,  # As Pacemaker reads a probe (HIS-43).
)


def may_be_active(history: NodeHistory) -> bool:
    """Tell whether the primitive may be active on the node of `history`."""
    if any(each.operation != "monitor" for each in history.pending):
        return True
    last = history.last
    if last is None:
        return bool(history.pending)  # A probe is out: nobody knows yet.
    return not _says_stopped(last)


def is_active(history: NodeHistory | None) -> bool:
    """Tell whether the primitive is known to be active there (perhaps failed)."""
    if history is None or history.last is None:
        return False
    last = history.last
    if last.operation == "monitor":
        return last.code in (ExitCode.SUCCESS, ExitCode.PROMOTED, ExitCode.DEGRADED)
    return last.operation != "stop" and not last.is_failure


def elsewhere(
    status: Status, members: tuple[Member, ...], name: ResourceName, node: NodeName
) -> NodeName | None:
    """Return a node other than `node` where `name` may be active, or None.

    A member that was never asked counts; one that is offline or was never
    admitted cannot hold anything.
    """
    for member in members:
        if member.name == node or member.state in (
            MemberState.OFFLINE,
            MemberState.PENDING,
        ):
            continue
        history = status.of(member.name, name)
        if history is None or may_be_active(history):
            return member.name
    return None


def _says_stopped(last: OperationResult) -> bool:
    if last.outcome is not Outcome.DONE:
        return False
    if last.operation == "stop":
        return last.code is ExitCode.SUCCESS
    return last.operation == "monitor" and last.code in _SURELY_STOPPED
