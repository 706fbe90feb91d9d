"""Laws of reading, writing and comparing configurations."""

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from clusterd.config.diagnostic import Severity
from clusterd.config.diff import diff
from clusterd.config.json_schema import json_schema
from clusterd.config.loader import load
from clusterd.config.report import split_lines
from clusterd.config.values import duration_text, read_duration
from clusterd.config.writer import write
from clusterd.model.configuration import Configuration
from tests.laws.configurations import configurations

SLOW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

SAMPLE = """\
cluster:
  name: prod
  properties: {no-quorum-policy: freeze, recheck-interval: 5m}
nodes:
  node1: {attributes: {rack: a}}
  node2:
defaults: {stickiness: 100}
resources:
  vip:
    agent: clusterd:VIP
    params: {ip: "2001:db8::1", prefix: 64}
    operations:
      monitor: [{interval: 10s}, {interval: 30s, depth: 10}]
    meta: {release: kernel, priority: 5}
  web: &web
    agent: clusterd:HAProxy
    operations: {stop: {timeout: 1m30s, on-fail: block}}
  other: *web
groups:
  pair: {members: [vip, other]}
clones:
  web-clone: {resource: web, max: 2}
constraints:
  location:
    - {resource: pair, prefers: node1, score: strongly}
    - {resource: web-clone, avoids: node2}
  colocation:
    - {resource: pair, with: web-clone}
  order:
    - {first: web-clone, then: pair, kind: optional}
"""

SPLINTERS = (
    *("\t", ":", "-", "- ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "<<: ", '"'),
    *("'", "#", "\n", "  ", "---\n", "...\n", "%YAML 1.1\n", "|\n", ">", "?", "~"),
    *("\0", "\x1b", "\ud800", "\u2028", "é", "\ufeff", '"\\UFFFFFFFF"', '"\\0"'),
    *("10", "inf", "-inf", "mandatory", "node3", "vip", "0x10", "1e400", "99999999999"),
)


@SLOW
@given(configurations())
def test_what_is_written_reads_back_as_the_same_value(wanted: Configuration) -> None:
    """Canonical YAML loses nothing and adds nothing."""
    loaded = load(write(wanted), file="c.yaml", metadata=None)

    assert loaded.configuration == wanted, [e.render() for e in loaded.diagnostics]


@SLOW
@given(configurations())
def test_writing_is_stable(wanted: Configuration) -> None:
    """Canonical means: reading and writing again changes no character."""
    text = write(wanted)

    again = load(text, file="c.yaml", metadata=None).configuration

    assert again is not None
    assert write(again) == text


@SLOW
@given(configurations())
def test_canonical_yaml_satisfies_the_published_schema(wanted: Configuration) -> None:
    """Editors that use the JSON Schema do not mark what we write ourselves."""
    document = yaml.safe_load(write(wanted))

    faults = [each.message for each in VALIDATOR.iter_errors(document)]

    assert not faults


VALIDATOR = Draft202012Validator(json_schema())


@SLOW
@given(configurations(), configurations())
def test_diff_is_empty_only_between_equals(
    left: Configuration, right: Configuration
) -> None:
    """What `config diff` does not show does not exist."""
    assert diff(left, left) == ()
    assert (diff(left, right) == ()) == (left == right)


@given(st.floats(0, 31_000_000))
def test_durations_keep_every_bit(seconds: float) -> None:
    """A duration written and read again is the same float."""
    assert read_duration(duration_text(seconds)) == seconds


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Draw the sample with a few cuts, splinters and doubled lines."""
    text = SAMPLE
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        splinter = draw(st.sampled_from(SPLINTERS) | st.text(max_size=5))
        text = text[:start] + splinter + text[end:]
    return text


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_damaged_text_gives_a_configuration_or_faults_with_places(text: str) -> None:
    """No text makes the loader raise, and every fault can be shown in the file."""
    loaded = load(text, file="c.yaml", metadata={})

    lines = split_lines(text.removeprefix("\ufeff"))
    errors = [e for e in loaded.diagnostics if e.severity is Severity.ERROR]
    assert (loaded.configuration is None) == bool(errors)
    for each in loaded.diagnostics:
        assert 1 <= each.span.line <= len(lines)
        assert 1 <= each.span.column <= len(lines[each.span.line - 1]) + 1
        assert each.excerpt == lines[each.span.line - 1]
        assert "^" in each.render()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_configuration_or_faults(data: bytes) -> None:
    """A file may hold anything at all."""
    loaded = load(data, file="c.yaml", metadata=None)

    assert loaded.configuration is not None or loaded.diagnostics


@settings(max_examples=100, deadline=None)
@given(damaged())
def test_what_survives_damage_survives_writing(text: str) -> None:
    """Whatever the loader accepts, the writer can say."""
    first = load(text, file="c.yaml", metadata=None).configuration
    if first is None:
        return

    again = load(write(first), file="w.yaml", metadata=None)

    assert again.configuration == first
