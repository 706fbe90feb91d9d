"""Where the daemon keeps what is its own."""

import sys
from dataclasses import dataclass
from pathlib import Path

AGENT_FOLDERS = (
    Path(sys.prefix) / "lib/ocf/resource.d",
    Path("/usr/lib/ocf/resource.d"),
)
"""The OCF path list: what this package ships, then what the host has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """`data` survives a reboot, `run` must not (a tmpfs)."""

    data: Path = Path("/var/lib/clusterd")
    run: Path = Path("/run/clusterd")
    agents: tuple[Path, ...] = AGENT_FOLDERS

    @property
    def identity(self) -> Path:
        """Who this node is, in which cluster."""
        return self.data / "node.json"

    @property
    def keys(self) -> Path:
        """Certificates and keys."""
        return self.data / "tls"

    @property
    def log(self) -> Path:
        """The replicated log."""
        return self.data / "log.db"

    @property
    def door(self) -> Path:
        """The local API socket."""
        return self.run / "api.sock"

    @property
    def runner(self) -> Path:
        """The runner's socket."""
        return self.run / "runner.sock"

    @property
    def guard(self) -> Path:
        """The guard's socket."""
        return self.run / "guard.sock"
