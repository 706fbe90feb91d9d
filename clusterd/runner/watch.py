"""What a resource consists of, so that its end is noticed at once (D7).

An agent writes the pids of its processes, one per line, into the file that
CLUSTERD_WATCH names; addresses are taken from OCF_RESKEY_ip. Both are kept in
files, so that a new runner goes on watching.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from clusterd.host.runner_protocol import Noticed
from clusterd.runner.environment import file_name
from clusterd.runner.links import Links, address_in
from clusterd.runner.loop import Loop

_PIDS_MAX = 64
"""Processes watched per instance; more would be workers, not the resource."""
_FILE_MAX = 4096
_ADDRESS = ".address"


class Watch:
    """Watches processes and addresses; each loss is told once."""

    def __init__(
        self, loop: Loop, folder: Path, tell: Callable[[Noticed], None]
    ) -> None:
        self._loop = loop
        self._folder = folder
        self._tell = tell
        self._watched: dict[str, _Watched] = {}
        self._links = Links(self._address_lost)
        loop.on_readable(self._links.fileno(), self._links.read)

    def instances(self) -> tuple[str, ...]:
        """Return what is watched now."""
        return tuple(self._watched)

    def resume(self) -> None:
        """Watch again what an earlier runner watched."""
        for file in sorted(self._folder.iterdir()):
            if file.suffix == _ADDRESS:
                self._look(unquote(file.stem), file.read_text(encoding="utf-8"))
            else:
                self._look(unquote(file.name), "")

    def look(self, instance: str, ip: str) -> None:
        """Watch what the instance consists of now: an agent said that all is well.

        `ip` is its address, empty if it has none.
        """
        if ip:
            file = self._file(instance).with_suffix(_ADDRESS)
            file.write_text(ip, encoding="utf-8")
        self._look(instance, ip)

    def forget(self, instance: str) -> None:
        """Whatever happens to it now is wanted: say nothing."""
        file = self._file(instance)
        file.unlink(missing_ok=True)
        file.with_suffix(_ADDRESS).unlink(missing_ok=True)
        watched = self._watched.pop(instance, None)
        if watched is None:
            return
        for pid in list(watched.pidfds):
            self._close(watched, pid)
        if watched.ip is not None and not self._holders(watched.ip):
            self._links.forget(watched.ip)

    def _look(self, instance: str, ip: str) -> None:
        pids = _read_pids(self._file(instance))
        address = address_in(ip)
        if not pids and address is None:
            return
        watched = self._watched.setdefault(instance, _Watched())
        if address is not None:
            watched.ip = address
            self._links.watch(address)
        watched.gone &= pids
        for pid in watched.pidfds.keys() - pids:
            self._close(watched, pid)
        for pid in sorted(pids - watched.pidfds.keys() - watched.gone):
            self._open(instance, watched, pid)

    def _open(self, instance: str, watched: "_Watched", pid: int) -> None:
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            self._process_gone(instance, watched, pid)
            return
        watched.pidfds[pid] = pidfd
        gone = partial(self._process_gone, instance, watched, pid)
        self._loop.on_readable(pidfd, gone)

    def _process_gone(self, instance: str, watched: "_Watched", pid: int) -> None:
        # Remembered, because the agent's file still names it at the next look.
        watched.gone.add(pid)
        self._close(watched, pid)
        self._tell(Noticed(instance=instance, what=f"process {pid} exited"))

    def _address_lost(self, ip: bytes, what: str) -> None:
        for instance in self._holders(ip):
            self._tell(Noticed(instance=instance, what=what))

    def _holders(self, ip: bytes) -> Iterable[str]:
        return [name for name, each in self._watched.items() if each.ip == ip]

    def _close(self, watched: "_Watched", pid: int) -> None:
        pidfd = watched.pidfds.pop(pid, None)
        if pidfd is not None:
            self._loop.forget(pidfd)
            os.close(pidfd)

    def _file(self, instance: str) -> Path:
        return self._folder / file_name(instance)


class _Watched:
    def __init__(self) -> None:
        self.pidfds: dict[int, int] = {}
        self.gone: set[int] = set()
        self.ip: bytes | None = None


def _read_pids(file: Path) -> set[int]:
    text = ""
    with (
        contextlib.suppress(OSError),
        file.open(encoding="ascii", errors="replace") as f,
    ):
        text = f.read(_FILE_MAX)
    pids = [int(word) for word in text.split() if word.isascii() and word.isdigit()]
    return {pid for pid in pids[:_PIDS_MAX] if 1 < pid < 1 << 22}
