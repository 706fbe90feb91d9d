"""What a run that ended, or did not, means as the result of its operation."""

from clusterd.agents.ocf import Verdict, interpret, log_lines, not_started, timed_out
from clusterd.executor.inputs import AgentExited
from clusterd.model.names import NodeName
from clusterd.model.result import ExitCode, OperationResult, Outcome, exit_code
from clusterd.model.status import Operation

OUTPUT_MAX = 1024
"""Characters of a failed agent's last words that go into the log, which every
voter keeps."""


def result_of(
    operation: Operation, node: NodeName, exited: AgentExited
) -> OperationResult:
    """Return the result of an operation whose agent has ended."""
    if exited.too_late:
        why = "not begun: the node's lease had ended"
        return unanswered(operation, node, Outcome.CANCELLED, why, exited.wall)
    verdict = _verdict(operation, exited)
    is_expected = verdict.code == operation.expected
    return OperationResult(
        operation_id=operation.operation_id,
        node=node,
        instance=operation.instance,
        operation=operation.operation,
        interval=operation.interval,
        outcome=verdict.outcome,
        code=verdict.code,
        expected=exit_code(operation.expected),
        reason=exited.error or verdict.reason,
        output="" if is_expected else _last_words(exited),
        finished_wall=exited.wall,
        duration=exited.duration,
        digest=operation.digest,
    )


def unanswered(
    operation: Operation, node: NodeName, outcome: Outcome, why: str, wall: float
) -> OperationResult:
    """Return the result of an operation about which nobody can tell."""
    return OperationResult(
        operation_id=operation.operation_id,
        node=node,
        instance=operation.instance,
        operation=operation.operation,
        interval=operation.interval,
        outcome=outcome,
        code=ExitCode.GENERIC_ERROR,
        expected=exit_code(operation.expected),
        reason=why,
        finished_wall=wall,
        digest=operation.digest,
    )


def _verdict(operation: Operation, exited: AgentExited) -> Verdict:
    if exited.timed_out:
        return timed_out(operation.timeout)
    if exited.errno is not None:
        return not_started(exited.errno, operation.agent)
    if exited.signal is not None:
        return interpret(-exited.signal, exited.stderr)
    status = exited.status if exited.status is not None else 1
    return interpret(status, exited.stderr)


def _last_words(exited: AgentExited) -> str:
    text = "\n".join(log_lines(exited.stderr)).strip() or exited.stdout.strip()
    return text[-OUTPUT_MAX:]
