"""What all shipped agents promise in their metadata, by OCF 1.1."""

import os
from pathlib import Path

import pytest
from lxml import etree

from tests.agents.runner import AGENTS, PATH, Resource, execute

pytestmark = pytest.mark.process

NAMES = sorted(
    path.name
    for path in AGENTS.iterdir()
    if os.access(path, os.X_OK) and path.is_file()
)
LISTED = {"start", "stop", "monitor", "meta-data", "validate-all", "reload-agent"}
TYPES = {"string", "boolean", "integer", "select"}


def metadata(name: str) -> etree._Element:
    """Ask an agent for its metadata, with no environment but PATH."""
    outcome = execute([str(AGENTS / name), "meta-data"], {"PATH": PATH}, timeout=20)
    assert outcome.code == 0
    assert outcome.stderr == ""
    return etree.fromstring(outcome.stdout.encode())


def test_the_agents_are_those_we_ship() -> None:
    """A new agent comes with its tests."""
    assert NAMES == ["ApiService", "Dummy", "HAProxy", "VIP"]


@pytest.mark.parametrize("name", NAMES)
def test_metadata_is_ocf_1_1(name: str) -> None:
    """Structure, names and types as the standard has them."""
    root = metadata(name)

    assert root.tag == "resource-agent"
    assert root.get("name") == name
    assert [child.tag for child in root] == [
        "version",
        "longdesc",
        "shortdesc",
        "parameters",
        "actions",
    ]
    assert root.findtext("version") == "1.1"
    for parameter in root.iterfind("parameters/parameter"):
        assert [child.tag for child in parameter] == [
            "longdesc",
            "shortdesc",
            "content",
        ]
        assert parameter.findtext("longdesc")
        flags = [parameter.get(flag) for flag in ("required", "unique", "reloadable")]
        assert set(flags) <= {"0", "1"}
        content = parameter.find("content")
        assert content is not None
        assert content.get("type") in TYPES
        assert (content.get("type") == "select") == (content.find("option") is not None)


@pytest.mark.parametrize("name", NAMES)
def test_every_agent_offers_what_clusterd_calls(name: str) -> None:
    """With a timeout and a unit each; monitors with an interval."""
    actions = metadata(name).findall("actions/action")

    assert {action.get("name") for action in actions} >= LISTED
    for action in actions:
        timeout = action.get("timeout") or ""
        assert timeout.endswith("s")
        assert timeout[:-1].isdigit()
        if action.get("name") == "monitor":
            assert (action.get("interval") or "").endswith("s")


@pytest.mark.parametrize("name", NAMES)
def test_every_default_is_a_legal_value(name: str, tmp_path: Path) -> None:
    """What the metadata recommends, the agent accepts."""
    root = metadata(name)
    given = {"ip": "192.0.2.10", "command": "sleep 60"}
    parameters = {
        parameter.get("name", ""): content.get("default") or ""
        for parameter in root.iterfind("parameters/parameter")
        for content in parameter.iterfind("content")
    }
    resource = Resource(
        agent=AGENTS / name,
        directory=tmp_path,
        parameters={
            key: given.get(key, value)
            for key, value in parameters.items()
            if given.get(key, value)
        },
    )

    outcome = resource.run("validate-all", level=0)

    assert (outcome.code, outcome.reason) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_called_wrongly_says_how(name: str) -> None:
    """Without an action: how to call it, exit code 2."""
    outcome = execute([str(AGENTS / name)], {"PATH": PATH}, timeout=20)

    assert outcome.code == 2
    assert outcome.stderr.startswith(f"usage: {name} {{start|")


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_finds_its_kit_without_being_installed(
    name: str, tmp_path: Path
) -> None:
    """From a tree, by a link elsewhere, with a Python that knows nothing of us."""
    link = tmp_path / name
    link.symlink_to(AGENTS / name)
    command = ["/usr/bin/env", "python3", "-S", "-I", str(link), "meta-data"]

    outcome = execute(command, {"PATH": PATH}, timeout=20)

    assert outcome.code == 0
    assert f'name="{name}"' in outcome.stdout
