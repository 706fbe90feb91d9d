"""Start the runner: `python -m clusterd.runner --socket PATH`."""

import argparse
import contextlib
import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from clusterd.runner.loop import Loop
from clusterd.runner.service import Service
from clusterd.runner.settings import Settings
from clusterd.runner.warm import WarmStart

_IN_USE = 75
"""Exit status when another runner serves this socket (EX_TEMPFAIL)."""


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or until told to leave; return the exit status."""
    settings = _parse(arguments)
    settings.make_folders()
    lock = (settings.folder / "lock").open("w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"another runner serves {settings.socket}", file=sys.stderr)  # noqa: T201  # A program.
        return _IN_USE
    _be_ordinary()
    loop = Loop()
    loop.on_terminate(loop.stop)
    warm = WarmStart(settings.warm)
    service = Service(loop, settings, warm)
    loop.run()
    del service
    settings.socket.unlink(missing_ok=True)
    return 0


def _parse(arguments: Sequence[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="clusterd-runner", description=__doc__)
    parser.add_argument(
        "--socket", type=_path, default=Path("/run/clusterd/runner.sock")
    )
    parser.add_argument("--guard", type=_path, help="socket told to leased agents")
    parser.add_argument("--cgroup", type=_path, help="writable cgroup v2 folder")
    parser.add_argument("--scratch", type=_path, help="HA_RSCTMP of the agents")
    parser.add_argument("--warm", help="package to keep imported; empty: none")
    given = vars(parser.parse_args(arguments))
    return Settings(
        **{name: value for name, value in given.items() if value is not None}
    )


def _path(text: str) -> Path:
    return Path(text).absolute()


def _be_ordinary() -> None:
    """Shed what the daemon has and agents must not: priority, protection, folder."""
    os.chdir("/")
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, 0, 0)
        Path("/proc/self/oom_score_adj").write_text("0", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
