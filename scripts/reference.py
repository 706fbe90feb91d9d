"""Write docs/reference from the programs, or compare (`--check`)."""

import difflib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from clusterd.agents.metadata import parse_metadata
from clusterd.cli.reference import reference as cli_page
from clusterd.config.json_schema import json_schema_text
from clusterd.config.reference import reference_page as configuration_page
from clusterd.model.agent import AgentMetadata, AgentName

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/reference"
AGENTS = ROOT / "resource_agents"


def agents_page() -> str:
    """Return the page of the agents, from what each says of itself."""
    parts = [
        "# Resource agents",
        "Generated from the `meta-data` of each agent. How to write one: "
        "[resource_agents/README.md](../../resource_agents/README.md).",
    ]
    for agent in sorted(AGENTS.iterdir()):
        if agent.is_file() and os.access(agent, os.X_OK):
            parts.extend(_agent(agent))
    return "\n\n".join(parts) + "\n"


def _agent(path: Path) -> list[str]:
    said = subprocess.run(  # noqa: S603  # Our own agent.
        [sys.executable, str(path), "meta-data"],
        capture_output=True,
        text=True,
        check=True,
    )
    metadata = parse_metadata(said.stdout, AgentName("ocf", "clusterd", path.name))
    return [f"## {path.name}", metadata.description, _parameters(metadata)]


def _parameters(metadata: AgentMetadata) -> str:
    rows = ["| parameter | default | meaning |", "| --- | --- | --- |"]
    for each in metadata.parameters:
        default = f"`{each.default}`" if each.default else ""
        if each.required:
            default = "required"
        rows.append(f"| `{each.name}` | {default} | {each.summary} |")
    return "\n".join(rows)


PAGES: dict[str, Callable[[], str]] = {
    "agents.md": agents_page,
    "cli.md": cli_page,
    "cluster.schema.json": json_schema_text,
    "configuration.md": configuration_page,
}


def main() -> int:
    """Write the pages, or say which differ."""
    if sys.argv[1:] not in ([], ["--check"]):
        sys.stderr.write("usage: scripts/docs [--check]\n")
        return 64
    differs = False
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        old = path.read_text() if path.exists() else ""
        if old == text:
            continue
        differs = True
        if sys.argv[1:]:
            sys.stderr.writelines(_difference(name, old, text))
        else:
            path.write_text(text)
            sys.stderr.write(f"written: docs/reference/{name}\n")
    if sys.argv[1:] and differs:
        sys.stderr.write("hint: run scripts/docs\n")
    return int(bool(sys.argv[1:]) and differs)


def _difference(name: str, old: str, new: str) -> list[str]:
    names = (f"docs/reference/{name} (committed)", f"docs/reference/{name} (now)")
    old_lines = old.splitlines(keepends=True)
    return list(difflib.unified_diff(old_lines, new.splitlines(keepends=True), *names))


if __name__ == "__main__":
    sys.exit(main())
