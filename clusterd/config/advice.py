"""What an agent advises about its operations, where the user said nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clusterd.model.agent import AgentMetadata, OperationAdvice
from clusterd.model.resource import OperationSpec

MONITOR_INTERVAL = 10.0
"""Seconds between monitors where neither user nor agent name an interval."""

TIMEOUT = 20.0
"""Seconds for an operation nobody names a limit for. Source: OCF."""

CHECK_LEVEL = "OCF_CHECK_LEVEL"

CLUSTER_OPERATIONS = (
    "start",
    "stop",
    "monitor",
    "promote",
    "demote",
    "notify",
    "migrate_to",
    "migrate_from",
    "reload",
    "reload-agent",
)
"""What a cluster may ask of an agent. Source: OCF resource agent API 1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOperation:
    """An operation as the user wrote it; None where the user said nothing."""

    spec: OperationSpec
    interval: float | None
    timeout: float | None
    depth: int


def completed(
    written: Sequence[WrittenOperation], metadata: AgentMetadata | None
) -> tuple[OperationSpec, ...]:
    """Return the written operations with advice filled in, then the unwritten.

    Without metadata nothing is added: an absent operation then has no entry.
    """
    advice = metadata.operations if metadata else ()
    specs = [_filled(each, advice) for each in written]
    names = {each.spec.name for each in written}
    for name in CLUSTER_OPERATIONS:
        chosen = None if name in names else _plain_advice(name, advice)
        if chosen is not None:
            specs.append(_from_advice(chosen))
    return tuple(specs)


def _filled(
    written: WrittenOperation, advice: Sequence[OperationAdvice]
) -> OperationSpec:
    chosen = _nearest(written, advice)
    timeout, interval = written.timeout, written.interval
    if timeout is None:
        timeout = chosen.timeout if chosen else TIMEOUT
    if interval is None:
        interval = _interval(written.spec.name, chosen)
    return replace(written.spec, timeout=timeout, interval=interval)


def _interval(name: str, advice: OperationAdvice | None) -> float:
    if name != "monitor":
        return 0.0
    return advice.interval if advice and advice.interval else MONITOR_INTERVAL


def _nearest(
    written: WrittenOperation, advice: Sequence[OperationAdvice]
) -> OperationAdvice | None:
    """Return the advice for the same operation, role and depth, or nearly so."""
    same = [each for each in advice if each.name == written.spec.name]
    role = written.spec.role.value if written.spec.role else None
    return min(
        same,
        key=lambda each: (each.role != role, abs(each.depth - written.depth)),
        default=None,
    )


def _plain_advice(
    name: str, advice: Sequence[OperationAdvice]
) -> OperationAdvice | None:
    """Return the advice for the ordinary use of an operation.

    Deeper checks cost something and those of a role need a promotable clone, so
    both wait until somebody asks for them.
    """
    for role in (None, "started", "unpromoted"):
        for each in advice:
            if (each.name, each.depth, each.role) == (name, 0, role):
                return each
    return None


def _from_advice(advice: OperationAdvice) -> OperationSpec:
    return OperationSpec(
        name=advice.name,
        interval=_interval(advice.name, advice),
        timeout=advice.timeout or TIMEOUT,
    )
