"""What the runner is told when it is started; fixed for its whole life."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths of one runner. Two nodes on one machine need different ones.

    `guard`: the guard's socket, told to leased runs. `cgroup`: a writable cgroup
    v2 folder, None if there is none. `scratch`: HA_RSCTMP, state of agents that
    a reboot must forget. `warm`: package that Python agents find imported; empty
    for none.
    """

    socket: Path
    scratch: Path = Path("/run/resource-agents")
    guard: Path | None = None
    cgroup: Path | None = None
    warm: str = "clusterd.ocf"

    @property
    def folder(self) -> Path:
        """For what must outlive this process; beside the socket, as private as it."""
        return self.socket.with_suffix(".d")

    def make_folders(self) -> None:
        """Create what is missing; raises OSError with the path if it cannot."""
        for folder in (self.runs, self.watch):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.scratch.mkdir(mode=0o755, parents=True, exist_ok=True)

    @property
    def runs(self) -> Path:
        """One file per agent under way, named by its pid."""
        return self.folder / "runs"

    @property
    def watch(self) -> Path:
        """One file of pids per watched instance."""
        return self.folder / "watch"
