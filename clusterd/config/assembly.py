"""The `groups` and `clones` sections: primitives put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clusterd.config.diagnostic import Code
from clusterd.config.known import Known
from clusterd.config.report import Path
from clusterd.config.resources import read_meta
from clusterd.config.schema_resources import CLONE, GROUP
from clusterd.config.source import Node, Scalar
from clusterd.config.table_reader import TableReader, kind_of
from clusterd.model.names import ResourceName
from clusterd.model.resource import Clone, Group, Primitive, Resource, primitives_of


@dataclass(slots=True)
class Assembly:
    """Puts groups and clones together; each resource goes into at most one."""

    root: TableReader
    known: Known
    primitives: Mapping[ResourceName, Primitive]
    groups: dict[ResourceName, Group] = field(default_factory=dict)
    clones: dict[ResourceName, Clone] = field(default_factory=dict)
    _owner: dict[ResourceName, ResourceName] = field(default_factory=dict)

    def read(self) -> tuple[Resource, ...]:
        """Return the top-level resources.

        The place of a group or clone among them is that of its first member in
        the section `resources`: the order in which places are given out is thus
        the order of that one section.
        """
        for name, node, path in self.root.children("groups"):
            self._group(ResourceName(name.text), node, path)
        for name, node, path in self.root.children("clones"):
            self._clone(ResourceName(name.text), node, path)
        tops = [*self._free(self.primitives), *self._free(self.groups)]
        tops += self.clones.values()
        places = {name: place for place, name in enumerate(self.primitives)}
        return tuple(sorted(tops, key=lambda each: _place(each, places)))

    def _free(
        self, resources: Mapping[ResourceName, Primitive] | Mapping[ResourceName, Group]
    ) -> list[Resource]:
        return [each for name, each in resources.items() if name not in self._owner]

    def _group(self, name: ResourceName, node: Node, path: Path) -> None:
        entry = TableReader(node, GROUP, path, self.root.report)
        members = [
            each
            for item, where in entry.items("members")
            if (each := self._member(name, item, where)) is not None
        ]
        meta = read_meta(entry)
        if entry.has("members") and not members:
            self._nothing_in(entry)
        if members:
            self.groups[name] = Group(name=name, members=tuple(members), meta=meta)

    def _nothing_in(self, entry: TableReader) -> None:
        # Members that were written but not understood are reported already.
        if next(entry.items("members"), None) is None:
            entry.report.error(
                Code.BAD_VALUE,
                "a group needs at least one member",
                entry.key_span("members"),
            )

    def _member(self, group: ResourceName, item: Node, path: Path) -> Primitive | None:
        report = self.root.report
        if not isinstance(item, Scalar) or item.is_null:
            report.error(
                Code.BAD_VALUE,
                f"a member is the name of a resource, not {kind_of(item)}",
                item.span,
            )
            return None
        name = ResourceName(item.text)
        section = self.known.sections.get(name)
        if section is None:
            report.unknown(
                Code.UNKNOWN_RESOURCE,
                f"no resource is named `{name}`",
                item.span,
                name=name,
                known=[k for k, v in self.known.sections.items() if v == "resources"],
            )
            return None
        if section != "resources":
            report.error(
                Code.WRONG_KIND,
                f"`{name}` is a {section.rstrip('s')}; members are plain resources",
                item.span,
                "list its resources themselves",
            )
            return None
        if not self._claim(name, group, path):
            return None
        return self.primitives.get(name)

    def _clone(self, name: ResourceName, node: Node, path: Path) -> None:
        entry = TableReader(node, CLONE, path, self.root.report)
        child = self._child(name, entry)
        meta = read_meta(entry)
        maximum = entry.maybe_integer("max")
        maximum_per_node = entry.integer("max-per-node")
        interleave = entry.flag("interleave")
        ordered = entry.flag("ordered")
        notify = entry.flag("notify")
        if child is None:
            return
        self.clones[name] = Clone(
            name=name,
            child=child,
            meta=meta,
            maximum=maximum,
            maximum_per_node=maximum_per_node,
            interleave=interleave,
            ordered=ordered,
            notify=notify,
        )

    def _child(
        self, clone: ResourceName, entry: TableReader
    ) -> Primitive | Group | None:
        text = entry.reference("resource")
        if text is None:
            return None
        name = ResourceName(text)
        section = self.known.sections.get(name)
        if section is None:
            self.known.unknown_resource(name, entry, "resource")
            return None
        if section == "clones":
            entry.report.error(
                Code.WRONG_KIND,
                f"`{name}` is a clone; copies of copies do not exist",
                entry.value_span("resource"),
                "name the resource or group behind it",
            )
            return None
        if not self._claim(name, clone, (*entry.path, "resource")):
            return None
        self.known.clone_of[name] = clone
        group = self.groups.get(name)
        for each in group.members if group else ():
            self.known.clone_of[each.name] = clone
        return group or self.primitives.get(name)

    def _claim(self, name: ResourceName, owner: ResourceName, path: Path) -> bool:
        other = self._owner.get(name)
        if other is not None:
            again = f"stands twice in `{owner}`"
            self.root.report.error(
                Code.CLAIMED_TWICE,
                f"`{name}` {again if other == owner else f'is already in `{other}`'}",
                self.root.report.at(*path),
                "a resource belongs to one group or clone",
            )
            return False
        self._owner[name] = owner
        return True


def _place(resource: Resource, places: Mapping[ResourceName, int]) -> int:
    return min(places[each.name] for each in primitives_of(resource))
