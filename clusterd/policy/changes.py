"""Configuration changes against the history (02, section 8)."""

from collections.abc import Iterator

from clusterd.model.reason import Reason
from clusterd.policy.digest import digest_of
from clusterd.policy.failures import operation_spec
from clusterd.policy.step import Task
from clusterd.policy.steps import act
from clusterd.policy.unit import Node, Rank, Unit
from clusterd.policy.work import Work

_CHANGED = Reason(text="its definition changed", rule="HIS-103")


def compare_definitions(work: Work) -> None:
    """Restart what runs with other parameters than configured (HIS-100 to HIS-104).

    A start under way with old parameters is looked at when it has answered.
    """
    for leaf in work.leaves():
        if leaf.primitive is None:
            continue
        for node in leaf.active:
            if node.online and node.index not in leaf.starting and _differs(leaf, node):
                act(work, leaf, Task.START, None, optional=False, reason=_CHANGED)


def forget_changed(work: Work) -> Iterator[tuple[Unit, Node, Reason]]:
    """Yield where failures stem from parameters that have changed since (HIS-45)."""
    for leaf in work.leaves():
        for index, history in sorted(leaf.histories.items()):
            failure = history.last_failure
            if failure is None or not failure.digest or leaf.primitive is None:
                continue
            spec = operation_spec(leaf, failure.operation, failure.interval)
            if failure.operation not in (Task.START.value, Task.MONITOR.value):
                continue
            if failure.interval and spec is None:
                continue
            if failure.digest != digest_of(leaf.primitive, spec):
                reason = Reason(text="its parameters have changed", rule="HIS-45")
                yield leaf, work.nodes[index], reason


def _differs(leaf: Unit, node: Node) -> bool:
    """Tell whether the last start or probe was carried out with another digest."""
    assert leaf.primitive is not None
    history = leaf.histories.get(node.index)
    if history is None or leaf.role < Rank.STARTED:
        return False
    known = [history.last_start, history.last]
    return any(
        result is not None
        and result.digest
        and result.operation in (Task.START.value, Task.MONITOR.value)
        and result.digest
        != digest_of(
            leaf.primitive, operation_spec(leaf, result.operation, result.interval)
        )
        for result in known
    )
