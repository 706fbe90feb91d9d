"""The stage: lab, cluster, client and observer, and their end whatever happens."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

import yaml

from tests.lab.cluster import ROOT, Cluster
from tests.lab.demo.screen import Screen
from tests.lab.holders import Holders
from tests.lab.host import Host, LabFault
from tests.lab.topology import VIP, Lab, lab
from tests.lab.traffic import Traffic

CONTROL_PLANE = ROOT / "examples/control-plane.yaml"
CUSTOM_AGENT = {"agent": "example:Greeter", "params": {"text": "good morning"}}
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
LIMIT = 60.0
"""Seconds the cluster has to recover from a fault, and again after its healing."""


def boot_now() -> float:
    """Return the instant on the clock that client and observer use."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_now() -> float:
    """Return the instant on the clock of the cluster's history."""
    return time.clock_gettime(time.CLOCK_REALTIME)


class Stage:
    """Everything a fault is played on."""

    def __init__(self, built: Lab, cluster: Cluster, screen: Screen) -> None:
        """Begin to probe and to observe; the cluster already runs."""
        self.lab = built
        self.cluster = cluster
        self.screen = screen
        assert built.client is not None, "a lab that is up has a client"
        self.traffic = Traffic(built.client, VIP, 80)
        self.holders = Holders(VIP)
        self.struck_at = boot_now()
        for node in built.nodes:
            self.watch(node)

    def watch(self, node: Host) -> None:
        """Observe the addresses of a node that has just got power."""
        assert node.pid is not None
        self.holders.watch(node.name, node.pid)

    def stop(self) -> None:
        """End the client and the observer."""
        self.traffic.stop()
        self.holders.stop()

    def vip_node(self) -> Host:
        """Return the node that has the VIP. Raises LabFault if none has it."""
        node = self.cluster.holder(self.cluster.status())
        if node is None:
            raise LabFault("the VIP is nowhere")
        return node

    def coordinator(self) -> Host:
        """Return the node that coordinates. Raises LabFault if none does."""
        status = self.cluster.status()
        if status is None or status["coordinator"] is None:
            raise LabFault("nobody coordinates")
        return self.lab.node(status["coordinator"])

    def move_vip(self, to: Host) -> None:
        """Let the operator move the VIP, and wait until everything is well again."""
        self.screen.doing(f"moving the VIP to {to.name} first")
        self.cluster.ctl(to, "move", "vip", to.name, "--yes", "--no-wait")
        self.cluster.wait(
            f"the VIP on {to.name}",
            lambda: self.is_well() and self.vip_node() is to,
            LIMIT,
        )

    def is_whole(self) -> bool:
        """Tell whether everything runs everywhere, and clients are served."""
        return self.cluster.is_whole(self.cluster.status()) and self._is_served()

    def is_well(self) -> bool:
        """Tell whether, besides, the cluster has nothing to complain about."""
        return self.cluster.is_well(self.cluster.status()) and self._is_served()

    def _is_served(self) -> bool:
        return len(self.holders.now) == 1 and self.traffic.is_served(self.struck_at)


@contextlib.contextmanager
def stage(screen: Screen, *, keep: bool) -> Iterator[Stage]:
    """Raise everything; drop it at the end, on a failure and on a signal."""
    with _signals_end_us(), lab(keep=keep) as built, _undisturbed_end():
        cluster = Cluster(built)
        cluster.prepare_services()
        for node in built.nodes:
            screen.doing(f"starting clusterd on {node.name} ({node.address})")
            cluster.start(node)
        screen.doing("clusterctl cluster init, token, join: forming the cluster")
        cluster.form()
        screen.doing(f"clusterctl config apply {CONTROL_PLANE.relative_to(ROOT)}")
        cluster.apply(CONTROL_PLANE)
        screen.doing("clusterctl config apply: the same with a custom agent added")
        _apply_custom_agent(cluster)
        ready = Stage(built, cluster, screen)
        try:
            screen.doing(f"the client asks http://{VIP}/ every 10 ms")
            cluster.wait("the client is served", ready.is_well, LIMIT)
            yield ready
        finally:
            ready.stop()


def _apply_custom_agent(cluster: Cluster) -> None:
    """Add a resource whose agent is a plain shell script of the examples."""
    document = yaml.safe_load(CONTROL_PLANE.read_text())
    document["resources"]["greeting"] = CUSTOM_AGENT
    file = cluster.lab.folder / "with-custom-agent.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    cluster.apply(file)


@contextlib.contextmanager
def _signals_end_us() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind as Ctrl-C does; let nothing stop the unwinding."""
    old = {each: signal.signal(each, _interrupt) for each in ENDING}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _undisturbed_end() -> Iterator[None]:
    """Let no signal stop the dropping of the lab, which comes next."""
    try:
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for each in ENDING:
        # Not SIG_IGN: Python complains of a signal that came just before it.
        signal.signal(each, lambda *_: None)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del frame
    _ignore_signals()
    raise KeyboardInterrupt(signal.Signals(number).name)
