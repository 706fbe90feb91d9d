"""One host of the lab: its own network, mounts, processes, name; its own disk.

The host's process 1 is a shell that waits. A power cut unplugs the port first
and kills process 1 then: killing alone would send resets, which flatter every
figure. The folder `disk` is what survives.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

BOOT_SECONDS = 5.0

_INIT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run -o mode=755
mkdir -p /run/lock
mkdir -p "$DISK/lib" "$DISK/etc" "$DISK/srv"
if [ ! -d /var/lib/clusterd ]; then
    # The root file system is the machine's: nothing new may appear on it. What
    # is in /var/lib stays reachable, in case Python or this tree live there.
    mkdir /run/real-var-lib
    mount --rbind /var/lib /run/real-var-lib
    mount -t tmpfs tmpfs /var/lib
    ln -s /run/real-var-lib/* /var/lib/
fi
for pair in lib:/var/lib/clusterd etc:/etc/haproxy srv:/srv; do
    target="${pair#*:}"
    [ -d "$target" ] || mkdir -p "$target"
    mount --bind "$DISK/${pair%%:*}" "$target"
done
hostname "$NAME"
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind || true
echo ready > "$DISK/booted"
while :; do sleep 1000 & wait $! || true; done
"""


class LabFault(Exception):
    """The lab itself could not do what it was asked to."""


@dataclass
class Host:
    """A machine. `switch_pid`: a process in the network namespace of the bridge."""

    name: str
    address: str
    disk: Path
    switch_pid: int
    number: int
    pid: int | None = None
    _outer: subprocess.Popen[bytes] | None = None
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def is_up(self) -> bool:
        """Tell whether the host has power."""
        return self.pid is not None

    @property
    def outer_pid(self) -> int | None:
        """The process whose end is the end of the host, seen from outside."""
        return None if self._outer is None else self._outer.pid

    @property
    def _port(self) -> str:
        return f"p{self.number}"

    def boot(self) -> None:
        """Give it power and plug it in."""
        self.disk.mkdir(parents=True, exist_ok=True)
        booted = self.disk / "booted"
        booted.unlink(missing_ok=True)
        self._outer = subprocess.Popen(
            [
                *("unshare", "--fork", "--kill-child=SIGKILL", "--pid", "--mount-proc"),
                *("--mount", "--net", "--uts", "--ipc"),
                *("sh", "-c", _INIT),
            ],
            env={**os.environ, "DISK": str(self.disk), "NAME": self.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + BOOT_SECONDS
        while not booted.exists():
            if self._outer.poll() is not None or time.monotonic() > deadline:
                raise LabFault(f"{self.name} does not boot: may we use namespaces?")
            time.sleep(0.005)  # Nothing announces that a mount namespace is ready.
        self.pid = _first_child(self._outer.pid)
        self._wire()

    def _wire(self) -> None:
        # Made where the switch is: the machine's own network is not ours to touch.
        peer = ("peer", "name", "eth0", "netns", str(self.pid))
        self._on_switch("add", self._port, "type", "veth", *peer)
        inside = f"ip link set eth0 up && ip addr add {self.address}/24 dev eth0"
        self.run(["sh", "-c", inside])
        self._on_switch("set", self._port, "master", "br0")
        self._on_switch("set", self._port, "up")

    def power_cut(self) -> None:
        """Take the port away, then all processes at once."""
        if self.pid is None:
            return
        self._on_switch("del", self._port)
        self.kill()

    def kill(self) -> None:
        """End every process of the host; its disk stays."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = None
        if self._outer is not None:
            self._outer.kill()  # Its child goes with it.
            self._outer.wait()
            self._outer = None
        for child in self._children:
            child.kill()  # One that was stopped stopped its `nsenter` with it.
            child.wait()
        self._children.clear()

    def pull_cable(self) -> None:
        """Take the carrier away: the host notices at once."""
        self._on_switch("set", self._port, "down")

    def plug_cable(self) -> None:
        """Give the carrier back."""
        self._on_switch("set", self._port, "up")

    def black_hole(self) -> None:
        """Let the switch drop everything; the carrier stays."""
        self._bridge_state("0")

    def end_black_hole(self) -> None:
        """Let the switch forward again."""
        self._bridge_state("3")

    def run(
        self, command: Sequence[str], *, check: bool = True, timeout: float = 30.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside and return what it said."""
        done = subprocess.run(
            [*self.entrance(), *command],
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and done.returncode:
            words = " ".join(command)
            raise LabFault(f"{self.name}: {words}: {done.stderr or done.stdout}")
        return done

    def spawn(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program inside that goes on; its output is appended to `log`."""
        with log.open("ab") as out:
            child = subprocess.Popen(
                [*self.entrance(), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def entrance(self) -> list[str]:
        """Return the words that take a command into the host."""
        if self.pid is None:
            raise LabFault(f"{self.name} has no power")
        namespaces = ("--mount", "--net", "--uts", "--ipc", "--pid")
        return ["nsenter", "--target", str(self.pid), *namespaces, "--wd=/"]

    def pids(self, pattern: str) -> list[int]:
        """Return the pids (as seen inside) whose command line matches `pattern`."""
        found = self.run(["pgrep", "-f", pattern], check=False)
        return [int(word) for word in found.stdout.split()]

    def forget_disk(self) -> None:
        """Lose everything it ever stored."""
        shutil.rmtree(self.disk, ignore_errors=True)

    def _on_switch(self, verb: str, port: str, *rest: str) -> None:
        _inside_net(self.switch_pid, "ip", "link", verb, port, *rest)

    def _bridge_state(self, state: str) -> None:
        command = ("bridge", "link", "set", "dev", self._port, "state", state)
        _inside_net(self.switch_pid, *command)


def _first_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if not children:
        raise LabFault("a host's process 1 has gone")
    return int(children[0])


def _inside_net(pid: int, *words: str) -> None:
    _call("nsenter", "--target", str(pid), "--net", *words)


def _call(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabFault(f"{' '.join(words)}: {done.stderr.strip()}")
