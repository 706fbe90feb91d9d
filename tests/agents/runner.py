"""Run an agent as a cluster's executor does, and nothing kinder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AGENTS = ROOT / "resource_agents"
PATH = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an action ended. `code` is None when the time limit ended it.

    `let_go`: nothing that the agent started holds its pipes any more.
    """

    code: int | None
    stdout: str
    stderr: str
    seconds: float
    let_go: bool

    @property
    def reason(self) -> str:
        """The last exit reason, as the executor would show it."""
        prefix = "ocf-exit-reason:"
        lines = [line for line in self.stderr.splitlines() if prefix in line]
        return lines[-1].partition(prefix)[2] if lines else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource on one node: an agent, its parameters, its surroundings.

    `inside` is put before the command, to run it in a namespace.
    """

    agent: Path
    directory: Path
    parameters: Mapping[str, str]
    instance: str = "r1"
    inside: Sequence[str] = ()
    extra: Mapping[str, str] | None = None

    def run(
        self,
        action: str,
        *,
        interval: float = 0,
        timeout: float = 20,
        level: int | None = None,
    ) -> Outcome:
        """Run one action; `interval` and `timeout` in seconds."""
        environment = self.environment(timeout)
        if interval:
            environment["OCF_RESKEY_CRM_meta_interval"] = str(int(interval * 1000))
        if level is not None:
            environment["OCF_CHECK_LEVEL"] = str(level)
        command = [*self.inside, str(self.agent), action]
        return execute(command, environment, timeout=timeout)

    def having(self, **changes: str) -> "Resource":
        """Return the same resource with other parameters."""
        return replace(self, parameters={**self.parameters, **changes})

    def environment(self, timeout: float) -> dict[str, str]:
        """Return what Pacemaker sets, and nothing it does not (HOME, USER ...)."""
        given = {f"OCF_RESKEY_{name}": value for name, value in self.parameters.items()}
        return {
            "PATH": PATH,
            "LC_ALL": "C",
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RA_VERSION_MAJOR": "1",
            "OCF_RA_VERSION_MINOR": "1",
            "OCF_RESOURCE_INSTANCE": self.instance,
            "OCF_RESOURCE_TYPE": self.agent.name,
            "OCF_RESOURCE_PROVIDER": "clusterd",
            "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
            "OCF_OUTPUT_FORMAT": "text",
            "OCF_RESKEY_crm_feature_set": "3.19.7",
            "OCF_RESKEY_CRM_meta_timeout": str(int(timeout * 1000)),
            "OCF_RESKEY_CRM_meta_on_node": "node1",
            "HA_RSCTMP": str(self.directory),
            **given,
            **(self.extra or {}),
        }

    def pid(self) -> int:
        """Return the main process that the agent wrote down."""
        return int((self.directory / f"{self.instance}.pid").read_text())


def execute(
    command: Sequence[str], environment: Mapping[str, str], *, timeout: float
) -> Outcome:
    """Run a command in its own group; it is over when it exits, not when pipes close.

    After `timeout` the whole group is killed without a warning.
    """
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
        umask=0o026,
        cwd="/",
    )
    code: int | None
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        code = None
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err:
        stdout, out_ended = _rest(out.fileno())
        stderr, err_ended = _rest(err.fileno())
    return Outcome(
        code=code,
        stdout=stdout,
        stderr=stderr,
        seconds=time.monotonic() - begun,
        let_go=out_ended and err_ended,
    )


def _rest(descriptor: int) -> tuple[str, bool]:
    """Read what is there; tell whether the other end is closed by everybody."""
    os.set_blocking(descriptor, False)
    data = b""
    while True:
        try:
            more = os.read(descriptor, 65536)
        except BlockingIOError:
            return data.decode(), False
        if not more:
            return data.decode(), True
        data += more
