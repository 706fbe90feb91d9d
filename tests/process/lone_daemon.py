"""A real `clusterd` with folders of its own, used through a real `clusterctl`.

It needs no namespace as long as nothing it runs touches the network: it listens
on loopback only. Guard and runner outlive their daemon by design, so the end of a
test looks for whoever names its folder, and for nobody else.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import cast

from clusterd.model.names import NodeName
from clusterd.state.documents import ResourceDocument, StatusDocument

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds before something that does not happen fails a test."""
PERIOD = 0.1
UNREACHABLE = 8
"""How `clusterctl` ends when nobody answers at the socket."""


class LoneDaemon:
    """One machine's daemon; `folder` holds its data, its sockets and its agents."""

    def __init__(self, folder: Path, name: str) -> None:
        """Begin; nothing runs yet."""
        self.folder = folder
        self.name = NodeName(name)
        self.address = f"127.0.0.1:{_free_port()}"
        self.data = folder / "data"
        self.agents = folder / "agents"
        self.agents.mkdir(parents=True, exist_ok=True)
        (self.agents / "clusterd").symlink_to(ROOT / "resource_agents")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What all daemons of this machine wrote."""
        return (self.folder / "log").read_text()

    def launch(self, *more: str, run: str = "run") -> subprocess.Popen[bytes]:
        """Start `clusterd`; do not wait for anything."""
        command = [sys.executable, "-m", "clusterd", "--data", str(self.data)]
        places = ["--run", str(self.folder / run), "--agents", str(self.agents)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*command, *places, *more],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start `clusterd` and wait until it answers."""
        self._process = self.launch()
        self.wait("an answer", lambda: self.ctl("status").returncode != UNREACHABLE)

    def refuses_to_start(self, run: str = "run") -> tuple[int, str]:
        """Start `clusterd` and wait for its end; return its status and its words."""
        before = len(self.log) if (self.folder / "log").exists() else 0
        status = self.launch(run=run).wait(PATIENCE)
        return status, self.log[before:]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal the daemon and return how it ended; its companions go on."""
        assert self._process is not None, "it was started"
        self._process.send_signal(number)
        status = self._process.wait(PATIENCE)
        self._process = None
        return status

    def found(self) -> None:
        """Found a cluster of one and wait until it coordinates itself."""
        words = ("--cluster", "demo", "--name", self.name, "--address", self.address)
        self.must("cluster", "init", *words)
        self.wait("a coordinator", lambda: self.status()["coordinator"] is not None)

    def join(self, token: str, name: str | None = None) -> CompletedProcess[str]:
        """Ask to be let in."""
        words = ("--name", name or self.name, "--address", self.address)
        return self.ctl("cluster", "join", token, *words)

    def token(self, *more: str) -> str:
        """Make a token."""
        said = self.must("cluster", "token", "-o", "json", *more)
        return str(json.loads(said.stdout)["token"])

    def ctl(self, *words: str) -> CompletedProcess[str]:
        """Call `clusterctl`."""
        return subprocess.run(
            [sys.executable, "-c", _CLUSTERCTL, *words],
            env={**os.environ, "CLUSTERD_SOCKET": str(self.folder / "run/api.sock")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def must(self, *words: str) -> CompletedProcess[str]:
        """Call `clusterctl` for something that has to succeed."""
        done = self.ctl(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def apply(self, text: str) -> CompletedProcess[str]:
        """Apply this configuration; do not wait for what comes of it."""
        file = self.folder / "cluster.yaml"
        file.write_text(text)
        return self.ctl("config", "apply", str(file), "--yes", "--no-wait")

    def status(self) -> StatusDocument:
        """Return the status document."""
        done = self.ctl("status", "-o", "json")
        return cast("StatusDocument", json.loads(done.stdout))

    def resource(self, name: str) -> ResourceDocument:
        """Return what the status says of a resource."""
        return next(r for r in self.status()["resources"] if r["name"] == name)

    def agent(self, name: str, text: str, *, mode: int = 0o755) -> Path:
        """Install a shell script as the agent `test:NAME`."""
        file = self.agents / "test" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(mode)
        return file

    def wait(self, what: str, is_so: Callable[[], bool]) -> None:
        """Look again and again until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < deadline, f"never: {what}\n{self.log}"
            time.sleep(PERIOD)  # The daemon's own door is what is being tested.

    def end(self) -> None:
        """Kill the daemon and the companions it left behind."""
        if self._process is not None:
            self.stop(signal.SIGKILL)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processes(self, word: str = "") -> list[int]:
        """Return the processes that name this folder, and also `word`."""
        mine = str(self.folder).encode()
        return [
            pid
            for pid, line in _command_lines()
            if mine in line and word.encode() in line
        ]


@contextlib.contextmanager
def machines(*names: str) -> Iterator[list[LoneDaemon]]:
    """Yield one daemon, started and without a cluster, for each name."""
    # Not pytest's folder: the path of a Unix socket has at most 107 bytes.
    root = Path(tempfile.mkdtemp(prefix="clusterd-lone-"))
    built = [LoneDaemon(root / name, name) for name in names]
    try:
        for each in built:
            each.start()
        yield built
    finally:
        for each in built:
            each.end()
        shutil.rmtree(root, ignore_errors=True)


_CLUSTERCTL = (
    "import sys; from clusterd.cli.main import main; sys.argv[0] = 'clusterctl'; main()"
)


def _command_lines() -> Iterator[tuple[int, bytes]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield int(folder.name), (folder / "cmdline").read_bytes()


def _free_port() -> int:
    """Return a port that is free, as the one after it is."""
    for _ in range(50):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port
    raise AssertionError("no two free ports in a row")
