"""YAML to Configuration: our defaults, the agents' advice, the order of things."""

from clusterd.config.loader import Loaded, load
from clusterd.model.configuration import Configuration, NoQuorumPolicy
from clusterd.model.constraint import Colocation, Constraint, Location, Order, OrderKind
from clusterd.model.names import ConstraintName, NodeName, ResourceName
from clusterd.model.resource import Clone, Group, OnDoubt, OperationSpec, Primitive
from clusterd.model.score import INFINITY
from tests.unit.config.agents import METADATA


def read(text: str) -> Configuration:
    """Load a text without looking at agents."""
    return accepted(load(text, file="c.yaml", metadata=None))


def accepted(loaded: Loaded) -> Configuration:
    """Return the configuration of a text without faults."""
    assert loaded.configuration is not None, [e.render() for e in loaded.diagnostics]
    return loaded.configuration


def constraints(text: str) -> tuple[Constraint, ...]:
    """Load constraints between `a`, `b` and two nodes."""
    head = """
nodes: {node1: {}, node2: {}}
resources: {a: {agent: "x:A"}, b: {agent: "x:A"}}
constraints:
"""
    return read(head + text).constraints


def operations(text: str) -> tuple[OperationSpec, ...]:
    """Load the operations of a VIP, with the agent's advice."""
    head = 'resources: {v: {agent: "clusterd:VIP", params: {ip: x}, operations: '
    loaded = load(f"{head}{text}}}}}", file="c.yaml", metadata=METADATA)
    (primitive,) = accepted(loaded).primitives()
    return primitive.operations


def test_our_defaults_are_safer_than_pacemakers() -> None:
    """Resources stay put, failures decay, clones interleave (decision D9)."""
    wanted = read('resources: {a: {agent: "x:A"}}\nclones: {c: {resource: a}}')

    defaults = wanted.resource_defaults
    clone = wanted.resources[0]
    assert (defaults.stickiness, defaults.migration_threshold) == (1, 3)
    assert defaults.failure_timeout == 600.0
    assert isinstance(clone, Clone)
    assert clone.interleave
    assert clone.meta.on_doubt is None
    assert clone.meta.stickiness is None


def test_every_default_can_be_undone() -> None:
    """An imported cluster keeps its behaviour: `default` is the built-in value."""
    wanted = read(
        "defaults: {stickiness: default, migration-threshold: 0, failure-timeout: 0}"
    )

    defaults = wanted.resource_defaults
    assert defaults.stickiness is None
    assert (defaults.migration_threshold, defaults.failure_timeout) == (0, 0.0)


def test_parameters_are_what_the_user_wrote_and_nothing_more() -> None:
    """Agents have their own defaults; 010 and `no` are texts."""
    text = 'resources: {a: {agent: "clusterd:VIP", params: {ip: 010, nic: no}}}'

    loaded = load(text, file="c.yaml", metadata=METADATA)

    (primitive,) = accepted(loaded).primitives()
    assert primitive.params == {"ip": "010", "nic": "no"}


def test_the_agents_advice_fills_what_the_user_left_out() -> None:
    """A default of 20 s for everything is what users of Pacemaker suffer from."""
    found = operations("{monitor: {timeout: 5s}, stop: {on-fail: block}}")

    times = [(each.name, each.interval, each.timeout) for each in found]
    assert times == [
        ("monitor", 12.0, 5.0),
        ("stop", 0.0, 26.0),
        ("start", 0.0, 25.0),
    ]


def test_a_deeper_monitor_gets_the_advice_for_its_depth() -> None:
    """Agents advise longer intervals for checks that cost more."""
    found = operations("{monitor: [{}, {depth: 10}]}")

    monitors = [each for each in found if each.name == "monitor"]
    assert [(each.interval, each.timeout) for each in monitors] == [
        (12.0, 27.0),
        (33.0, 28.0),
    ]
    assert monitors[1].params == {"OCF_CHECK_LEVEL": "10"}


def test_deeper_monitors_wait_until_somebody_asks() -> None:
    """An ordinary check comes by itself, a costly one does not."""
    monitors = [each for each in operations("{}") if each.name == "monitor"]

    assert [each.params for each in monitors] == [{}]


def test_without_metadata_a_monitor_still_recurs() -> None:
    """`monitor: {}` asks for monitoring, so it must not mean "never"."""
    text = 'resources: {a: {agent: "x:A", operations: {monitor: {}}}}'

    (primitive,) = read(text).primitives()

    assert [each.interval for each in primitive.operations] == [10.0]


def test_the_order_of_resources_is_that_of_their_section() -> None:
    """Who is placed first depends on it, so one section must decide it."""
    wanted = read("""
groups: {g: {members: [d, b]}}
clones: {k: {resource: c}}
resources: {a: {agent: "x:A"}, b: {agent: "x:A"}, c: {agent: "x:A"}, d: {agent: "x:A"}}
""")

    assert [each.name for each in wanted.resources] == ["a", "g", "k"]
    group = wanted.resource(ResourceName("g"))
    assert isinstance(group, Group)
    assert [each.name for each in group.members] == ["d", "b"]


