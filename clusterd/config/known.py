"""Every name the file defines, and what stands behind it."""

from dataclasses import dataclass, field

from clusterd.config.diagnostic import Code
from clusterd.config.report import Report
from clusterd.config.table_reader import TableReader
from clusterd.model.names import NodeName, ResourceName

SECTIONS = ("resources", "groups", "clones")

_WHAT = {"resources": "a resource", "groups": "a group", "clones": "a clone"}


@dataclass(slots=True)
class Known:
    """Names by section, also of objects whose own text is faulty.

    So a typo in a resource is reported once, and not again at every constraint
    that names the resource.
    """

    nodes: list[NodeName] = field(default_factory=list)
    sections: dict[ResourceName, str] = field(default_factory=dict)
    clone_of: dict[ResourceName, ResourceName] = field(default_factory=dict)
    """Primitives and groups that run in copies, with the name of their clone."""

    def resource(self, entry: TableReader, key: str) -> ResourceName | None:
        """Return the resource, group or clone a field names, if there is one."""
        text = entry.reference(key)
        if text is None:
            return None
        name = ResourceName(text)
        if name not in self.sections:
            self.unknown_resource(name, entry, key)
            return None
        clone = self.clone_of.get(name)
        if clone is not None:
            entry.report.error(
                Code.WRONG_KIND,
                f"`{name}` runs in copies; constraints name the clone",
                entry.value_span(key),
                f"write `{clone}`",
            )
            return None
        return name

    def unknown_resource(self, name: str, entry: TableReader, key: str) -> None:
        """Report a name that no resource, group or clone has."""
        entry.report.unknown(
            Code.UNKNOWN_RESOURCE,
            f"no resource is named `{name}`",
            entry.value_span(key),
            name=name,
            known=self.sections,
        )

    def node(self, entry: TableReader, key: str) -> NodeName | None:
        """Return the node a field names, if it is listed under `nodes`."""
        text = entry.reference(key)
        if text is None or text in self.nodes:
            return None if text is None else NodeName(text)
        message = f"no node is named `{text}`"
        at = entry.value_span(key)
        if self.nodes:
            entry.report.unknown(
                Code.UNKNOWN_NODE, message, at, name=text, known=self.nodes
            )
        else:
            hint = f"list the nodes first: `nodes: {{{text}: {{}}}}`"
            entry.report.error(Code.UNKNOWN_NODE, message, at, hint)
        return None

    def add_resource(self, name: ResourceName, section: str, report: Report) -> bool:
        """Take a name, or report that another object has it already."""
        other = self.sections.get(name)
        if other is not None:
            first = report.at(other, name).line
            report.error(
                Code.DUPLICATE_NAME,
                f"`{name}` is also the name of {_WHAT[other]} (line {first})",
                report.at(section, name),
                f"call it `{name}-{section.rstrip('s')}`, for example",
            )
            return False
        self.sections[name] = section
        return True
