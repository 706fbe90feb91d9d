"""Agents as files: where they are and what they say of themselves.

Source: OCF RA API 1.1: an agent `ocf:PROVIDER:TYPE` is the file `PROVIDER/TYPE`
below a folder of the path list; the first folder that has it wins.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from clusterd.host.process import is_python_on
from clusterd.model.agent import AgentName

DEFAULT_FOLDERS = (Path("/usr/lib/ocf/resource.d"),)
METADATA_LIMIT = 20.0
"""Seconds; the slowest of 154 agents needs one."""

_FIRST_LINES = 64 << 10


class AgentUnreadable(Exception):
    """An agent does not say what it is: missing, not executable, hanging or failing."""

    def __init__(self, name: AgentName, why: str) -> None:
        super().__init__(f"agent `{name}`: {why}")
        self.name = name


def find_agent(name: AgentName, folders: Sequence[Path]) -> Path | None:
    """Return the agent's file (executable or not); None if there is none."""
    if name.standard != "ocf" or not _is_plain(name.provider, name.type):
        return None
    for folder in folders:
        file = folder / name.provider / name.type
        if file.exists():
            return file
    return None


def list_agents(folders: Sequence[Path]) -> tuple[AgentName, ...]:
    """Return every executable agent, sorted; names with a dot in front are hidden."""
    found = {
        AgentName("ocf", file.parent.name, file.name)
        for folder in folders
        for file in folder.glob("[!.]*/[!.]*")
        if file.is_file() and os.access(file, os.X_OK)
    }
    return tuple(sorted(found))


def command_line(file: Path, action: str) -> tuple[str, ...]:
    """Return how to execute an agent by hand.

    One that is written on our kit gets the interpreter that has the kit.
    """
    if uses_kit(file):
        return (sys.executable, str(file), action)
    return (str(file), action)


def uses_kit(file: Path) -> bool:
    """Tell whether the agent is a Python program that imports `clusterd.ocf`."""
    try:
        with file.open("rb") as text:
            start = text.read(_FIRST_LINES)
    except OSError:
        return False
    return is_python_on("clusterd.ocf", start)


def read_metadata(
    name: AgentName, folders: Sequence[Path], limit: float = METADATA_LIMIT
) -> str:
    """Run `meta-data` of an agent and return its XML; raises AgentUnreadable.

    Waits for at most `limit` seconds: from a program with a loop, call it in a
    thread.
    """
    file = find_agent(name, folders)
    if file is None:
        places = ", ".join(map(str, folders))
        raise AgentUnreadable(name, f"not found in {places}")
    if not os.access(file, os.X_OK):
        raise AgentUnreadable(name, f"{file} is not executable")
    try:
        return _run(name, command_line(file, "meta-data"), limit)
    except OSError as fault:
        raise AgentUnreadable(name, f"{file}: {fault.strerror}") from fault


def _run(name: AgentName, argv: Sequence[str], limit: float) -> str:
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
        "OCF_ROOT": "/usr/lib/ocf",
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RA_VERSION_MINOR": "1",
        "OCF_RESOURCE_TYPE": name.type,
        "OCF_RESOURCE_PROVIDER": name.provider,
        "OCF_RESOURCE_INSTANCE": name.type,
    }
    with subprocess.Popen(  # noqa: S603  # An agent the administrator installed.
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd="/",
        process_group=0,
    ) as agent:
        try:
            xml, complaint = agent.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(agent.pid, signal.SIGKILL)
            why = f"`meta-data` took longer than {limit:g} s"
            raise AgentUnreadable(name, why) from None
    if agent.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason"]
        why = f"`meta-data` failed with {agent.returncode}: {lines[-1]}"
        raise AgentUnreadable(name, why)
    return xml.decode(errors="replace")


def _is_plain(*names: str) -> bool:
    return not any("/" in each or each.startswith(".") for each in names)
