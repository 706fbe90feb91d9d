"""Laws of the policy: what holds for every configuration and every history."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusterd.model.configuration import NoQuorumPolicy, Properties
from clusterd.model.constraint import Constraint, Location, OrderKind
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName, ResourceName, history_name
from clusterd.model.resource import (
    Group,
    Meta,
    OnDoubt,
    Primitive,
    Resource,
    Role,
    primitives_of,
)
from clusterd.model.result import ExitCode
from clusterd.model.score import INFINITY
from clusterd.model.status import Hold, HoldKind, Operation
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.policy.render import render_plan, render_summary
from tests.unit.policy.cluster import (
    Cluster,
    clone,
    cluster,
    group,
    location,
    monitor,
    order,
    primitive,
    together,
)

# A case is a whole little cluster brought up and troubled: slow to draw on a busy
# machine, so time is no criterion here.
LAW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
NODES = ("n1", "n2", "n3")
SCORES = (-INFINITY, -30, 50, 200, INFINITY)


@st.composite
def metas(draw: st.DrawFn) -> Meta:
    """Draw what users set most."""
    return Meta(
        priority=draw(st.sampled_from([None, 0, 5])),
        migration_threshold=draw(st.sampled_from([None, 1, 3])),
        target_role=draw(st.sampled_from([None, None, None, Role.STOPPED])),
        on_doubt=draw(st.sampled_from([None, None, OnDoubt.KEEP])),
    )


@st.composite
def primitives(draw: st.DrawFn, name: str) -> Primitive:
    """Draw a primitive, most with a monitor."""
    operations = [monitor()] if draw(st.booleans()) else []
    return replace(primitive(name, *operations), meta=draw(metas()))


@st.composite
def resources(draw: st.DrawFn) -> list[Resource]:
    """Draw a handful of primitives, groups and clones: r0, r1 ..."""
    found: list[Resource] = []
    for number in range(draw(st.integers(1, 5))):
        name = f"r{number}"
        match draw(
            st.sampled_from(["primitive", "primitive", "group", "clone", "group clone"])
        ):
            case "primitive":
                found.append(draw(primitives(name)))
            case "group":
                found.append(
                    group(
                        name, draw(primitives(f"{name}a")), draw(primitives(f"{name}b"))
                    )
                )
            case "clone":
                found.append(_clone(draw, name, draw(primitives(f"{name}a"))))
            case _:
                members = (draw(primitives(f"{name}a")), draw(primitives(f"{name}b")))
                found.append(_clone(draw, name, group(f"{name}g", *members)))
    return found


def _clone(draw: st.DrawFn, name: str, child: Primitive | Group) -> Resource:
    return clone(
        name,
        child,
        maximum=draw(st.sampled_from([None, None, 1, 2])),
        interleave=draw(st.booleans()),
        ordered=draw(st.booleans()),
    )


@st.composite
def constraints(draw: st.DrawFn, listed: list[Resource]) -> list[Constraint]:
    """Draw locations, and links that only point backwards, so that none form loops."""
    found: list[Constraint] = []
    for _ in range(draw(st.integers(0, 2))):
        resource = draw(st.sampled_from(listed))
        found.append(
            location(
                resource.name,
                draw(st.sampled_from(NODES)),
                draw(st.sampled_from(SCORES)),
            )
        )
    for later in range(1, len(listed)):
        earlier = draw(st.integers(0, later - 1))
        first, then = listed[earlier].name, listed[later].name
        if draw(st.booleans()):
            found.append(
                together(
                    then, first, draw(st.sampled_from([INFINITY, -INFINITY, 10_000]))
                )
            )
        if draw(st.booleans()):
            kind = draw(st.sampled_from(list(OrderKind)))
            found.append(order(first, then, kind, symmetrical=draw(st.booleans())))
    return found


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """Draw a cluster about which nothing is known yet; what runs sticks (D9)."""
    listed = draw(resources())
    properties = Properties(
        symmetric=True,
        no_quorum_policy=draw(st.sampled_from(list(NoQuorumPolicy))),
    )
    return cluster(
        NODES,
        listed,
        draw(constraints(listed)),
        properties=properties,
        defaults=Meta(stickiness=100),
    )


@st.composite
def troubled(draw: st.DrawFn) -> Cluster:
    """Draw a cluster in trouble: lost nodes, work under way, failures."""
    drawn = draw(clusters())
    drawn.settle()
    for _ in range(draw(st.integers(0, 3))):
        _trouble(draw, drawn)
    return drawn


def _trouble(draw: st.DrawFn, drawn: Cluster) -> None:
    node = draw(st.sampled_from(NODES))
    match draw(st.sampled_from(["lose", "standby", "fail", "half", "back"])):
        case "lose":
            if drawn.members[node] is MemberState.ONLINE:
                drawn.members[node] = MemberState.LOST
        case "standby":
            hold = Hold(kind=HoldKind.STANDBY, node=NodeName(node))
            drawn.status = replace(drawn.status, holds=(*drawn.status.holds, hold))
        case "fail":
            _fail_a_monitor(draw, drawn)
        case "half":
            _begin_some(draw, drawn)
        case _:
            if drawn.members[node] is MemberState.OFFLINE:
                drawn.members[node] = MemberState.ONLINE


def _fail_a_monitor(draw: st.DrawFn, drawn: Cluster) -> None:
    watched = [
        operation
        for history in drawn.status.history.values()
        for operation in history.recurring.values()
    ]
    if watched:
        operation = draw(st.sampled_from(watched))
        if drawn.members[operation.node] is MemberState.ONLINE:
            drawn.fault = lambda each: (
                ExitCode.NOT_RUNNING if each is operation else None
            )
            drawn.finish(operation)
            drawn.fault = lambda _: None


def _begin_some(draw: st.DrawFn, drawn: Cluster) -> None:
    """Tell nodes what is ready, and let only some of them answer (D10)."""
    for action in drawn.plan().actions:
        operation = action.operation
        if action.after or operation is None or action.kind is ActionKind.CANCEL:
            continue
        drawn.begin(operation)
        if draw(st.booleans()):
            drawn.finish(operation)


def text_of(transition: Transition) -> str:
    """Return everything a plan says, as text."""
    return render_plan(transition) + render_summary(transition) + repr(transition)


@LAW
@given(troubled())
def test_equal_input_gives_equal_output(drawn: Cluster) -> None:
    """A plan is a function of the state: byte-equal, also in another process (D8)."""
    first = drawn.plan()

    second = drawn.plan()

    assert text_of(first) == text_of(second)


@LAW
@given(troubled())
def test_order_of_status_is_without_influence(drawn: Cluster) -> None:
    """The log's order of histories is not the cluster's."""
    turned = dict(reversed(list(drawn.status.history.items())))
    other = replace(drawn, status=replace(drawn.status, history=turned))

    assert text_of(drawn.plan()) == text_of(other.plan())


@LAW
@given(clusters())
def test_carrying_out_plans_ends_in_an_empty_plan(drawn: Cluster) -> None:
    """The wanted state is reached, and then nothing more is done."""
    drawn.settle()

    assert drawn.plan().actions == ()


@LAW
@given(troubled())
def test_trouble_ends_in_an_empty_plan(drawn: Cluster) -> None:
    """Whatever happened, a few plans later nothing is left to do."""
    _answer_all(drawn)

    drawn.settle()

    assert drawn.plan().actions == ()


@LAW
@given(troubled(), st.sampled_from(NODES), st.integers(0, 4))
def test_a_ban_is_never_broken(drawn: Cluster, node: str, which: int) -> None:
    """A banned node never gets a start of the resource, whatever else is wanted."""
    listed = drawn.configuration.resources
    target = listed[which % len(listed)]
    ban = Hold(kind=HoldKind.BAN, node=NodeName(node), resource=target.name)
    drawn.status = replace(drawn.status, holds=(*drawn.status.holds, ban))

    actions = drawn.plan().actions

    names = {each.name for each in primitives_of(target)}
    assert not [
        action
        for action in actions
        if action.kind is ActionKind.START
        and action.node == node
        and action.instance is not None
        and history_name(action.instance) in names
    ]


@LAW
@given(troubled())
def test_one_plan_never_starts_a_primitive_twice(drawn: Cluster) -> None:
    """At most one: two starts of a primitive that is not cloned are never planned."""
    started = [
        action.instance
        for action in drawn.plan().actions
        if action.kind is ActionKind.START and action.instance not in drawn.shared
    ]

    single = [
        name
        for name in started
        if name is not None and history_name(name) not in drawn.shared
    ]
    assert len(single) == len(set(single))


@LAW
@given(troubled())
def test_a_start_comes_after_the_end_elsewhere(drawn: Cluster) -> None:
    """What may be active elsewhere is stopped, fenced or asked for first."""
    actions = drawn.plan().actions
    keeping = _keeping(drawn)

    for action in actions:
        if action.kind is not ActionKind.START or action.instance is None:
            continue
        name = history_name(action.instance)
        if name in drawn.shared or name in keeping:
            continue
        for node in _may_run(drawn, name) - {action.node}:
            assert _is_ended_before(actions, action, name, node), (str(action), node)


@LAW
@given(troubled())
def test_the_newcomer_moves_nobody(drawn: Cluster) -> None:
    """Adding a resource nobody is tied to leaves everything where it is (D9)."""
    _answer_all(drawn)
    drawn.settle()
    before = {(p.instance, p.node) for p in drawn.plan().placements if p.current}
    newcomer = replace(primitive("newcomer", monitor()), meta=Meta(priority=9))
    wider = replace(
        drawn,
        configuration=replace(
            drawn.configuration, resources=(newcomer, *drawn.configuration.resources)
        ),
    )

    after = {(p.instance, p.node) for p in wider.plan().placements if p.current}

    assert after == before


@LAW
@given(troubled())
def test_renamed_nodes_give_a_renamed_plan(drawn: Cluster) -> None:
    """Names mean nothing, as long as their order stays."""
    names = {"n1": "alpha", "n2": "beta", "n3": "gamma"}
    renamed = _renamed(drawn, names)

    text = render_plan(drawn.plan())

    for old, new in names.items():
        text = text.replace(old, new)
    expected = [line.split() for line in text.splitlines()]
    assert [
        line.split() for line in render_plan(renamed.plan()).splitlines()
    ] == expected


@LAW
@given(troubled())
def test_actions_come_after_what_they_wait_for(drawn: Cluster) -> None:
    """Numbers count from 1 and every action names only earlier ones."""
    actions = drawn.plan().actions

    assert [action.number for action in actions] == list(range(1, len(actions) + 1))
    assert all(number < action.number for action in actions for number in action.after)


@LAW
@given(troubled())
def test_without_quorum_nothing_is_fenced_and_nothing_new_starts(
    drawn: Cluster,
) -> None:
    """A part without quorum may stop, freeze or go on, but never fence."""
    drawn.has_quorum = False
    policy = drawn.configuration.properties.no_quorum_policy

    kinds = {action.kind for action in drawn.plan().actions}

    assert ActionKind.FENCE not in kinds
    if policy is NoQuorumPolicy.STOP:
        assert ActionKind.START not in kinds


def _answer_all(drawn: Cluster) -> None:
    """Let every node online answer what it was told."""
    pending: list[Operation] = [
        operation
        for history in drawn.status.history.values()
        for operation in history.pending
    ]
    for operation in pending:
        if drawn.members[operation.node] is MemberState.ONLINE:
            drawn.finish(operation)


def _keeping(drawn: Cluster) -> set[ResourceName]:
    """Return the primitives that would rather run twice than not at all."""
    kept: set[ResourceName] = set()
    for resource in drawn.configuration.resources:
        for each in primitives_of(resource):
            if each.meta.on_doubt is OnDoubt.KEEP:
                kept.add(each.name)
    return kept


def _may_run(drawn: Cluster, name: ResourceName) -> set[NodeName]:
    """Return where a primitive may be active, as pessimistic as can be."""
    found: set[NodeName] = set()
    for node, state in drawn.members.items():
        if state not in (MemberState.ONLINE, MemberState.LOST):
            continue
        history = drawn.status.of(NodeName(node), name)
        if history is None:
            found.add(NodeName(node))
            continue
        last = history.last
        stopped = last is not None and (
            (last.operation == "stop" and not last.is_failure)
            or (last.operation == "monitor" and last.code is ExitCode.NOT_RUNNING)
        )
        if history.pending or not stopped:
            found.add(NodeName(node))
    return found


def _is_ended_before(
    actions: tuple[Action, ...], start: Action, name: ResourceName, node: NodeName
) -> bool:
    by_number = {action.number: action for action in actions}
    queue, seen = list(start.after), set(start.after)
    while queue:
        action = by_number[queue.pop()]
        ends = action.kind in (ActionKind.STOP, ActionKind.PROBE, ActionKind.FENCE)
        same = action.instance is None or history_name(action.instance) == name
        if ends and same and action.node == node:
            return True
        queue += [number for number in action.after if number not in seen]
        seen.update(action.after)
    return False


def _renamed(drawn: Cluster, names: dict[str, str]) -> Cluster:
    """Return the same cluster with other node names."""

    def name(old: NodeName) -> NodeName:
        return NodeName(names[old])

    history = {}
    for key, old in drawn.status.history.items():
        node, _, rest = key.partition("/")
        new = replace(
            old,
            node=name(old.node),
            pending=tuple(replace(p, node=name(p.node)) for p in old.pending),
            recurring={
                k: replace(o, node=name(o.node)) for k, o in old.recurring.items()
            },
            monitors={
                k: replace(r, node=name(r.node)) for k, r in old.monitors.items()
            },
            **{
                part: replace(result, node=name(result.node))
                for part in ("last", "last_start", "failure", "last_failure")
                if (result := getattr(old, part)) is not None
            },
        )
        history[f"{names[node]}/{rest}"] = new
    status = replace(
        drawn.status,
        history=history,
        fail_counts=tuple(
            replace(c, node=name(c.node)) for c in drawn.status.fail_counts
        ),
        holds=tuple(
            replace(h, node=name(h.node) if h.node else None)
            for h in drawn.status.holds
        ),
    )
    moved = tuple(
        replace(each, node=name(each.node)) if isinstance(each, Location) else each
        for each in drawn.configuration.constraints
    )
    return replace(
        drawn,
        members={names[node]: state for node, state in drawn.members.items()},
        status=status,
        configuration=replace(drawn.configuration, constraints=moved),
    )
