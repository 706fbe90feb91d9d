"""Bad luck on three real nodes: killed companions, lost disks, doubled identities.

After each the cluster is as it was, and what it said on the way was of use.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.cluster import DAEMON, ROOT, Cluster
from tests.lab.demo.stage import boot_now, wall_now
from tests.lab.holders import Holders
from tests.lab.host import Host, LabFault
from tests.lab.topology import VIP, lab

pytestmark = pytest.mark.lab

CANNOT_RUN = 78
LIMIT = 30.0
SLOW_SECONDS = 4
KEPT = {"on-doubt": "keep"}
"""The guard leaves it alone when the daemon's lease ends: it can be adopted."""
HAPROXY = "haproxy -W"
CONTROL_PLANE = ROOT / "examples/control-plane.yaml"
SLOW = f"""\
#!/bin/sh
# Counts its starts, and takes its time for each.
state=/run/$OCF_RESOURCE_INSTANCE.running
case "$1" in
    start)
        echo "$$" >>/srv/starts
        sleep {SLOW_SECONDS}
        touch "$state"
        ;;
    stop) rm -f "$state" ;;
    monitor) [ -e "$state" ] || exit 7 ;;
    meta-data)
        cat <<END
<?xml version="1.0"?>
<resource-agent name="Slow" version="1"><version>1.1</version>
<longdesc>Slow.</longdesc><shortdesc>Slow.</shortdesc><parameters/>
<actions><action name="start" timeout="20s"/><action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="10s"/></actions></resource-agent>
END
        ;;
esac
"""


class Stricken:
    """The cluster of this module, with the daemon of each node and an observer."""

    def __init__(self, cluster: Cluster) -> None:
        """Begin; the nodes have power and nothing runs on them."""
        self.cluster = cluster
        self.nodes = cluster.lab.nodes
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.holders = Holders(VIP)
        for node in self.nodes:
            assert node.pid is not None
            self.holders.watch(node.name, node.pid)

    def start(self, node: Host) -> None:
        """Start a daemon and remember it."""
        self.daemons[node.name] = self.cluster.start(node)

    def holder(self) -> Host | None:
        """Return the node that has the VIP."""
        return self.cluster.holder(self.cluster.status())

    def coordinator(self) -> Host:
        """Return the node that coordinates."""
        status = self.cluster.status()
        assert status is not None
        assert status["coordinator"] is not None
        return self.cluster.lab.node(status["coordinator"])

    def move_vip(self, to: Host) -> None:
        """Bring the VIP there, as an operator does, and leave no hold behind."""
        if self.holder() is not to:
            self.cluster.ctl(to, "move", "vip", to.name, "--yes", "--no-wait")
        self.until(f"the VIP on {to.name}", lambda: self.holder() is to)
        self.until_well()

    def until(self, what: str, is_so: object) -> None:
        """Wait for it."""
        assert callable(is_so)
        self.cluster.wait(what, is_so, LIMIT)

    def until_well(self) -> None:
        """Wait until the cluster has nothing to complain about."""
        try:
            self.until("all well", lambda: self.cluster.is_well(self.cluster.status()))
        except LabFault as fault:
            raise LabFault(
                f"{fault}; the last status: {self.cluster.status()}"
            ) from fault

    def log(self, node: Host) -> str:
        """Return what the daemons of a node wrote."""
        return self.cluster.log_of(node).read_text()

    def happened(self, since: float, resource: str) -> list[str]:
        """Return the kinds of what happened to a resource since then."""
        story = self.cluster.history(since)
        return [each["kind"] for each in story if each["resource"] == resource]

    def apply(self, document: object) -> None:
        """Apply a configuration and do not wait for what comes of it."""
        file = self.cluster.lab.folder / "changed.yaml"
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        words = ("config", "apply", str(file), "--yes", "--no-wait")
        self.cluster.ctl(self.nodes[0], *words)

    def apply_plain(self) -> None:
        """Go back to the configuration of the examples."""
        self.apply(yaml.safe_load(CONTROL_PLANE.read_text()))
        self.until_well()


