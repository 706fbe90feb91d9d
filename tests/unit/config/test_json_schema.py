"""The published schema: up to date, valid, and as closed as the loader."""

import copy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from clusterd.config.diagnostic import Code
from clusterd.config.json_schema import json_schema, json_schema_text
from clusterd.config.reference import reference_page
from clusterd.config.schema import SHAPES

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def is_valid(text: str) -> bool:
    """Tell what an editor says about a text."""
    return Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))


def test_published_schema_is_current() -> None:
    """Editors use the file, not our code."""
    published = (REFERENCE / "cluster.schema.json").read_text()

    assert published == json_schema_text()


def test_published_reference_is_current() -> None:
    """A field without its line in the manual does not exist for users."""
    page = (REFERENCE / "configuration.md").read_text()

    assert page == reference_page()
    assert all(code.number in page for code in Code)
    assert all(
        f"`{field.key}`" in page for shape in SHAPES.values() for field in shape.fields
    )


def test_schema_is_a_schema() -> None:
    """Draft 2020-12 itself has nothing to complain about."""
    Draft202012Validator.check_schema(copy.deepcopy(json_schema()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_satisfy_it(example: Path) -> None:
    """The first thing a user opens in an editor has no red line."""
    assert is_valid(example.read_text())


@pytest.mark.parametrize(
    "text",
    [
        "clusters: {}",
        "defaults: {stickyness: 1}",
        "defaults: {on-doubt: maybe}",
        "defaults: {failure-timeout: 10}",
        "defaults: {stickiness: 1000001}",
        "resources: {a: {params: {}}}",
        "resources: {a: {agent: VIP}}",
        "resources: {a: {agent: 'x:A', params: {ip: [1]}}}",
        "resources: {a: {agent: 'x:A', operations: {monitor: {interval: 5}}}}",
        "resources: {'a b': {agent: 'x:A'}}",
        "groups: {g: {members: []}}",
        "clones: {c: {max: 2}}",
        "constraints: {location: [{resource: a}]}",
        "constraints: {location: [{resource: a, prefers: n, avoids: m}]}",
        "constraints: {order: {first: a, then: b}}",
    ],
)
def test_it_refuses_what_the_loader_refuses(text: str) -> None:
    """Types, words, ranges and unknown keys are marked while typing."""
    assert not is_valid(text)
