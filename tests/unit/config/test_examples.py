"""The examples are correct, also in the eyes of the agents we ship."""

import subprocess
import sys
from pathlib import Path

import pytest

from clusterd.agents.metadata import parse_metadata
from clusterd.config.diagnostic import render_all
from clusterd.config.loader import load
from clusterd.model.agent import AgentMetadata, AgentName

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def shipped() -> dict[str, AgentMetadata]:
    """Ask every shipped agent for its metadata."""
    found = {}
    for path in sorted((ROOT / "resource_agents").iterdir()):
        if path.suffix or not path.is_file():
            continue
        name = AgentName("ocf", "clusterd", path.name)
        command = [sys.executable, str(path), "meta-data"]
        printed = subprocess.run(command, capture_output=True, check=True).stdout
        found[str(name)] = parse_metadata(printed, name)
    return found


@pytest.mark.process
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_has_no_fault(example: Path, shipped: dict[str, AgentMetadata]) -> None:
    """A first user copies these; not even a warning is acceptable."""
    loaded = load(example.read_bytes(), file=example.name, metadata=shipped)

    assert render_all(loaded.diagnostics) == ""
    assert loaded.configuration is not None


def test_there_are_examples() -> None:
    """An empty folder would pass silently."""
    assert any(path.name == "control-plane.yaml" for path in EXAMPLES)