@pytest.fixture(scope="module")
def stricken() -> Iterator[Stricken]:
    """Run the control plane of the examples; n3 keeps its data on a small disk."""
    with lab() as built:
        cluster = Cluster(built)
        cluster.prepare_services()
        (cluster.agents / "test").mkdir()
        (cluster.agents / "test/Slow").write_text(SLOW)
        (cluster.agents / "test/Slow").chmod(0o755)
        ready = Stricken(cluster)
        mount = "mount -t tmpfs -o size=12m tmpfs /var/lib/clusterd"
        built.nodes[2].run(mount.split())
        for node in built.nodes:
            ready.start(node)
        try:
            cluster.form()
            cluster.apply(CONTROL_PLANE)
            yield ready
        finally:
            ready.holders.stop()


@pytest.fixture(autouse=True)
def well(stricken: Stricken) -> Iterator[None]:
    """Hand on a cluster that is well; never, meanwhile, was the VIP on two nodes."""
    begun = boot_now()
    yield
    stricken.apply_plain()
    assert stricken.holders.double_seconds(begun) == 0.0


def _kill(node: Host, pattern: str) -> None:
    pids = node.pids(pattern)
    assert pids, f"no process like `{pattern}` on {node.name}"
    node.run(["kill", "-KILL", *map(str, pids)])


@pytest.mark.parametrize("companion", ["guard", "planner", "runner"])
def test_a_killed_companion_is_replaced_and_nothing_is_restarted(
    stricken: Stricken, companion: str
) -> None:
    """On the node where it hurts most: it has the VIP, and coordinates."""
    node = stricken.coordinator()
    stricken.move_vip(node)
    proxies, since = node.pids(HAPROXY), wall_now()
    before = node.pids(f"clusterd.{companion} ")

    _kill(node, f"clusterd.{companion} ")

    stricken.until(
        "another one",
        lambda: set(node.pids(f"clusterd.{companion} ")) - set(before),
    )
    stricken.until_well()
    assert node.pids(HAPROXY) == proxies
    assert stricken.happened(since, "haproxy") == []
    if companion != "guard":
        assert stricken.holder() is node
        assert stricken.happened(since, "vip") == []


@pytest.mark.parametrize("place", ["elsewhere", "on the coordinator"])
def test_a_coordinator_killed_while_a_start_is_under_way(
    stricken: Stricken, place: str
) -> None:
    """The start goes on, is done once, its result is recorded, all settles."""
    coordinator = stricken.coordinator()
    others = [each for each in stricken.nodes if each is not coordinator]
    starter = coordinator if place == "on the coordinator" else others[0]
    stricken.move_vip(others[1])
    starts = starter.disk / "srv/starts"
    starts.unlink(missing_ok=True)
    document = yaml.safe_load(CONTROL_PLANE.read_text())
    document["nodes"] = {each.name: {} for each in stricken.nodes}
    document["resources"]["slow"] = {"agent": "test:Slow", "meta": KEPT}
    rule = {"resource": "slow", "requires": starter.name}
    document["constraints"].setdefault("location", []).append(rule)
    since = wall_now()

    stricken.apply(document)
    stricken.until("a start under way", starts.exists)
    _kill(coordinator, DAEMON)
    stricken.until("another coordinator", lambda: _is_other(stricken, coordinator))
    stricken.start(coordinator)
    stricken.until_well()

    assert len(starts.read_text().splitlines()) == 1
    assert _place(stricken, "slow") is starter
    assert "failed" not in stricken.happened(since, "slow")
    if starter is not coordinator:
        assert stricken.happened(since, "slow").count("started") == 1


def _is_other(stricken: Stricken, former: Host) -> bool:
    status = stricken.cluster.status(avoid=former)
    return status is not None and status["coordinator"] not in (None, former.name)


def test_an_agent_that_one_node_lacks_is_used_on_the_others(
    stricken: Stricken,
) -> None:
    """A package forgotten on one machine: said, and worked around."""
    lacking = stricken.coordinator()
    document = yaml.safe_load(CONTROL_PLANE.read_text())
    document["nodes"] = {each.name: {} for each in stricken.nodes}
    document["resources"]["rare"] = {"agent": "test:Rare"}
    rule = {"resource": "rare", "prefers": lacking.name, "score": 1000}
    document["constraints"].setdefault("location", []).append(rule)
    asking = next(each for each in stricken.nodes if each is not lacking)
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(stricken.cluster.agents / "test")]
    (stricken.cluster.agents / "test/Rare").symlink_to("Slow")
    lacking.run(mount)

    file = stricken.cluster.lab.folder / "changed.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    stricken.cluster.ctl(asking, "config", "apply", str(file), "--yes", "--no-wait")
    stricken.until("a start", lambda: _place(stricken, "rare") not in (None, lacking))
    said = stricken.cluster.ctl(asking, "explain", "rare").stdout

    assert lacking.name in said
    assert "agent `ocf:test:Rare` not found" in said
    lacking.run(["umount", str(stricken.cluster.agents / "test")])


