"""May it still be running there? Only the node's own last word says no."""

import pytest

from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import NodeHistory
from clusterd.state.activity import may_be_active


@pytest.mark.parametrize(
    ("operation", "outcome", "code", "may"),
    [
        ("monitor", Outcome.DONE, ExitCode.NOT_RUNNING, False),
        ("monitor", Outcome.DONE, ExitCode.NOT_INSTALLED, False),
        ("monitor", Outcome.ERROR, ExitCode.NOT_INSTALLED, False),
        ("monitor", Outcome.LOST, ExitCode.NOT_INSTALLED, True),
        ("monitor", Outcome.TIMEOUT, ExitCode.GENERIC_ERROR, True),
        ("monitor", Outcome.ERROR, ExitCode.NO_PERMISSION, True),
        ("start", Outcome.ERROR, ExitCode.NOT_INSTALLED, True),
        ("stop", Outcome.DONE, ExitCode.SUCCESS, False),
        ("stop", Outcome.ERROR, ExitCode.NOT_INSTALLED, True),
    ],
)
def test_only_a_node_that_says_stopped_is_believed(
    operation: str, outcome: Outcome, code: ExitCode, *, may: bool
) -> None:
    """A missing agent says so too: else a package forgotten on one node stops all."""
    last = OperationResult(
        operation_id="1.1",
        node=NodeName("n1"),
        instance=InstanceName("db"),
        operation=operation,
        outcome=outcome,
        code=code,
    )
    history = NodeHistory(node=NodeName("n1"), instance=InstanceName("db"), last=last)

    assert may_be_active(history) is may
