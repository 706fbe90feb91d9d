"""Three nodes and a client on one bridge; everything is gone at the end."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab.host import BOOT_SECONDS, Host, LabFault

NETWORK = "203.0.113"
VIP = f"{NETWORK}.10"


class Lab:
    """The bridge, the nodes `n1`.., and the client `c`."""

    def __init__(self, folder: Path, nodes: int) -> None:
        """Begin; `folder` holds the hosts' disks and logs."""
        self.folder = folder
        self._switch: subprocess.Popen[bytes] | None = None
        self._count = nodes
        self.nodes: list[Host] = []
        self.client: Host | None = None

    def raise_all(self) -> None:
        """Build the switch and boot every host."""
        self._switch = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "exec sleep 100000"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_for_switch()
        for words in (
            "ip link add br0 type bridge stp_state 0 forward_delay 0",
            "ip link set br0 up",
        ):
            command = ["nsenter", "-t", str(self._switch.pid), "-n", *words.split()]
            subprocess.run(command, check=True, capture_output=True)
        for number in range(1, self._count + 1):
            host = self._host(f"n{number}", number)
            self.nodes.append(host)
            host.boot()
        self.client = self._host("c", 100)
        self.client.boot()

    def drop(self) -> None:
        """End everything that was started."""
        hosts = [*self.nodes, *([self.client] if self.client else [])]
        for host in hosts:
            host.kill()
        if self._switch is not None:
            os.kill(self._switch.pid, signal.SIGKILL)
            self._switch.wait()
            self._switch = None

    def ending(self) -> str:
        """Return the command that ends a lab that was kept."""
        hosts = [*self.nodes, *([self.client] if self.client else [])]
        pids = [host.outer_pid for host in hosts if host.outer_pid is not None]
        if self._switch is not None:
            pids.append(self._switch.pid)
        return f"kill -9 {' '.join(map(str, pids))}; rm -r {self.folder}"

    def node(self, name: str) -> Host:
        """Return the node of that name."""
        return next(each for each in self.nodes if each.name == name)

    def alive(self) -> list[Host]:
        """Return the nodes that have power."""
        return [each for each in self.nodes if each.is_up]

    def _host(self, name: str, number: int) -> Host:
        assert self._switch is not None
        return Host(
            name=name,
            address=f"{NETWORK}.{100 + number}",
            disk=self.folder / name,
            switch_pid=self._switch.pid,
            number=number,
        )

    def _wait_for_switch(self) -> None:
        assert self._switch is not None
        own = Path("/proc/self/ns/net").readlink()
        theirs = Path(f"/proc/{self._switch.pid}/ns/net")
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self._switch.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if theirs.readlink() != own:
                    return
            time.sleep(0.002)  # Nothing announces a namespace.
        raise LabFault("no network namespace: root or a user namespace is needed")


@contextlib.contextmanager
def lab(nodes: int = 3, *, keep: bool = False) -> Iterator[Lab]:
    """Yield a lab that is up; drop it whatever happens, unless it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix="clusterd-lab-"))
    built = Lab(folder, nodes)
    kept = False
    try:
        built.raise_all()
        yield built
        kept = keep
    finally:
        if not kept:
            built.drop()
            shutil.rmtree(folder, ignore_errors=True)
