"""`Configuration` to canonical YAML: reading it gives the same value back."""

from collections.abc import Mapping, Sequence

from clusterd.config.constraint_names import derived_name
from clusterd.config.emitter import Block, Flow, Items, Tree, emit, quoted
from clusterd.config.field import Shape
from clusterd.config.rendering import (
    Pairs,
    constraint_text,
    extra_params,
    fields_text,
    operation_text,
)
from clusterd.config.schema import NODE, PROPERTIES
from clusterd.config.schema_resources import CLONE, DEFAULTS, META
from clusterd.model.configuration import Configuration, NodeSettings
from clusterd.model.constraint import Colocation, Constraint, Location, Order
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OperationSpec,
    Primitive,
    Resource,
)

Entries = list[tuple[str, Tree]]

_REFERENCES = frozenset(
    {"resource", "with", "apart-from", "first", "then", "prefers", "avoids", "node"}
)


def write(configuration: Configuration) -> str:
    """Return canonical YAML: what equals the built-in defaults is left out.

    Constraints of different kinds are regrouped by kind; the order within each
    kind, which is the one that can matter, is kept.
    """
    sections: Entries = [("cluster", _cluster(configuration))]
    _add(sections, "nodes", _nodes(configuration.nodes))
    sections.append(("defaults", _meta(configuration.resource_defaults, DEFAULTS)))
    _add(sections, "resources", _primitives(configuration))
    _add(sections, "groups", _groups(configuration.resources))
    _add(sections, "clones", _clones(configuration.resources))
    _add(sections, "constraints", _constraints(configuration.constraints))
    return emit(Block(tuple(sections)))


def _add(entries: Entries, key: str, found: Entries) -> None:
    if found:
        entries.append((key, Block(tuple(found))))


def _cluster(configuration: Configuration) -> Block:
    entries: Entries = [("name", quoted(configuration.cluster_name))]
    _add(
        entries,
        "properties",
        _scalars(fields_text(PROPERTIES, configuration.properties)),
    )
    return Block(tuple(entries))


def _scalars(pairs: Pairs) -> Entries:
    return [(key, text) for key, text in pairs]


def _texts(values: Mapping[str, str]) -> Entries:
    return [(key, quoted(value)) for key, value in values.items()]


def _nodes(nodes: Sequence[NodeSettings]) -> Entries:
    found: Entries = []
    for each in nodes:
        entries: Entries = []
        _add(entries, "attributes", _texts(each.attributes))
        entries += _scalars(fields_text(NODE, each))
        found.append((each.name, Block(tuple(entries))))
    return found


def _meta(meta: Meta, shape: Shape = META) -> Block:
    return Block(tuple(_scalars(fields_text(shape, meta))))


def _primitives(configuration: Configuration) -> Entries:
    return [(each.name, _primitive(each)) for each in configuration.primitives()]


def _primitive(primitive: Primitive) -> Block:
    agent = str(primitive.agent).removeprefix("ocf:")
    entries: Entries = [("agent", quoted(agent))]
    _add(entries, "params", _texts(primitive.params))
    _add(entries, "operations", _operations(primitive.operations))
    _add(entries, "meta", list(_meta(primitive.meta).entries))
    return Block(tuple(entries))


def _operations(operations: Sequence[OperationSpec]) -> Entries:
    by_name: dict[str, list[Tree]] = {}
    for each in operations:
        by_name.setdefault(each.name, []).append(_operation(each))
    return [
        (name, found[0] if len(found) == 1 else Items(tuple(found)))
        for name, found in by_name.items()
    ]


def _operation(operation: OperationSpec) -> Tree:
    pairs = operation_text(operation)
    params = extra_params(operation)
    if not params:
        return Flow(tuple(pairs))
    entries = _scalars(pairs)
    _add(entries, "params", _texts(dict(params)))
    return Block(tuple(entries))


def _groups(resources: Sequence[Resource]) -> Entries:
    found: Entries = []
    for each in resources:
        group = each.child if isinstance(each, Clone) else each
        if isinstance(group, Group):
            members = Items(tuple(quoted(member.name) for member in group.members))
            entries: Entries = [("members", members)]
            _add(entries, "meta", list(_meta(group.meta).entries))
            found.append((group.name, Block(tuple(entries))))
    return found


def _clones(resources: Sequence[Resource]) -> Entries:
    found: Entries = []
    for each in resources:
        if isinstance(each, Clone):
            entries: Entries = [("resource", quoted(each.child.name))]
            entries += _scalars(fields_text(CLONE, each))
            _add(entries, "meta", list(_meta(each.meta).entries))
            found.append((each.name, Block(tuple(entries))))
    return found


def _constraints(constraints: Sequence[Constraint]) -> Entries:
    found: Entries = []
    for key, kind in (
        ("location", Location),
        ("colocation", Colocation),
        ("order", Order),
    ):
        items = tuple(
            _constraint(each) for each in constraints if isinstance(each, kind)
        )
        if items:
            found.append((key, Items(items)))
    return found


def _constraint(constraint: Constraint) -> Flow:
    # Names may need quotes; scores, flags and words never do.
    pairs = [
        (key, quoted(text) if key in _REFERENCES else text)
        for key, text in constraint_text(constraint)
    ]
    if constraint.name != derived_name(constraint):
        pairs.insert(0, ("name", quoted(constraint.name)))
    return Flow(tuple(pairs))
