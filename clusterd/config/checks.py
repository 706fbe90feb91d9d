"""Whether each agent exists and takes the parameters it is given."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from clusterd.config.diagnostic import Code
from clusterd.config.report import Report, listing
from clusterd.model.agent import (
    EXECUTABLE_STANDARDS,
    AgentMetadata,
    AgentName,
    Parameter,
    Standard,
)
from clusterd.model.configuration import Configuration
from clusterd.model.names import ResourceName
from clusterd.model.resource import Primitive

EVERY_AGENT = frozenset({"trace_ra", "trace_file", "OCF_CHECK_LEVEL"})
"""Parameters that the shell library of OCF agents takes for all of them."""

_NOT_FOR_CLUSTERS = frozenset({"meta-data", "validate-all"})
"""Actions for tools and people; a cluster never schedules them."""

_FLAG_WORDS = frozenset({"true", "yes", "on", "y", "1", "false", "no", "off", "n", "0"})
"""What `ocf_is_true` and its opposite know. Source: OCF agent API 1.1."""

_PATTERNS = {
    "integer": (r"[+-]?[0-9]+", "a whole number"),
    "percentage": (r"[0-9]+%?", "a percentage"),
    "score": (r"[+-]?([0-9]+|INFINITY)", "a score"),
    "time": (r"[0-9]+ *(us|usec|ms|msec|s|sec|m|min|h|hr)?", "a time such as `10s`"),
    "duration": (r"[0-9]+ *(us|usec|ms|msec|s|sec|m|min|h|hr)?|P.+", "a duration"),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """What is known of agents without metadata.

    `installed` are names for suggestions; `unusable` says why one that is there
    cannot be used.
    """

    installed: Collection[str]
    unusable: Mapping[str, str]


def check_agents(
    configuration: Configuration,
    metadata: Mapping[str, AgentMetadata],
    lack: Lack,
    report: Report,
) -> None:
    """Compare every resource with what its agent says of itself."""
    known = sorted({*metadata, *lack.installed})
    for each in configuration.primitives():
        described = metadata.get(str(each.agent))
        if not _can_run(each, report):
            continue
        if described is None:
            _unknown_agent(each, lack.unusable.get(str(each.agent)), known, report)
            continue
        _check_params(each, described, report)
        _check_operations(each, described, report)
    _check_unique(configuration, metadata, report)


def _can_run(primitive: Primitive, report: Report) -> bool:
    standard = Standard(primitive.agent.standard)
    if standard in EXECUTABLE_STANDARDS:
        return True
    usable = ", ".join(sorted(f"`{each.value}`" for each in EXECUTABLE_STANDARDS))
    report.error(
        Code.STANDARD,
        f"agents of the standard `{standard.value}` cannot be executed",
        report.at("resources", primitive.name, "agent"),
        f"this version runs {usable} agents; wrap the service in one",
    )
    return False


def _unknown_agent(
    primitive: Primitive, trouble: str | None, known: list[str], report: Report
) -> None:
    at = report.at("resources", primitive.name, "agent")
    name = primitive.agent
    if trouble is not None:
        text = f"the agent `{name}` cannot be used: {trouble}"
        hint = "run its file by hand with the one word `meta-data`"
        report.error(Code.UNKNOWN_AGENT, text, at, hint)
        return
    text = f"no agent `{name}` is installed"
    report.error(Code.UNKNOWN_AGENT, text, at, _near_agents(name, known))


def _near_agents(agent: AgentName, known: list[str]) -> str | None:
    """Name the agents whose type is nearest; the provider is the smaller half."""
    types = {each.rpartition(":")[2].lower(): each for each in known}
    near = get_close_matches(agent.type.lower(), types, n=1)
    if near:
        same = [each for each in known if each.lower().endswith(f":{near[0]}")]
        return f"did you mean {' or '.join(f'`{each}`' for each in same[:3])}?"
    return listing(known)


def _check_params(primitive: Primitive, agent: AgentMetadata, report: Report) -> None:
    for name, value in primitive.params.items():
        at = report.at("resources", primitive.name, "params", name)
        parameter = agent.parameter(name)
        if parameter is not None:
            problem = wrong_value(parameter, value)
            if problem:
                shown = "this value" if parameter.private else f"`{value[:60]}`"
                message = f"`{name}`: {shown} is not {problem}"
                report.error(Code.BAD_PARAMETER, message, at)
        elif name not in EVERY_AGENT:
            _unknown_parameter(primitive, name, agent, report)
    for parameter in agent.parameters:
        path = ("resources", primitive.name, "params", parameter.name)
        if _is_missing(parameter, primitive) and not report.is_written(*path):
            report.error(
                Code.MISSING_PARAMETER,
                f"`{primitive.agent}` requires the parameter `{parameter.name}`",
                report.at("resources", primitive.name),
                _meaning(parameter),
            )


def _unknown_parameter(
    primitive: Primitive, name: str, agent: AgentMetadata, report: Report
) -> None:
    report.unknown(
        Code.UNKNOWN_PARAMETER,
        f"`{primitive.agent}` has no parameter `{name}`",
        report.key_at("resources", primitive.name, "params", name),
        name=name,
        known=[each.name for each in agent.parameters],
    )


def _is_missing(parameter: Parameter, primitive: Primitive) -> bool:
    # Many agents mark a parameter as required that has a default all the same.
    needed = parameter.required and parameter.default is None
    return needed and parameter.name not in primitive.params


def _meaning(parameter: Parameter) -> str:
    return f"params: {{{parameter.name}: ...}}  {parameter.summary}".rstrip()


def wrong_value(parameter: Parameter, value: str) -> str | None:
    """Return what `value` should be ("a whole number"), or None if it is fine.

    Kinds that are not checked here (string, select) take any text.
    """
    if parameter.kind == "boolean":
        return None if value.lower() in _FLAG_WORDS else "true or false"
    if parameter.kind not in _PATTERNS:
        return None
    pattern, wanted = _PATTERNS[parameter.kind]
    return None if re.fullmatch(pattern, value.strip()) else wanted


def _check_operations(
    primitive: Primitive, agent: AgentMetadata, report: Report
) -> None:
    able = {each.name for each in agent.operations} - _NOT_FOR_CLUSTERS
    for name in dict.fromkeys(each.name for each in primitive.operations):
        if name not in able:
            report.unknown(
                Code.UNKNOWN_OPERATION,
                f"`{primitive.agent}` has no operation `{name}`",
                report.at("resources", primitive.name, "operations", name),
                name=name,
                known=able,
            )


def _check_unique(
    configuration: Configuration, metadata: Mapping[str, AgentMetadata], report: Report
) -> None:
    """Warn when two resources claim what only one should have, such as an address."""
    claims: dict[tuple[str, str, tuple[str | None, ...]], ResourceName] = {}
    for each in configuration.primitives():
        described = metadata.get(str(each.agent))
        groups = _unique_groups(described) if described else {}
        for group, names in groups.items():
            written = [name for name in names if name in each.params]
            if not written:
                continue
            values = tuple(each.params.get(name) for name in names)
            other = claims.setdefault((str(each.agent), group, values), each.name)
            if other != each.name:
                report.warn(
                    Code.NOT_UNIQUE,
                    f"`{other}` has the same `{written[0]}`; it should be unique",
                    report.at("resources", each.name, "params", written[0]),
                )


def _unique_groups(agent: AgentMetadata) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for each in agent.parameters:
        if each.unique_group:
            groups.setdefault(each.unique_group, []).append(each.name)
    return groups
