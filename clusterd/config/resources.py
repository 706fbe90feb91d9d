"""The `resources` section: primitives with their operations, and `meta` anywhere."""

import re
from collections.abc import Collection, Iterator, Mapping

from clusterd.config.advice import (
    CHECK_LEVEL,
    CLUSTER_OPERATIONS,
    WrittenOperation,
    completed,
)
from clusterd.config.diagnostic import Code
from clusterd.config.field import Shape
from clusterd.config.report import Path, Report, suggestion
from clusterd.config.schema_resources import META, OPERATION, RESOURCE
from clusterd.config.source import Listing, Node, Scalar
from clusterd.config.table_reader import TableReader
from clusterd.config.values import AGENT_PATTERN, duration_text
from clusterd.model.agent import AgentMetadata, AgentName, Standard
from clusterd.model.names import ResourceName
from clusterd.model.resource import (
    Meta,
    OnDoubt,
    OnFail,
    OperationSpec,
    Primitive,
    Release,
    Role,
)

INTERVAL_MIN = 0.1
"""Seconds. A tighter loop of processes is an attack on the node."""


def read_meta(parent: TableReader, key: str = "meta", shape: Shape = META) -> Meta:
    """Read meta attributes; with another shape also their defaults."""
    table = parent.table(key, shape)
    meta = Meta(
        target_role=table.maybe_word("target-role", Role),
        is_managed=table.maybe_flag("managed"),
        maintenance=table.maybe_flag("maintenance"),
        priority=table.maybe_score("priority"),
        stickiness=table.maybe_score("stickiness"),
        migration_threshold=table.maybe_integer("migration-threshold"),
        failure_timeout=table.maybe_duration("failure-timeout"),
        critical=table.maybe_flag("critical"),
        on_doubt=table.maybe_word("on-doubt", OnDoubt),
        release=table.maybe_word("release", Release),
        events=table.maybe_flag("events"),
    )
    if meta.on_doubt is OnDoubt.KEEP and meta.release is not None:
        parent.report.warn(
            Code.NO_EFFECT,
            "`release` has no effect together with `on-doubt: keep`",
            table.value_span("release"),
            "what is kept in doubt is never taken away",
        )
    return meta


def read_primitive(
    name: ResourceName,
    node: Node,
    path: Path,
    report: Report,
    metadata: Mapping[str, AgentMetadata],
) -> Primitive | None:
    """Read one resource; None if its agent cannot be understood."""
    entry = TableReader(node, RESOURCE, path, report)
    agent = _agent(entry)
    described = metadata.get(str(agent)) if agent else None
    params = entry.texts("params")
    written = _operations(entry, described)
    meta = read_meta(entry)
    if agent is None:
        return None
    operations = completed(written, described)
    _check_intervals(operations[: len(written)], entry)
    return Primitive(
        name=name, agent=agent, params=params, operations=operations, meta=meta
    )


def _agent(entry: TableReader) -> AgentName | None:
    text = entry.text("agent")
    if text is None:
        return None
    at = entry.value_span("agent")
    if not re.fullmatch(AGENT_PATTERN[1:-1], text):
        entry.report.error(
            Code.BAD_VALUE,
            f"`{text[:60]}` is not the name of an agent",
            at,
            "write PROVIDER:TYPE, for example `clusterd:VIP`",
        )
        return None
    agent = AgentName.parse(text)
    standards = [each.value for each in Standard]
    if agent.standard not in standards or agent.provider in standards:
        entry.report.error(
            Code.STANDARD,
            f"`{text}`: no agent standard is called `{agent.standard}`"
            if agent.standard not in standards
            else f"`{text}` names a standard but no provider",
            at,
            suggestion(agent.standard, standards)
            if agent.standard not in standards
            else "write ocf:PROVIDER:TYPE",
        )
        return None
    return agent


def _operations(
    entry: TableReader, metadata: AgentMetadata | None
) -> list[WrittenOperation]:
    allowed = set(CLUSTER_OPERATIONS)
    if metadata:
        allowed.update(each.name for each in metadata.operations)
    found = []
    for name, node, path in entry.children("operations"):
        if _is_operation(name, allowed, entry.report):
            found += [
                _operation(name.text, item, where, entry.report)
                for item, where in _each(node, path, entry.report)
            ]
    return found


def _is_operation(name: Scalar, allowed: Collection[str], report: Report) -> bool:
    if name.text not in allowed:
        report.unknown(
            Code.UNKNOWN_OPERATION,
            f"no operation is called `{name.text}`",
            name.span,
            name=name.text,
            known=allowed,
        )
        return False
    return True


def _each(node: Node, path: Path, report: Report) -> Iterator[tuple[Node, Path]]:
    """Yield one entry, or each of a list of them."""
    if not isinstance(node, Listing):
        yield node, path
        return
    for number, item in enumerate(node.items):
        where = (*path, str(number))
        report.place(where, item.span)
        yield item, where


def _operation(name: str, node: Node, path: Path, report: Report) -> WrittenOperation:
    entry = TableReader(node, OPERATION, path, report)
    params = entry.texts("params")
    depth = entry.maybe_integer("depth")
    if depth is not None:
        _set_depth(entry, params, depth)
    interval = entry.maybe_duration("interval")
    if interval:
        _check_interval(name, interval, entry)
    return WrittenOperation(
        spec=OperationSpec(
            name=name,
            on_fail=entry.maybe_word("on-fail", OnFail),
            role=entry.maybe_word("role", Role),
            enabled=entry.flag("enabled"),
            start_delay=entry.duration("start-delay"),
            params=params,
        ),
        interval=interval,
        timeout=entry.maybe_duration("timeout"),
        depth=depth or 0,
    )


def _set_depth(entry: TableReader, params: dict[str, str], depth: int) -> None:
    if CHECK_LEVEL in params:
        entry.report.error(
            Code.DUPLICATE_KEY,
            f"`depth` and the parameter `{CHECK_LEVEL}` are the same",
            entry.key_span("depth"),
            "remove one of them",
        )
    params[CHECK_LEVEL] = str(depth)


def _check_interval(name: str, interval: float, entry: TableReader) -> None:
    at = entry.value_span("interval")
    if name != "monitor":
        entry.report.error(
            Code.BAD_VALUE,
            f"`{name}` does not recur; only `monitor` has an interval",
            at,
            "remove the line",
        )
    elif interval < INTERVAL_MIN:
        entry.report.error(
            Code.BAD_VALUE,
            f"`interval`: the least is {duration_text(INTERVAL_MIN)}",
            at,
        )


def _check_intervals(operations: tuple[OperationSpec, ...], entry: TableReader) -> None:
    """Two runs of one name and interval could not be told apart."""
    seen: set[tuple[str, int]] = set()
    counted: dict[str, int] = {}
    for each in operations:
        number = counted.get(each.name, 0)
        counted[each.name] = number + 1
        key = (each.name, round(each.interval * 1000))
        if key in seen:
            entry.report.error(
                Code.REPEATED_OPERATION,
                f"`{each.name}` every {duration_text(each.interval)} is given twice"
                if each.interval
                else f"`{each.name}` is given twice",
                entry.report.at(*entry.path, "operations", each.name, str(number)),
                "give the second one another interval (11s beside 10s will do)"
                if each.name == "monitor"
                else "keep one entry",
            )
        seen.add(key)
