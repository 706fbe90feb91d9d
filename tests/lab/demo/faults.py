"""The faults: how each is prepared, done, and healed."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.cluster import DAEMON
from tests.lab.demo.stage import LIMIT, Stage, boot_now
from tests.lab.host import Host, LabFault

STOPPED_FOR = 10.0
HAPROXY = "haproxy -W"
API = "/srv/api/server.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, or that an operator asks for.

    `choose` returns the node it happens to, having brought about what it needs.
    `moves`: the VIP has to leave that node. `mutes`: its daemon cannot be asked.
    """

    name: str
    title: str
    choose: Callable[[Stage], Host]
    strike: Callable[[Stage, Host], None]
    heal: Callable[[Stage, Host], None]
    moves: bool = True
    mutes: bool = True


def _vip_node(stage: Stage) -> Host:
    return stage.vip_node()


def _vip_node_not_coordinator(stage: Stage) -> Host:
    if stage.vip_node() is stage.coordinator():
        others = [n for n in stage.lab.nodes if n is not stage.coordinator()]
        stage.move_vip(others[0])
    return stage.vip_node()


def _vip_node_as_coordinator(stage: Stage) -> Host:
    if stage.vip_node() is not stage.coordinator():
        stage.move_vip(stage.coordinator())
    return stage.vip_node()


def _other_node(stage: Stage) -> Host:
    return next(n for n in stage.lab.nodes if n is not stage.vip_node())


def _kill(pattern: str) -> Callable[[Stage, Host], None]:
    def strike(_: Stage, node: Host) -> None:
        _signal(node, "KILL", pattern)

    return strike


def _signal(node: Host, name: str, pattern: str) -> None:
    pids = node.pids(pattern)
    if not pids:
        raise LabFault(f"no process like `{pattern}` on {node.name}")
    node.run(["kill", f"-{name}", *map(str, pids)])


def _cut_power(stage: Stage, node: Host) -> None:
    stage.holders.unwatch(node.name)
    node.power_cut()


def _give_power(stage: Stage, node: Host) -> None:
    node.boot()
    stage.watch(node)
    stage.cluster.start(node)


def _stop_daemon(_: Stage, node: Host) -> None:
    _signal(node, "STOP", DAEMON)


def _continue_daemon(stage: Stage, node: Host) -> None:
    stage.screen.doing(f"clusterd on {node.name} stays stopped for {STOPPED_FOR:g} s")
    end = stage.struck_at + STOPPED_FOR
    stage.cluster.wait("10 s", lambda: boot_now() >= end, LIMIT)
    _signal(node, "CONT", DAEMON)


def _standby(stage: Stage, node: Host) -> None:
    stage.cluster.ctl(node, "standby", node.name, "--yes", "--no-wait")


def _online(stage: Stage, node: Host) -> None:
    stage.cluster.ctl(node, "online", node.name, "--yes", "--no-wait")


def _move(stage: Stage, node: Host) -> None:
    stage.cluster.ctl(node, "move", "vip", "--yes", "--no-wait")


def _clean_up(stage: Stage, node: Host) -> None:
    # What failed runs again; the failure stays in the status until it is forgotten.
    stage.cluster.ctl(node, "cleanup", "--yes", "--no-wait")


def _nothing(_: Stage, __: Host) -> None:
    """Heal what heals itself."""


FAULTS = (
    Fault(
        name="haproxy-killed",
        title="HAProxy killed on the VIP's node",
        choose=_vip_node,
        strike=_kill(HAPROXY),
        heal=_clean_up,
        moves=False,
        mutes=False,
    ),
    Fault(
        name="api-killed",
        title="one API process killed",
        choose=_other_node,
        strike=_kill(API),
        heal=_clean_up,
        moves=False,
        mutes=False,
    ),
    Fault(
        name="power-cut-vip",
        title="power cut of the VIP's node",
        choose=_vip_node_not_coordinator,
        strike=_cut_power,
        heal=_give_power,
    ),
    Fault(
        name="power-cut-coordinator",
        title="power cut of the coordinator, which has the VIP",
        choose=_vip_node_as_coordinator,
        strike=_cut_power,
        heal=_give_power,
    ),
    Fault(
        name="cable-pulled",
        title="cable of the VIP's node pulled",
        choose=_vip_node,
        strike=lambda _, node: node.pull_cable(),
        heal=lambda _, node: node.plug_cable(),
    ),
    Fault(
        name="black-hole",
        title="network of the VIP's node swallows all, carrier stays",
        choose=_vip_node,
        strike=lambda _, node: node.black_hole(),
        heal=lambda _, node: node.end_black_hole(),
    ),
    Fault(
        name="clusterd-stopped",
        title=f"clusterd of the VIP's node stopped for {STOPPED_FOR:g} s",
        choose=_vip_node,
        strike=_stop_daemon,
        heal=_continue_daemon,
    ),
    Fault(
        name="standby",
        title="clusterctl standby of the VIP's node",
        choose=_vip_node,
        strike=_standby,
        heal=_online,
        mutes=False,
    ),
    Fault(
        name="move",
        title="clusterctl move vip",
        choose=_vip_node,
        strike=_move,
        heal=_nothing,
        mutes=False,
    ),
)
"""In the order in which they are played."""

BY_NAME = {each.name: each for each in FAULTS}
