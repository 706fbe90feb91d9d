"""The canonical text."""

from clusterd.config.emitter import quoted
from clusterd.config.loader import load
from clusterd.config.writer import write

TEXT = """\
cluster:
  name: prod
  properties:
    no-quorum-policy: freeze

nodes:
  node1:
    attributes:
      rack: a
  node2: {}

defaults:
  stickiness: default
  migration-threshold: 3
  failure-timeout: 10m

resources:
  vip:
    agent: clusterd:VIP
    params:
      ip: "2001:db8::1 "
      flag: "no"
    operations:
      monitor:
        - {interval: 10s, timeout: 20s}
        - interval: 30s
          timeout: 20s
          depth: 10
          params:
            extra: 1
      stop: {timeout: 90s, on-fail: block}
    meta:
      priority: -5

groups:
  g:
    members:
      - vip

clones:
  c:
    resource: g
    max: 2

constraints:
  location:
    - {resource: c, prefers: node1, score: 100}
    - {name: away, resource: c, avoids: node2, score: mandatory}
"""


def test_canonical_text_is_a_fixed_point() -> None:
    """What equals a default is left out, what a user would quote is quoted."""
    loaded = load(TEXT, file="c.yaml", metadata=None)

    assert loaded.configuration is not None
    assert write(loaded.configuration) == TEXT


def test_texts_that_look_like_something_else_are_quoted() -> None:
    """Other YAML tools must read the same text as we do."""
    plain = ["eth0", "203.0.113.10", "clusterd:VIP", "/etc/x.cfg", "a b", "--x"[2:]]
    special = ["", "no", "NULL", "a: b", "a #b", "- a", "é\n", " a", "a ", "x:", "<<"]

    assert [quoted(text) for text in plain] == plain
    assert all(quoted(text).startswith('"') for text in special)
