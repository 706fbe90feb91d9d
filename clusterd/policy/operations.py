"""What a node is told: complete operations (OCF.md section 2; INP-90 to INP-93)."""

from collections.abc import Mapping

from clusterd.model.names import instance_name
from clusterd.model.resource import OperationSpec, Primitive
from clusterd.model.status import NodeHistory, Operation
from clusterd.policy.digest import digest_of
from clusterd.policy.step import Step, Task
from clusterd.policy.unit import Node, Unit

DEFAULT_TIMEOUT = 20.0
"""Seconds an operation may take if nothing says otherwise (INP-14)."""


def operation_of(step: Step) -> Operation | None:
    """Return what the node is told for a step; None if nothing.

    The operation_id, session and transition are filled in by the coordinator.
    """
    if step.task is Task.CANCEL:
        return step.operation
    unit, node = step.unit, step.node
    if unit is None or node is None or step.task in (Task.FENCE, Task.FORGET):
        return None
    spec = step.spec or _configured(unit, step)
    probe = step.task is Task.MONITOR and step.spec is None
    name = spec.name if spec is not None else step.task.value
    exclusive = unit.waits and not probe
    return Operation(
        operation_id="",
        node=node.name,
        session=0,
        instance=instance_name(unit.base, unit.number),
        operation=name,
        interval=spec.interval if spec is not None else 0.0,
        timeout=_timeout(unit, spec, probe=probe),
        start_delay=spec.start_delay if spec is not None else 0.0,
        expected=step.expected or 0,
        agent=_agent(unit, node),
        params=_params(unit, node, spec),
        meta=_meta(unit, node, spec, _timeout(unit, spec, probe=probe)),
        exclusive=exclusive,
        release=unit.settings.release.value if exclusive else "",
        watch=unit.settings.events,
        digest=digest_of(unit.primitive, spec) if unit.primitive is not None else "",
    )


def _configured(unit: Unit, step: Step) -> OperationSpec | None:
    if unit.primitive is None:
        return None
    return unit.primitive.operation(step.task.value)


def _timeout(unit: Unit, spec: OperationSpec | None, *, probe: bool) -> float:
    """Return seconds; a probe may take those of the busiest monitor (INP-90)."""
    if spec is not None:
        return spec.timeout if spec.timeout > 0 else DEFAULT_TIMEOUT
    if probe and unit.primitive is not None:
        monitors = [
            each for each in unit.primitive.recurring() if each.name == "monitor"
        ]
        if monitors:
            return min(monitors, key=lambda each: each.interval).timeout
    return DEFAULT_TIMEOUT


def _agent(unit: Unit, node: Node) -> str:
    """Return the agent; of what is no longer configured as far as it is remembered."""
    if unit.primitive is not None:
        return str(unit.primitive.agent)
    remembered = _remembered(unit.histories.get(node.index))
    return remembered.agent if remembered is not None else ""


def _params(unit: Unit, node: Node, spec: OperationSpec | None) -> Mapping[str, str]:
    if unit.primitive is not None:
        return _configured_params(unit.primitive, spec)
    remembered = _remembered(unit.histories.get(node.index))
    return dict(remembered.params) if remembered is not None else {}


def _configured_params(
    primitive: Primitive, spec: OperationSpec | None
) -> Mapping[str, str]:
    """Return the resource's parameters, those of the operation first."""
    return {**primitive.params, **(spec.params if spec is not None else {})}


def _remembered(history: NodeHistory | None) -> Operation | None:
    if history is None:
        return None
    known = [history.recurring[key] for key in sorted(history.recurring)]
    started = () if history.started is None else (history.started,)
    candidates = (*started, *known, *history.pending)
    return next((each for each in candidates if each.agent), None)


def _meta(
    unit: Unit, node: Node, spec: OperationSpec | None, timeout: float
) -> Mapping[str, str]:
    """Return the CRM_meta_* values, without the prefix (OCF.md section 2)."""
    meta = {
        "timeout": _milliseconds(timeout),
        "on_node": node.name,
    }
    if node.identity:
        meta["on_node_uuid"] = node.identity
    if spec is not None:
        meta["name"] = spec.name
        if spec.interval > 0:
            meta["interval"] = _milliseconds(spec.interval)
        if spec.role is not None:
            meta["role"] = spec.role.value.capitalize()
        if spec.on_fail is not None:
            meta["on_fail"] = spec.on_fail.value
        if spec.start_delay > 0:
            meta["start_delay"] = _milliseconds(spec.start_delay)
    return {**meta, **_clone_meta(unit)}


def _clone_meta(unit: Unit) -> Mapping[str, str]:
    clone = unit.top.clone
    if clone is None:
        return {}
    return {
        "clone": str(unit.number),
        "clone_max": str(unit.top.limit if clone.maximum is None else clone.maximum),
        "clone_node_max": str(min(1, clone.maximum_per_node)),
        "globally_unique": "false",
        "notify": "true" if clone.notify else "false",
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
