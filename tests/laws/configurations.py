"""Hypothesis strategies for configurations that a user could have written."""

from dataclasses import replace

from hypothesis import strategies as st

from clusterd.config.advice import CLUSTER_OPERATIONS
from clusterd.config.constraint_names import derived_name
from clusterd.model.agent import AgentName
from clusterd.model.configuration import (
    Configuration,
    NodeSettings,
    NoQuorumPolicy,
    Properties,
)
from clusterd.model.constraint import Colocation, Constraint, Location, Order, OrderKind
from clusterd.model.names import ConstraintName, NodeName, ResourceName
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OnDoubt,
    OnFail,
    OperationSpec,
    Primitive,
    Release,
    Resource,
    Role,
)
from clusterd.model.score import INFINITY

NODES = tuple(NodeName(f"node{number}") for number in range(1, 4))
NAMES = tuple(
    ResourceName(name) for name in ("vip", "web", "db", "no", "1", "a.b", "x-y", "null")
)

durations = st.one_of(
    st.integers(0, 100_000).map(lambda number: number / 1000),
    st.integers(0, 100_000).map(float),
    st.floats(0.001, 100_000.0),
)
scores = st.one_of(
    st.integers(-INFINITY, INFINITY), st.sampled_from((INFINITY, -INFINITY, 0))
)
texts = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    st.sampled_from(("", "no", "~", "null", "1_000", "a: b", "a #b", "- x", "é\u2028")),
)
keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
params = st.dictionaries(keys, texts, max_size=4)


metas = st.builds(
    Meta,
    target_role=st.none() | st.sampled_from(Role),
    is_managed=st.none() | st.booleans(),
    maintenance=st.none() | st.booleans(),
    priority=st.none() | scores,
    stickiness=st.none() | scores,
    migration_threshold=st.none() | st.integers(0, INFINITY),
    failure_timeout=st.none() | durations,
    critical=st.none() | st.booleans(),
    on_doubt=st.none() | st.sampled_from(OnDoubt),
    release=st.none() | st.sampled_from(Release),
    events=st.none() | st.booleans(),
)

properties = st.builds(
    Properties,
    no_quorum_policy=st.sampled_from(NoQuorumPolicy),
    symmetric=st.booleans(),
    maintenance=st.booleans(),
    start_failure_is_fatal=st.booleans(),
    stop_all=st.booleans(),
    batch_limit=st.integers(0, 1000),
    node_action_limit=st.integers(0, 1000),
    recheck_interval=st.integers(1, 100_000).map(float),
)


@st.composite
def operation_lists(draw: st.DrawFn) -> tuple[OperationSpec, ...]:
    """Draw operations grouped by name; only monitors recur, each interval once."""
    found = []
    for name in draw(
        st.lists(st.sampled_from(CLUSTER_OPERATIONS), unique=True, max_size=3)
    ):
        intervals = [0.0]
        if name == "monitor":
            choice = st.integers(100, 90_000).map(lambda number: number / 1000)
            intervals = draw(st.lists(choice, min_size=1, max_size=3, unique=True))
        found += [draw(operations(name, interval)) for interval in intervals]
    return tuple(found)


def operations(name: str, interval: float) -> st.SearchStrategy[OperationSpec]:
    """Draw the other fields of one operation."""
    none: st.SearchStrategy[dict[str, str]] = st.just({})
    levels = none | st.integers(0, 30).map(lambda n: {"OCF_CHECK_LEVEL": str(n)})
    return st.builds(
        OperationSpec,
        name=st.just(name),
        interval=st.just(interval),
        timeout=st.integers(1, 500_000).map(lambda number: number / 1000),
        on_fail=st.none() | st.sampled_from(OnFail),
        role=st.none() | st.sampled_from(Role),
        enabled=st.booleans(),
        start_delay=durations,
        params=st.builds(lambda a, b: {**a, **b}, params, levels),
    )


def primitives(name: ResourceName) -> st.SearchStrategy[Primitive]:
    """Draw a primitive of that name."""
    return st.builds(
        Primitive,
        name=st.just(name),
        agent=st.sampled_from(
            (
                AgentName("ocf", "clusterd", "VIP"),
                AgentName("ocf", "heartbeat", "IPaddr2"),
                AgentName("systemd", "", "haproxy.service"),
            )
        ),
        params=params,
        operations=operation_lists(),
        meta=metas,
    )


@st.composite
def resource_lists(draw: st.DrawFn) -> tuple[Resource, ...]:
    """Draw top-level resources from the names, each used once."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(0, 4))]
    found: list[Resource] = []
    while names:
        kind = draw(st.sampled_from(("plain", "group", "clone", "cloned group")))
        resource: Primitive | Group
        if "group" not in kind:
            resource = draw(primitives(names.pop()))
        else:
            members = [draw(primitives(names.pop()))]
            more = draw(st.integers(0, len(names)))
            members += [draw(primitives(names.pop())) for _ in range(more)]
            name = ResourceName(f"group-{members[0].name}")
            resource = Group(name=name, members=tuple(members), meta=draw(metas))
        found.append(draw(clones(resource)) if "clone" in kind else resource)
    return tuple(found)


def clones(child: Primitive | Group) -> st.SearchStrategy[Clone]:
    """Draw a clone of `child`."""
    return st.builds(
        Clone,
        name=st.just(ResourceName(f"{child.name}-clone")),
        child=st.just(child),
        meta=metas,
        maximum=st.none() | st.integers(0, 9),
        maximum_per_node=st.integers(1, 3),
        interleave=st.booleans(),
        ordered=st.booleans(),
        notify=st.booleans(),
    )


@st.composite
def constraint_lists(
    draw: st.DrawFn, resources: tuple[Resource, ...]
) -> tuple[Constraint, ...]:
    """Draw constraints without loops: the later resource follows the earlier."""
    names = [each.name for each in resources]
    unnamed = ConstraintName("")
    found: list[Constraint] = []
    for name in names:
        for node in draw(st.lists(st.sampled_from(NODES), unique=True, max_size=2)):
            score = draw(scores)
            found.append(Location(name=unnamed, resource=name, node=node, score=score))
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    wanted = [pair for pair in pairs if draw(st.booleans())]
    roles = st.none() | st.sampled_from(Role)
    for a, b in wanted:
        found.append(
            Colocation(
                name=unnamed,
                resource=b,
                with_resource=a,
                score=draw(scores),
                role=draw(roles),
                with_role=draw(roles),
            )
        )
    for a, b in wanted:
        found.append(
            Order(
                name=unnamed,
                first=a,
                then=b,
                kind=draw(st.sampled_from(OrderKind)),
                symmetrical=draw(st.booleans()),
            )
        )
    return tuple(
        _named(each, n, is_derived=draw(st.booleans())) for n, each in enumerate(found)
    )


def _named(constraint: Constraint, number: int, *, is_derived: bool) -> Constraint:
    name = derived_name(constraint) if is_derived else f"c{number}"
    return replace(constraint, name=ConstraintName(name))


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Draw a configuration the loader accepts."""
    resources = draw(resource_lists())
    return Configuration(
        cluster_name=draw(st.sampled_from(("prod", "c-1", "no"))),
        properties=draw(properties),
        nodes=tuple(
            NodeSettings(
                name=name,
                attributes=draw(params),
                standby=draw(st.booleans()),
                maintenance=draw(st.booleans()),
            )
            for name in NODES
        ),
        resource_defaults=draw(metas),
        resources=resources,
        constraints=draw(constraint_lists(resources)),
    )
