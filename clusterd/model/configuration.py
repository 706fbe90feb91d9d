"""What the administrator wants: the root of everything wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from clusterd.model.constraint import Constraint
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Meta, Primitive, Resource, primitives_of


class NoQuorumPolicy(Enum):
    """What a part of the cluster without quorum does with its resources."""

    STOP = "stop"
    FREEZE = "freeze"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """Cluster options. Times in seconds. Built-in values are Pacemaker's."""

    no_quorum_policy: NoQuorumPolicy = NoQuorumPolicy.STOP
    symmetric: bool = True
    maintenance: bool = False
    start_failure_is_fatal: bool = True
    stop_all: bool = False
    batch_limit: int = 0
    """Actions in flight in the whole cluster; 0 is no limit."""
    node_action_limit: int = 0
    """Actions in flight per node; 0 is twice its cores."""
    recheck_interval: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """What the configuration says of one node; membership itself is not here."""

    name: NodeName
    attributes: Mapping[str, str] = field(default_factory=dict)
    standby: bool = False
    maintenance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything wanted. Names of resources are unique over all kinds."""

    cluster_name: str = "cluster"
    properties: Properties = Properties()
    nodes: tuple[NodeSettings, ...] = ()
    resource_defaults: Meta = Meta()
    resources: tuple[Resource, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    def resource(self, name: ResourceName) -> Resource | None:
        """Return the top-level resource of that name, or None."""
        return next((each for each in self.resources if each.name == name), None)

    def primitives(self) -> Iterator[Primitive]:
        """Yield every primitive, also those inside groups and clones."""
        for each in self.resources:
            yield from primitives_of(each)

    def top_of(self, name: ResourceName) -> Resource | None:
        """Return the top-level resource that is or contains `name`, or None."""
        for each in self.resources:
            if name in _names_within(each):
                return each
        return None


def _names_within(resource: Resource) -> set[ResourceName]:
    names = {resource.name}
    names.update(each.name for each in primitives_of(resource))
    child = getattr(resource, "child", None)
    if child is not None:
        names.add(child.name)
    return names
