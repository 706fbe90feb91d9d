"""The fields of resources, their operations and meta attributes, groups, clones."""

from dataclasses import replace

from clusterd.config.field import Field, Kind, Shape, words_of
from clusterd.model.resource import OnDoubt, OnFail, Release, Role

META = Shape(
    name="meta",
    title="meta",
    sentence="How the cluster treats a resource, group or clone. What is not set"
    " here comes from the group or clone around it, then from `defaults`.",
    fields=(
        Field(
            "target-role",
            Kind.WORD,
            "The state to reach at most.",
            words=words_of(Role),
            unset="started",
        ),
        Field(
            "managed",
            Kind.FLAG,
            "Whether the cluster may start and stop it.",
            attribute="is_managed",
            unset="true",
        ),
        Field(
            "maintenance",
            Kind.FLAG,
            "Hands off: neither started, stopped nor monitored.",
            unset="false",
        ),
        Field(
            "priority",
            Kind.SCORE,
            "Who gets a place first when not all can run.",
            unset="0",
        ),
        Field(
            "stickiness",
            Kind.SCORE,
            "The score of staying where it is.",
            can_unset=True,
            unset="1 (from `defaults`)",
        ),
        Field(
            "migration-threshold",
            Kind.INTEGER,
            "Failures on one node after which it goes elsewhere; 0 never.",
            can_unset=True,
            minimum=0,
            maximum=1_000_000,
            unset="3 (from `defaults`)",
        ),
        Field(
            "failure-timeout",
            Kind.DURATION,
            "A failure older than this is forgotten; 0 never.",
            can_unset=True,
            minimum=0,
            unset="10m (from `defaults`)",
        ),
        Field(
            "critical",
            Kind.FLAG,
            "Whether what depends on it moves with it when it must move.",
            unset="true",
        ),
        Field(
            "on-doubt",
            Kind.WORD,
            "What a node cut off from the majority does with it: `stop` keeps at "
            "most one copy, `keep` at least one.",
            words=words_of(OnDoubt),
            unset="stop",
        ),
        Field(
            "release",
            Kind.WORD,
            "Who takes it away from a node that lost its lease: the kernel "
            "(addresses), the guard (processes), or only fencing.",
            words=words_of(Release),
            unset="process",
        ),
        Field(
            "events",
            Kind.FLAG,
            "React at once when its process ends or its address vanishes.",
            unset="true",
        ),
    ),
)

_SAFER = {"stickiness": "1", "migration-threshold": "3", "failure-timeout": "10m"}
"""Where our defaults differ from Pacemaker's; see docs/decisions."""

DEFAULTS = Shape(
    name="defaults",
    title="defaults",
    sentence="Meta attributes for every resource that does not set its own. The"
    " word `default` asks for the scheduler's built-in value.",
    fields=tuple(
        replace(each, default=_SAFER[each.key], unset="")
        if each.key in _SAFER
        else each
        for each in META.fields
    ),
)

RESOURCE = Shape(
    name="resource",
    title="resources.NAME",
    sentence="One service or address, handled by one agent.",
    fields=(
        Field(
            "agent",
            Kind.AGENT,
            "`PROVIDER:TYPE` or `ocf:PROVIDER:TYPE`.",
            required=True,
        ),
        Field(
            "params",
            Kind.TEXTS,
            "Parameters of the agent, passed on exactly as written.",
        ),
        Field(
            "operations",
            Kind.OPERATIONS,
            "Time limits and intervals; what is absent comes from the agent.",
            shape="operation",
        ),
        Field("meta", Kind.TABLE, "How the cluster treats it.", shape="meta"),
    ),
)

OPERATION = Shape(
    name="operation",
    title="resources.NAME.operations.OPERATION",
    sentence="`start`, `stop`, `monitor` ...; a list for several monitors.",
    fields=(
        Field(
            "interval",
            Kind.DURATION,
            "Time between two runs; 0 does not recur, 100ms is the shortest.",
            minimum=0,
            unset="`monitor`: the agent's advice, else 10s; others do not recur",
        ),
        Field(
            "timeout",
            Kind.DURATION,
            "Time after which it is killed and counts as failed.",
            minimum=0.001,
            unset="the agent's advice, else 20s",
        ),
        Field(
            "on-fail",
            Kind.WORD,
            "What its failure leads to.",
            words=words_of(OnFail),
            unset="restart; `stop`: block, or fence where fencing exists",
        ),
        Field(
            "role",
            Kind.WORD,
            "Run it only where the resource is in this role.",
            words=words_of(Role),
            unset="any",
        ),
        Field(
            "enabled",
            Kind.FLAG,
            "false: keep the entry, do not run it.",
            default="true",
        ),
        Field(
            "start-delay",
            Kind.DURATION,
            "Wait before the first run.",
            default="0",
            minimum=0,
        ),
        Field(
            "depth",
            Kind.INTEGER,
            "How thorough a monitor is: 0, 10 or 20 (OCF_CHECK_LEVEL).",
            minimum=0,
            maximum=1000,
            unset="0",
        ),
        Field("params", Kind.TEXTS, "Extra parameters of this operation only."),
    ),
)

GROUP = Shape(
    name="group",
    title="groups.NAME",
    sentence="Resources that live on one node, start in this order and stop in"
    " reverse.",
    fields=(
        Field(
            "members",
            Kind.RESOURCES,
            "Names of resources, first to start first.",
            required=True,
        ),
        Field("meta", Kind.TABLE, "How the cluster treats its members.", shape="meta"),
    ),
)

CLONE = Shape(
    name="clone",
    title="clones.NAME",
    sentence="Interchangeable copies of a resource or group, normally one per node.",
    fields=(
        Field(
            "resource", Kind.RESOURCE, "The resource or group to copy.", required=True
        ),
        Field(
            "max",
            Kind.INTEGER,
            "Copies in the whole cluster.",
            attribute="maximum",
            minimum=0,
            maximum=10_000,
            unset="the number of nodes",
        ),
        Field(
            "max-per-node",
            Kind.INTEGER,
            "Copies on one node.",
            attribute="maximum_per_node",
            default="1",
            minimum=1,
            maximum=10_000,
        ),
        Field(
            "interleave",
            Kind.FLAG,
            "What is ordered after it waits only for the copy on its own node.",
            default="true",
        ),
        Field(
            "ordered",
            Kind.FLAG,
            "Start the copies one after the other.",
            default="false",
        ),
        Field(
            "notify",
            Kind.FLAG,
            "Tell every copy before and after another one changes.",
            default="false",
        ),
        Field("meta", Kind.TABLE, "How the cluster treats its copies.", shape="meta"),
    ),
)
