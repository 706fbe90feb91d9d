"""YAML text to `Configuration`: every fault at once, each with its place."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clusterd.config.assembly import Assembly
from clusterd.config.checks import Lack, check_agents
from clusterd.config.constraints import ConstraintReader
from clusterd.config.diagnostic import Diagnostic
from clusterd.config.integrity import check_constraints
from clusterd.config.known import SECTIONS, Known
from clusterd.config.report import Report, split_lines
from clusterd.config.resources import read_meta, read_primitive
from clusterd.config.schema import CLUSTER, NODE, PROPERTIES, ROOT
from clusterd.config.schema_resources import DEFAULTS
from clusterd.config.source import decode, read
from clusterd.config.table_reader import TableReader
from clusterd.model.agent import AgentMetadata, AgentName
from clusterd.model.configuration import (
    Configuration,
    NodeSettings,
    NoQuorumPolicy,
    Properties,
)
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Primitive

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a text. No configuration if any diagnostic is an error.

    `agents` are all agents the text names, sorted, also when it has faults: what
    to fetch the metadata of before loading again with it.
    """

    configuration: Configuration | None
    diagnostics: tuple[Diagnostic, ...] = ()
    agents: tuple[AgentName, ...] = ()


def load(
    text: str | bytes,
    *,
    file: str,
    metadata: Mapping[str, AgentMetadata] | None,
    installed: Collection[str] = (),
    unusable: Mapping[str, str] = NOTHING,
) -> Loaded:
    """Read a configuration. Never raises for what the text may hold.

    `file` is what diagnostics call it. `metadata` maps `str(AgentName)` to what
    the agent says; None: do not look at agents at all. `installed` are further
    agents that exist, for suggestions. `unusable` says why there is no metadata
    of an agent that is there, by the same name.
    """
    data = _as_read(text)
    if isinstance(data, str):
        text = data
    else:
        text, refused = decode(data, file)
        if refused is not None:
            return Loaded(configuration=None, diagnostics=refused.diagnostics())
    text = text.removeprefix("\ufeff")
    report = Report(file, split_lines(text))
    node = read(text, report)
    if node is None:
        return Loaded(configuration=None, diagnostics=report.diagnostics())
    root = TableReader(node, ROOT, (), report)
    configuration, agents = _configuration(root, metadata or {})
    check_constraints(configuration, report)
    if metadata is not None:
        check_agents(configuration, metadata, Lack(installed, unusable), report)
    return Loaded(
        configuration=None if report.has_errors else configuration,
        diagnostics=report.diagnostics(),
        agents=agents,
    )


def _as_read(text: str | bytes) -> str | bytes:
    """Return the bytes of a file that was read as text: for faults of its encoding.

    Bytes that were no UTF-8 stand in it as lone surrogates (`surrogateescape`).
    """
    try:
        return (
            text if isinstance(text, bytes) else text.encode(errors="surrogateescape")
        )
    except UnicodeEncodeError:  # Surrogates of another origin: a fault of the text.
        return text


def _configuration(
    root: TableReader, metadata: Mapping[str, AgentMetadata]
) -> tuple[Configuration, tuple[AgentName, ...]]:
    """Read all that can be understood, and the agents it names."""
    cluster = root.table("cluster", CLUSTER)
    name = cluster.name("name")
    nodes = _nodes(root)
    known = Known(nodes=[each.name for each in nodes])
    for section in SECTIONS:
        for key, _, _ in root.children(section):
            known.add_resource(ResourceName(key.text), section, root.report)
    primitives = _primitives(root, known, metadata)
    configuration = Configuration(
        cluster_name=name or "cluster",
        properties=_properties(cluster),
        nodes=nodes,
        resource_defaults=read_meta(root, "defaults", DEFAULTS),
        resources=Assembly(root, known, primitives).read(),
        constraints=ConstraintReader(root, known).read(),
    )
    agents = {each.agent for each in primitives.values()}
    return configuration, tuple(sorted(agents))


def _nodes(root: TableReader) -> tuple[NodeSettings, ...]:
    found = []
    for name, node, path in root.children("nodes"):
        entry = TableReader(node, NODE, path, root.report)
        found.append(
            NodeSettings(
                name=NodeName(name.text),
                attributes=entry.texts("attributes"),
                standby=entry.flag("standby"),
                maintenance=entry.flag("maintenance"),
            )
        )
    return tuple(found)


def _properties(cluster: TableReader) -> Properties:
    table = cluster.table("properties", PROPERTIES)
    return Properties(
        no_quorum_policy=table.word("no-quorum-policy", NoQuorumPolicy),
        symmetric=table.flag("symmetric"),
        maintenance=table.flag("maintenance"),
        start_failure_is_fatal=table.flag("start-failure-is-fatal"),
        stop_all=table.flag("stop-all"),
        batch_limit=table.integer("batch-limit"),
        node_action_limit=table.integer("node-action-limit"),
        recheck_interval=table.duration("recheck-interval"),
    )


def _primitives(
    root: TableReader, known: Known, metadata: Mapping[str, AgentMetadata]
) -> dict[ResourceName, Primitive]:
    found = {}
    for name, node, path in root.children("resources"):
        primitive = read_primitive(
            ResourceName(name.text), node, path, root.report, metadata
        )
        if primitive is not None:
            found[primitive.name] = primitive
    return found
