"""What the README of the agents teaches, done step by step."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.agents.runner import AGENTS, PATH, ROOT, Resource

pytestmark = pytest.mark.process

README = (AGENTS / "README.md").read_text()
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """Save every file that the README tells to save."""
    for _, name, text in FENCE.findall(README):
        if name:
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
    return tmp_path


def shell(script: str, folder: Path) -> str:
    """Run a script as a reader would; return all it says."""
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env={"PATH": PATH, "PYTHONPATH": str(ROOT), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout


def test_every_block_is_used_here() -> None:
    """A block that no test runs would rot."""
    kinds = {(kind, name) for kind, name, _ in FENCE.findall(README)}

    assert README.count("```") == 2 * len(FENCE.findall(README))
    assert kinds == {
        ("sh", "Counter"),
        ("python", "Web"),
        ("console", ""),
        ("sh", "install"),
    }


def test_the_session_says_what_the_readme_shows(workshop: Path) -> None:
    """Line by line, with a free port for PORT."""
    (session,) = [text for kind, _, text in FENCE.findall(README) if kind == "console"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        session = session.replace("PORT", str(probe.getsockname()[1]))
    lines = session.splitlines()
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    shown = [line for line in lines if not line.startswith("$ ")]

    said = shell("\n".join(commands), workshop)

    assert said.splitlines() == shown


def test_the_installation_puts_agents_where_ocf_looks(workshop: Path) -> None:
    """And tries them there."""
    said = shell("./install root && ls root/usr/lib/ocf/resource.d/mine", workshop)

    assert said.split() == ["Counter", "Web"]


@pytest.mark.parametrize("name", ["Greeter", "Sleeper"])
def test_the_examples_live_as_ocf_says(name: str, tmp_path: Path) -> None:
    """They are what people copy from."""
    resource = Resource(
        agent=ROOT / "examples" / "agents" / name, directory=tmp_path, parameters={}
    )

    actions = ["monitor", "start", "start", "monitor", "stop", "stop", "monitor"]
    codes = [resource.run(action).code for action in actions]
    described = resource.run("meta-data")

    assert os.access(resource.agent, os.X_OK)
    assert codes == [7, 0, 0, 0, 0, 0, 7]
    assert f'<resource-agent name="{name}"' in described.stdout
