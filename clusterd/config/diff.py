"""Two configurations to the ordered changes between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

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
from clusterd.config.values import duration_text
from clusterd.model.configuration import Configuration, NodeSettings
from clusterd.model.constraint import Constraint
from clusterd.model.resource import Clone, Group, Meta, Primitive, Resource


class ChangeKind(Enum):
    """What happened to an object or to one of its fields."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


SIGNS = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.REMOVED: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. `field` None: the whole object came or went.

    `subject` is `cluster`, `node`, `resource`, `group`, `clone` or `constraint`.
    `before` and `after` are as written in YAML; None: it was not, or is not, set.
    """

    kind: ChangeKind
    subject: str
    name: str
    field: str | None = None
    before: str | None = None
    after: str | None = None

    def render(self) -> str:
        """Return one line for people: `~ resource vip  params.ip 1.1.1.1 → 2.2.2.2`."""
        line = f"{SIGNS[self.kind]} {self.subject} {self.name}".rstrip()
        if self.field is None:
            words = self.after if self.before is None else self.before
            return f"{line}  {words}" if words else line
        before = "(not set)" if self.before is None else self.before
        after = "(not set)" if self.after is None else self.after
        return f"{line}  {self.field} {before} → {after}"


@dataclass(frozen=True, slots=True)
class _Thing:
    """One object as `diff` sees it: identity, a word for people, flat fields."""

    subject: str
    name: str
    summary: str
    fields: Mapping[str, str]


def diff(old: Configuration, new: Configuration) -> tuple[Change, ...]:
    """Return the changes that lead from `old` to `new`; none if they are equal.

    Ordered as in the file: cluster, nodes, resources, groups, clones,
    constraints; what was removed stands after what is there.
    """
    before = {(each.subject, each.name): each for each in _things(old)}
    after = {(each.subject, each.name): each for each in _things(new)}
    keys = sorted(dict.fromkeys([*after, *before]), key=lambda key: _RANK[key[0]])
    changes: list[Change] = []
    for key in keys:
        changes += _compare(before.get(key), after.get(key))
    return (*changes, *_reordered(old, new))


_RANK = {
    subject: rank
    for rank, subject in enumerate(
        ("cluster", "defaults", "node", "resource", "group", "clone", "constraint")
    )
}


def render_diff(changes: Sequence[Change]) -> str:
    """Return one line per change; an empty text for none."""
    return "".join(f"{each.render()}\n" for each in changes)


def _compare(old: _Thing | None, new: _Thing | None) -> Iterator[Change]:
    if old is None:
        assert new is not None
        yield Change(
            kind=ChangeKind.ADDED,
            subject=new.subject,
            name=new.name,
            after=new.summary,
        )
    elif new is None:
        yield Change(
            kind=ChangeKind.REMOVED,
            subject=old.subject,
            name=old.name,
            before=old.summary,
        )
    else:
        yield from _changed_fields(old, new)


def _changed_fields(old: _Thing, new: _Thing) -> Iterator[Change]:
    for field in dict.fromkeys([*new.fields, *old.fields]):
        before, after = old.fields.get(field), new.fields.get(field)
        if before != after:
            yield Change(
                kind=ChangeKind.CHANGED,
                subject=new.subject,
                name=new.name,
                field=field,
                before=before,
                after=after,
            )


def _reordered(old: Configuration, new: Configuration) -> Iterator[Change]:
    """Yield a change per list whose common members changed places.

    The order of resources decides who gets a place first, so it is a change.
    """
    for subject, before, after in (
        ("nodes", _names(old.nodes), _names(new.nodes)),
        ("resources", _names(old.resources), _names(new.resources)),
        ("constraints", _names(old.constraints), _names(new.constraints)),
    ):
        kept = [name for name in before if name in set(after)]
        now = [name for name in after if name in set(before)]
        if kept != now:
            yield Change(
                kind=ChangeKind.CHANGED,
                subject="cluster",
                name="",
                field=f"order of {subject}",
                before=", ".join(kept),
                after=", ".join(now),
            )


def _names(things: Sequence[NodeSettings | Resource | Constraint]) -> list[str]:
    return [str(each.name) for each in things]


def _things(configuration: Configuration) -> Iterator[_Thing]:
    cluster = {"name": configuration.cluster_name}
    cluster |= _prefixed(
        "properties", fields_text(PROPERTIES, configuration.properties)
    )
    yield _Thing("cluster", "", "", cluster)
    yield _Thing(
        "defaults", "", "", dict(fields_text(DEFAULTS, configuration.resource_defaults))
    )
    for node in configuration.nodes:
        fields = dict(fields_text(NODE, node))
        fields |= _prefixed("attributes", list(node.attributes.items()))
        yield _Thing("node", node.name, "", fields)
    for resource in configuration.resources:
        yield from _resource_things(resource)
    for each in configuration.constraints:
        pairs = constraint_text(each)
        summary = " ".join(f"{key} {value}" for key, value in pairs)
        kind = {"kind of constraint": type(each).__name__.lower()}
        yield _Thing("constraint", each.name, summary, kind | dict(pairs))


def _resource_things(resource: Resource) -> Iterator[_Thing]:
    match resource:
        case Primitive():
            yield _Thing(
                "resource", resource.name, str(resource.agent), _primitive(resource)
            )
        case Group(members=members):
            names = ", ".join(each.name for each in members)
            fields = {"members": names} | _meta(resource.meta)
            yield _Thing("group", resource.name, f"of {names}", fields)
            for each in members:
                yield from _resource_things(each)
        case Clone(child=child):
            fields = {"resource": str(child.name)} | dict(fields_text(CLONE, resource))
            yield _Thing(
                "clone",
                resource.name,
                f"of {child.name}",
                fields | _meta(resource.meta),
            )
            yield from _resource_things(child)


def _primitive(primitive: Primitive) -> dict[str, str]:
    fields = {"agent": str(primitive.agent)}
    fields |= _prefixed("params", list(primitive.params.items()))
    for each in primitive.operations:
        name = each.name
        if each.interval:
            name = f"{name}[{duration_text(each.interval)}]"
        pairs = [*operation_text(each), *extra_params(each)]
        fields |= _prefixed(name, pairs)
    order = " ".join(each.name for each in primitive.operations)
    return fields | {"operations": order} | _meta(primitive.meta)


def _meta(meta: Meta, shape: Shape = META) -> dict[str, str]:
    return _prefixed("meta", fields_text(shape, meta))


def _prefixed(prefix: str, pairs: Pairs) -> dict[str, str]:
    return {f"{prefix}.{key}": value for key, value in pairs}
