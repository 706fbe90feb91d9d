"""May this still be running there? The question behind at-most-one.

Pessimistic on purpose: "no" is said only when the node itself said so last.
"""

from clusterd.model.exclusive import release_in_force
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import NodeHistory
from clusterd.state.replicated import Replicated

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


def elsewhere(state: Replicated, name: ResourceName, node: NodeName) -> NodeName | None:
    """Return a node other than `node` where `name` may be active, or None.

    A member that was never asked counts; one that is offline or was never
    admitted cannot hold anything, nor a lost one what it is cleared of.
    """
    for member in state.members:
        if member.name == node or member.state in (
            MemberState.OFFLINE,
            MemberState.PENDING,
        ):
            continue
        history = state.status.of(member.name, name)
        if history is not None and not may_be_active(history):
            continue
        release = release_in_force(state.configuration, name, history)
        if release not in member.cleared:
            return member.name
    return None


def _says_stopped(last: OperationResult) -> bool:
    if last.operation == "monitor" and last.code is ExitCode.NOT_INSTALLED:
        # Also when the agent itself is what is missing and nothing was executed:
        # a package forgotten on one node must not stop the resource everywhere.
        return last.outcome in (Outcome.DONE, Outcome.ERROR)
    if last.outcome is not Outcome.DONE:
        return False
    if last.operation == "stop":
        return last.code is ExitCode.SUCCESS
    return last.operation == "monitor" and last.code in _SURELY_STOPPED
