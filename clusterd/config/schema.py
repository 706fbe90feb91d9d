"""One table of all fields: type, default, unit, one sentence.

The loader, the writer, the JSON Schema and the reference page read it; a field
that is not here does not exist. Resources and constraints have their own files.
"""

from clusterd.config.field import Field, Kind, Shape, words_of
from clusterd.config.schema_constraints import COLOCATION, CONSTRAINTS, LOCATION, ORDER
from clusterd.config.schema_resources import (
    CLONE,
    DEFAULTS,
    GROUP,
    META,
    OPERATION,
    RESOURCE,
)
from clusterd.model.configuration import NoQuorumPolicy

ROOT = Shape(
    name="root",
    title="The file",
    sentence="One file holds everything wanted; every section may be absent.",
    fields=(
        Field(
            "cluster",
            Kind.TABLE,
            "The name and the options of the whole cluster.",
            shape="cluster",
        ),
        Field(
            "nodes",
            Kind.TABLES,
            "What is known of each node; constraints may name only these.",
            shape="node",
        ),
        Field(
            "defaults",
            Kind.TABLE,
            "Meta attributes for every resource that does not set its own.",
            shape="defaults",
        ),
        Field(
            "resources",
            Kind.TABLES,
            "The services and addresses to keep available.",
            shape="resource",
        ),
        Field(
            "groups",
            Kind.TABLES,
            "Resources that live on one node and start in this order.",
            shape="group",
        ),
        Field(
            "clones",
            Kind.TABLES,
            "Resources that run in several copies, one per node.",
            shape="clone",
        ),
        Field(
            "constraints",
            Kind.TABLE,
            "Where resources like to be, together or apart, and in which order.",
            shape="constraints",
        ),
    ),
)

CLUSTER = Shape(
    name="cluster",
    title="cluster",
    sentence="The name and the options of the whole cluster.",
    fields=(
        Field(
            "name",
            Kind.NAME,
            "What `status` and metrics call this cluster.",
            default="cluster",
        ),
        Field(
            "properties",
            Kind.TABLE,
            "Options of the whole cluster.",
            shape="properties",
        ),
    ),
)

PROPERTIES = Shape(
    name="properties",
    title="cluster.properties",
    sentence="Options of the whole cluster.",
    fields=(
        Field(
            "no-quorum-policy",
            Kind.WORD,
            "What a part of the cluster without quorum does with its resources.",
            words=words_of(NoQuorumPolicy),
            default="stop",
        ),
        Field(
            "symmetric",
            Kind.FLAG,
            "Resources may run everywhere unless banned; false: only where allowed.",
            default="true",
        ),
        Field(
            "maintenance",
            Kind.FLAG,
            "Hands off everything: nothing is started, stopped or monitored.",
            default="false",
        ),
        Field(
            "start-failure-is-fatal",
            Kind.FLAG,
            "One failed start sends a resource away from the node; false: "
            "`migration-threshold` decides.",
            default="true",
        ),
        Field("stop-all", Kind.FLAG, "Keep every resource stopped.", default="false"),
        Field(
            "batch-limit",
            Kind.INTEGER,
            "Actions in flight in the whole cluster; 0 is no limit.",
            default="0",
            minimum=0,
            maximum=100_000,
        ),
        Field(
            "node-action-limit",
            Kind.INTEGER,
            "Actions in flight per node; 0 is twice its cores.",
            default="0",
            minimum=0,
            maximum=100_000,
        ),
        Field(
            "recheck-interval",
            Kind.DURATION,
            "How often the plan is made anew when nothing happens.",
            default="15m",
            minimum=1,
        ),
    ),
)

NODE = Shape(
    name="node",
    title="nodes.NAME",
    sentence="One node; the value may be empty.",
    fields=(
        Field("attributes", Kind.TEXTS, "Labels of the node: rack, role, disk."),
        Field("standby", Kind.FLAG, "The node hosts no resources.", default="false"),
        Field(
            "maintenance",
            Kind.FLAG,
            "Hands off the resources of this node.",
            default="false",
        ),
    ),
)

SHAPES = {
    each.name: each
    for each in (
        ROOT,
        CLUSTER,
        PROPERTIES,
        NODE,
        DEFAULTS,
        META,
        RESOURCE,
        OPERATION,
        GROUP,
        CLONE,
        CONSTRAINTS,
        LOCATION,
        COLOCATION,
        ORDER,
    )
}
