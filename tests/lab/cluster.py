"""The real programs on the lab's hosts, used as an operator uses them.

What changes something goes through `clusterctl` inside a host. What only looks
goes to the daemon's socket directly: a look every few tenths of a second through
a new process each would load the machine whose quietness the figures depend on.
"""

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import cast

from clusterd.api.client import AnswerFault, LocalClient
from clusterd.state.documents import HistoryDocument, StatusDocument
from tests.lab.host import Host, LabFault
from tests.lab.topology import Lab

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.prefix) / "bin"
INSTALLED_AGENTS = Path(sys.prefix) / "lib/ocf/resource.d/clusterd"
DAEMON = "bin/clusterd( |$)"
"""The daemon's command line; guard, runner and planner have others."""
PERIOD = 0.3
"""Seconds between two looks at the status."""
DOOR = "run/clusterd/api.sock"


class Cluster:
    """clusterd on every node of a lab."""

    def __init__(self, lab: Lab, *, log_level: str = "info") -> None:
        """Begin; nothing runs yet."""
        self.lab = lab
        self._log_level = log_level
        self._agents = lab.folder / "agents"
        self._agents.mkdir()
        (self._agents / "example").symlink_to(ROOT / "examples/agents")
        if not INSTALLED_AGENTS.is_dir():  # An editable installation.
            (self._agents / "clusterd").symlink_to(ROOT / "resource_agents")

    @property
    def programs(self) -> Path:
        """The folder with `clusterd` and `clusterctl`."""
        return BIN

    def prepare_services(self) -> None:
        """Put on each node's disk what examples/control-plane.yaml runs."""
        for node in self.lab.nodes:
            shutil.copy(ROOT / "examples/haproxy.cfg", node.disk / "etc/haproxy.cfg")
            shutil.copytree(
                ROOT / "examples/api", node.disk / "srv/api", dirs_exist_ok=True
            )

    @property
    def agents(self) -> Path:
        """The folder with agents, `PROVIDER/TYPE`, that all nodes share."""
        return self._agents

    def launch(self, node: Host) -> subprocess.Popen[bytes]:
        """Start the daemon of a node; do not wait for anything."""
        command = [str(BIN / "clusterd"), "--agents", str(self._agents)]
        return node.spawn([*command, "--log-level", self._log_level], self.log_of(node))

    def start(self, node: Host) -> subprocess.Popen[bytes]:
        """Start the daemon of a node and wait until it answers."""
        process = self.launch(node)
        door = self._door(node)
        deadline = time.monotonic() + 20.0
        while not door.is_socket() or not self._answers(node):
            if process.poll() is not None or time.monotonic() > deadline:
                words = self.log_of(node).read_text().splitlines()[-5:]
                raise LabFault(
                    "\n".join([f"clusterd does not start on {node.name}:", *words])
                )
            time.sleep(0.05)  # Nothing announces it outside systemd.
        return process

    def log_of(self, node: Host) -> Path:
        """Return where the daemon of a node writes."""
        return self.lab.folder / f"{node.name}.log"

    def form(self) -> None:
        """Found a cluster on the first node and let the others in, one by one."""
        first, *others = self.lab.nodes
        self.ctl(first, "cluster", "init", "--cluster", "demo")
        self.wait("a coordinator", self.has_quorum, 10.0)
        for node in others:
            self.ctl(node, "cluster", "join", self.token())
        self.wait("all nodes online", lambda: self.has_all_nodes(self.status()), 30.0)

    def token(self) -> str:
        """Make a token that lets one node in."""
        said = self.ctl(self.lab.nodes[0], "cluster", "token", "-o", "json")
        return str(json.loads(said.stdout)["token"])

    def apply(self, file: Path) -> None:
        """Apply a configuration and wait until the cluster has settled."""
        self.ctl(
            self.lab.alive()[-1], "config", "apply", str(file), "--yes", "--no-wait"
        )
        self.wait("everything runs", lambda: self.is_well(self.status()), 60.0)

    def ctl(
        self, node: Host, *words: str, check: bool = True, timeout: float = 30.0
    ) -> CompletedProcess[str]:
        """Call `clusterctl` inside a node."""
        command = [str(BIN / "clusterctl"), *words]
        done = node.run(command, check=False, timeout=timeout)
        if check and done.returncode:
            said = (done.stderr or done.stdout).strip()
            line = shlex.join(["clusterctl", *words])
            raise LabFault(f"{node.name}: {line}: exit {done.returncode}: {said}")
        return done

    def status(self, *, avoid: Host | None = None) -> StatusDocument | None:
        """Return what a living node says; None if none answers."""
        for node in self._askable(avoid):
            try:
                answer = self._client(node).request("status")
            except AnswerFault:
                continue
            return cast("StatusDocument", answer)
        return None

    def history(
        self, since_wall: float, *, avoid: Host | None = None
    ) -> list[HistoryDocument]:
        """Return what happened since then, oldest first."""
        for node in self._askable(avoid):
            try:
                asked = {"since_wall": since_wall, "limit": 500}
                answer = self._client(node).request("history", asked)
            except AnswerFault:
                continue
            return cast("dict[str, list[HistoryDocument]]", answer)["entries"]
        return []

    def holder(self, status: StatusDocument | None, name: str = "vip") -> Host | None:
        """Return the node on which a resource is started."""
        for each in status["resources"] if status else []:
            if each["name"] == name and each["state"] == "started" and each["nodes"]:
                return self.lab.node(each["nodes"][0])
        return None

    def has_all_nodes(self, status: StatusDocument | None) -> bool:
        """Tell whether every node is online and one of them coordinates."""
        if status is None or status["coordinator"] is None:
            return False
        online = {each["name"] for each in status["nodes"] if each["state"] == "online"}
        return online == {each.name for each in self.lab.nodes}

    def has_quorum(self) -> bool:
        """Tell whether a majority works together and one of them coordinates."""
        status = self.status()
        return (
            status is not None
            and status["quorum"]["has"]
            and status["coordinator"] is not None
        )

    def is_whole(self, status: StatusDocument | None) -> bool:
        """Tell whether all nodes are online, everything runs, nothing is under way."""
        return (
            status is not None
            and self.has_all_nodes(status)
            and status["activity"] == "stable"
            and bool(status["resources"])
            and all(each["running"] == each["expected"] for each in status["resources"])
        )

    def is_well(self, status: StatusDocument | None) -> bool:
        """Tell whether, besides, the cluster has nothing to complain about."""
        return status is not None and self.is_whole(status) and status["health"] == "OK"

    def wait(self, what: str, is_so: Callable[[], bool], limit: float) -> None:
        """Look again and again until it is so. Raises LabFault after `limit` s."""
        deadline = time.monotonic() + limit
        while not is_so():
            if time.monotonic() > deadline:
                raise LabFault(f"not within {limit:g} s: {what}")
            time.sleep(PERIOD)

    def _askable(self, avoid: Host | None) -> list[Host]:
        return [each for each in reversed(self.lab.alive()) if each is not avoid]

    def _answers(self, node: Host) -> bool:
        try:
            self._client(node).request("version")
        except AnswerFault:
            return False
        return True

    def _client(self, node: Host) -> LocalClient:
        return LocalClient(str(self._door(node)))

    def _door(self, node: Host) -> Path:
        return Path(f"/proc/{node.pid}/root") / DOOR