def _place(stricken: Stricken, name: str) -> Host | None:
    return stricken.cluster.holder(stricken.cluster.status(), name)


def test_a_full_disk_ends_the_daemon_with_a_reason_and_the_vip_moves(
    stricken: Stricken,
) -> None:
    """What cannot be saved must not be promised; freeing space is the whole cure."""
    node = stricken.nodes[2]
    stricken.move_vip(node)
    since = wall_now()
    node.run(
        ["sh", "-c", "cat /dev/zero >/var/lib/clusterd/ballast; true"], check=False
    )

    daemon = stricken.daemons[node.name]
    first = stricken.nodes[0]
    for _ in range(60):
        stricken.cluster.ctl(first, "standby", "n2", "--yes", "--no-wait")
        stricken.cluster.ctl(first, "online", "n2", "--yes", "--no-wait")
        if daemon.poll() is not None:
            break
    stricken.until("its end", lambda: daemon.poll() is not None)
    stricken.until("the VIP elsewhere", lambda: stricken.holder() not in (None, node))
    again = stricken.cluster.launch(node).wait(LIMIT)
    log = stricken.log(node)
    seen = stricken.cluster.ctl(first, "status").stdout
    (node_root(node) / "var/lib/clusterd/ballast").unlink()
    stricken.start(node)

    assert daemon.returncode == CANNOT_RUN
    assert again == CANNOT_RUN
    assert "error stopping: /var/lib/clusterd/log.db: database or disk is full" in log
    assert "free some space" in log
    assert "n3" in seen
    stricken.until_well()
    assert "node-released" in {each["kind"] for each in stricken.cluster.history(since)}


def node_root(node: Host) -> Path:
    """Return the root of a host's file systems, seen from outside."""
    return Path(f"/proc/{node.pid}/root")


def test_a_copied_data_folder_is_refused_by_everybody(stricken: Stricken) -> None:
    """A cloned machine: the copy says what it is, and the first one goes on."""
    node, copy = stricken.nodes[1], stricken.cluster.lab.client
    assert copy is not None
    copied = node_root(copy) / "var/lib/clusterd"
    shutil.copytree(node_root(node) / "var/lib/clusterd", copied, dirs_exist_ok=True)
    identity = copied / "node.json"
    identity.write_text(identity.read_text().replace(node.address, copy.address))
    since = wall_now()

    doubled = stricken.cluster.launch(copy)
    try:
        stricken.until("a refusal", lambda: "it refused: " in stricken.log(copy))
        stricken.until_well()
    finally:
        _kill(copy, DAEMON)
        doubled.wait(LIMIT)

    assert "stop one of them, and join it under a name of its own" in stricken.log(copy)
    kinds = {each["kind"] for each in stricken.cluster.history(since)}
    assert not kinds & {"node-lost", "coordinator", "failed"}


def test_a_corrupted_log_is_cured_by_joining_again(stricken: Stricken) -> None:
    """The steps of the message, one by one, as they are printed."""
    node, member = stricken.nodes[1], stricken.nodes[0]
    stricken.move_vip(node)
    _kill(node, DAEMON)
    log = node_root(node) / "var/lib/clusterd/log.db"
    log.write_bytes(log.read_bytes()[:5000])

    status = stricken.cluster.launch(node).wait(LIMIT)
    stricken.until("the VIP elsewhere", lambda: stricken.holder() not in (None, node))
    said = stricken.log(node)

    assert status == CANNOT_RUN
    for step in (f"clusterctl node remove {node.name}", "rm -r /var/lib/clusterd"):
        assert step in said
    stricken.cluster.ctl(member, "node", "remove", node.name, "--yes")
    token = stricken.cluster.token()
    node.run(["sh", "-c", "rm -r /var/lib/clusterd/*"])
    stricken.start(node)
    stricken.cluster.ctl(node, "cluster", "join", token)
    stricken.until_well()