def test_a_group_can_be_cloned() -> None:
    """The group then is no resource of its own any more."""
    wanted = read("""
resources: {a: {agent: "x:A"}}
groups: {g: {members: [a]}}
clones: {c: {resource: g, max: 2, interleave: no}}
""")

    (clone,) = wanted.resources
    assert isinstance(clone, Clone)
    assert isinstance(clone.child, Group)
    assert (clone.maximum, clone.interleave) == (2, False)


def test_locations_have_words() -> None:
    """Prefers and avoids carry the sign, so nobody has to remember it."""
    found = constraints("""
  location:
    - {resource: a, prefers: node1}
    - {resource: a, avoids: node2, score: strongly}
    - {resource: b, node: node1, score: -inf}
""")

    assert [each.score for each in found if isinstance(each, Location)] == [
        100,
        -1000,
        -INFINITY,
    ]
    assert found[0].name == "location-a-node1"


def test_requires_bans_every_other_node() -> None:
    """The word promises one node, so the others must be out of the question."""
    found = constraints("  location: [{name: home, resource: a, requires: node2}]")

    assert found == (
        Location(
            name=ConstraintName("home-node1"),
            resource=ResourceName("a"),
            node=NodeName("node1"),
            score=-INFINITY,
        ),
        Location(
            name=ConstraintName("home-node2"),
            resource=ResourceName("a"),
            node=NodeName("node2"),
            score=INFINITY,
        ),
    )


def test_colocations_are_mandatory_unless_scored() -> None:
    """`with` and `apart-from` say the direction in words."""
    found = constraints("""
  colocation:
    - {resource: a, with: b}
    - {name: far, resource: a, apart-from: b, score: 50, role: promoted}
""")

    scores = [each.score for each in found if isinstance(each, Colocation)]
    assert scores == [INFINITY, -50]


def test_an_order_repeats_its_action() -> None:
    """`first-action: promote` alone means promote one, then the other."""
    (found,) = constraints(
        "  order: [{first: a, then: b, first-action: promote, kind: optional}]"
    )

    assert isinstance(found, Order)
    assert (found.first_action, found.then_action) == ("promote", "promote")
    assert found.kind is OrderKind.OPTIONAL
    assert found.name == "order-promote-a-promote-b"


def test_agents_are_listed_even_of_a_faulty_file() -> None:
    """Their metadata is fetched next, so that all faults can be shown at once."""
    loaded = load(
        'resources: {a: {agent: "x:B", pram: 1}, b: {agent: "x:A"}}',
        file="c.yaml",
        metadata=None,
    )

    assert loaded.configuration is None
    assert [str(each) for each in loaded.agents] == ["ocf:x:A", "ocf:x:B"]


def test_without_metadata_agents_are_not_judged() -> None:
    """A laptop without the agents can still check the rest."""
    assert read('resources: {a: {agent: "systemd:foo"}}').resources


def test_installed_agents_are_suggested() -> None:
    """Only used agents have metadata; a typo wants the names of the others."""
    loaded = load(
        'resources: {a: {agent: "clusterd:Dumy"}}',
        file="c.yaml",
        metadata={},
        installed=["ocf:clusterd:Dummy", "ocf:heartbeat:Dummy", "ocf:clusterd:VIP"],
    )

    hint = loaded.diagnostics[0].hint
    assert hint == "did you mean `ocf:clusterd:Dummy` or `ocf:heartbeat:Dummy`?"


def test_secrets_are_not_repeated_in_messages() -> None:
    """Messages travel to logs and chats; the line itself the author has anyway."""
    loaded = load(
        'resources: {a: {agent: "clusterd:VIP", params: {ip: x, secret: hush}}}',
        file="c.yaml",
        metadata=METADATA,
    )

    assert [each.message for each in loaded.diagnostics] == [
        "`secret`: this value is not a whole number"
    ]


def test_bytes_are_read_as_utf_8() -> None:
    """Files come as bytes; a fault in them is a diagnostic, not an exception."""
    good = load(b"cluster: {name: prod}", file="c.yaml", metadata=None)
    bad = load(b"cluster: {name: \xff}", file="c.yaml", metadata=None)

    assert accepted(good).cluster_name == "prod"
    assert bad.configuration is None


def test_all_sections_together() -> None:
    """Each key ends up in the field of its name."""
    wanted = read("""
cluster: {name: prod, properties: {no-quorum-policy: freeze, batch-limit: 7}}
nodes: {node1: {attributes: {rack: a}, standby: true}}
resources:
  a:
    agent: ocf:heartbeat:IPaddr2
    params: {ip: 203.0.113.10}
    operations: {start: {timeout: 1m, start-delay: 200ms, enabled: false}}
    meta: {on-doubt: keep, managed: false, failure-timeout: 1h}
""")

    (primitive,) = wanted.resources
    (node,) = wanted.nodes
    assert wanted.properties.no_quorum_policy is NoQuorumPolicy.FREEZE
    assert wanted.properties.batch_limit == 7
    assert (node.attributes, node.standby) == ({"rack": "a"}, True)
    assert isinstance(primitive, Primitive)
    assert str(primitive.agent) == "ocf:heartbeat:IPaddr2"
    assert primitive.operations == (
        OperationSpec(name="start", timeout=60.0, start_delay=0.2, enabled=False),
    )
    assert primitive.meta.on_doubt is OnDoubt.KEEP
    assert primitive.meta.is_managed is False
    assert primitive.meta.failure_timeout == 3600.0
