"""Changes between two configurations, as `config diff` shows them."""

from clusterd.config.diff import ChangeKind, diff, render_diff
from clusterd.config.loader import load
from clusterd.model.configuration import Configuration

BEFORE = """
cluster: {name: prod}
nodes: {node1: {}}
resources:
  vip:
    agent: clusterd:VIP
    params: {ip: 203.0.113.10, nic: eth0}
    operations: {monitor: {interval: 10s, timeout: 20s}}
  web: {agent: "clusterd:HAProxy"}
  db: {agent: "clusterd:Dummy"}
clones: {web-clone: {resource: web}}
constraints:
  colocation: [{resource: vip, with: web-clone}]
"""

AFTER = """
cluster: {name: prod, properties: {stop-all: true}}
defaults: {stickiness: 100}
nodes: {node1: {standby: true}}
resources:
  vip:
    agent: clusterd:VIP
    params: {ip: 203.0.113.11, prefix: 24}
    operations: {monitor: {interval: 10s, timeout: 5s}}
    meta: {priority: 7}
  api: {agent: "clusterd:ApiService"}
  web: {agent: "clusterd:HAProxy"}
groups: {all: {members: [web, api]}}
constraints:
  colocation: [{resource: vip, with: all, score: 50}]
"""


def read(text: str) -> Configuration:
    """Load a text without faults."""
    loaded = load(text, file="c.yaml", metadata=None)
    assert loaded.configuration is not None
    return loaded.configuration


def test_changes_are_listed_in_the_order_of_the_file() -> None:
    """Signs, words and values are those a user writes."""
    changes = diff(read(BEFORE), read(AFTER))

    assert render_diff(changes) == (
        "~ cluster  properties.stop-all (not set) → true\n"
        "~ defaults  stickiness 1 → 100\n"
        "~ node node1  standby (not set) → true\n"
        "~ resource vip  params.ip 203.0.113.10 → 203.0.113.11\n"
        "~ resource vip  params.prefix (not set) → 24\n"
        "~ resource vip  monitor[10s].timeout 20s → 5s\n"
        "~ resource vip  meta.priority (not set) → 7\n"
        "~ resource vip  params.nic eth0 → (not set)\n"
        "+ resource api  ocf:clusterd:ApiService\n"
        "- resource db  ocf:clusterd:Dummy\n"
        "+ group all  of web, api\n"
        "- clone web-clone  of web\n"
        "+ constraint colocation-vip-all  resource vip with all score 50\n"
        "- constraint colocation-vip-web-clone  resource vip with web-clone"
        " score mandatory\n"
    )


def test_the_way_back_is_the_opposite() -> None:
    """A rollback shows the same lines with the other sign."""
    there = diff(read(BEFORE), read(AFTER))
    back = diff(read(AFTER), read(BEFORE))

    assert {(e.subject, e.name, e.field, e.before, e.after) for e in there} == {
        (e.subject, e.name, e.field, e.after, e.before) for e in back
    }
    assert [e.kind for e in there].count(ChangeKind.ADDED) == [
        e.kind for e in back
    ].count(ChangeKind.REMOVED)


def test_a_new_order_of_resources_is_a_change() -> None:
    """It decides who gets a place first."""
    left = 'resources: {a: {agent: "x:A"}, b: {agent: "x:A"}}'
    right = 'resources: {b: {agent: "x:A"}, a: {agent: "x:A"}}'

    assert render_diff(diff(read(left), read(right))) == (
        "~ cluster  order of resources a, b → b, a\n"
    )


def test_comments_and_style_are_no_change() -> None:
    """Two texts that mean the same differ in nothing."""
    left = read('resources: {a: {agent: "x:A"}}')
    right = read("# hello\nresources:\n  a:\n    agent: ocf:x:A\n")

    assert diff(left, right) == ()
    assert render_diff(()) == ""
