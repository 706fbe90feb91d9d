"""`clusterd`: arguments, start, end."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from clusterd import __version__
from clusterd.api.service import LocalService
from clusterd.daemon import journal
from clusterd.daemon.door import DaemonDoor
from clusterd.daemon.exposition import Exposition
from clusterd.daemon.identity import BrokenIdentity
from clusterd.daemon.lifecycle import Lifecycle
from clusterd.daemon.paths import AGENT_FOLDERS, Paths
from clusterd.daemon.rejoin import LogLost
from clusterd.daemon.systemd import notify
from clusterd.host.realtime import become_punctual
from clusterd.host.storage_fault import StorageFault
from clusterd.model.note import Level, Note
from clusterd.net.faults import NetFault
from clusterd.node.effects import Stop

CANNOT_RUN = 78
"""Exit status for what a restart will not mend (EX_CONFIG of sysexits.h)."""
MUST_RESTART = 1


def main() -> None:
    """Run the daemon until it is told to stop."""
    if not __debug__:
        sys.exit("clusterd keeps its assertions on: do not run it with python -O")
    options = _parse(sys.argv[1:])
    journal.set_up(options.log_level, for_journal="JOURNAL_STREAM" in os.environ)
    paths = Paths(
        data=options.data, run=options.run, agents=(*options.agents, *AGENT_FOLDERS)
    )
    try:
        for folder in (paths.data, paths.run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        sys.exit(asyncio.run(_serve(paths, options.metrics)))
    except (BrokenIdentity, LogLost, StorageFault, NetFault, OSError) as fault:
        journal.tell(Note(name="cannot-run", level=Level.ERROR, text=str(fault)))
        sys.exit(CANNOT_RUN)


async def _serve(paths: Paths, metrics: str | None) -> int:
    missing = become_punctual()
    for each in missing:
        journal.tell(Note(name="not-punctual", level=Level.WARNING, text=each))
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    lifecycle = Lifecycle(
        paths,
        journal.tell,
        lambda stop: _end(ended, stop),
        is_punctual=not any("priority" in each for each in missing),
    )
    door = DaemonDoor(lifecycle)
    service = LocalService(door, on_fault=_tell_fault)
    exposition = Exposition(lifecycle)
    _on_signals(ended)
    await lifecycle.start()
    await service.start(str(paths.door))
    if metrics:
        await exposition.start(metrics)
    notify("READY=1")
    journal.tell(Note(name="started", level=Level.NOTICE, text=_greeting(lifecycle)))
    try:
        return await ended
    finally:
        notify("STOPPING=1")
        await exposition.close()
        await service.close()
        await lifecycle.stop()


def _greeting(lifecycle: Lifecycle) -> str:
    engine = lifecycle.engine
    if engine is None:
        return "this node has no cluster yet: clusterctl cluster init, or join TOKEN"
    identity = engine.identity
    return f"{identity.name} of cluster {identity.cluster} at {identity.address}"


def _on_signals(ended: "asyncio.Future[int]") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _finish, ended, 0)


def _end(ended: "asyncio.Future[int]", stop: Stop) -> None:
    journal.tell(Note(name="stopping", level=Level.ERROR, text=stop.reason))
    _finish(ended, MUST_RESTART if stop.restart else CANNOT_RUN)


def _finish(ended: "asyncio.Future[int]", status: int) -> None:
    if not ended.done():
        ended.set_result(status)


def _tell_fault(request: str, error: BaseException) -> None:
    text = f"{request}: {type(error).__name__}: {error}"
    journal.tell(Note(name="api-fault", level=Level.ERROR, text=text))


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="clusterd",
        description="One node of a cluster: agrees with the others, runs what the "
        "coordinator decides, and gives everything up when it must not go on.",
        epilog="Talk to it with clusterctl. A new node waits for `clusterctl cluster "
        "init` or `clusterctl cluster join TOKEN`.",
    )
    plain = Paths()
    parser.add_argument(
        "--data", type=Path, default=plain.data, help="what survives a reboot"
    )
    parser.add_argument(
        "--run", type=Path, default=plain.run, help="sockets; must be on a tmpfs"
    )
    parser.add_argument(
        "--agents",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="look for OCF agents in DIR/PROVIDER/TYPE first (repeatable)",
    )
    parser.add_argument(
        "--metrics",
        metavar="HOST:PORT",
        help="serve /metrics there (plain HTTP, read only)",
    )
    parser.add_argument(
        "--log-level",
        default="info",
        choices=[each.name.lower() for each in Level],
        help="what to write to the journal",
    )
    parser.add_argument("--version", action="version", version=__version__)
    return parser.parse_args(words)
