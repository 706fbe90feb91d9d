"""One fault, played and measured."""

import time
from dataclasses import dataclass

from tests.lab.demo.faults import API, HAPROXY, Fault
from tests.lab.demo.stage import LIMIT, Stage, boot_now, wall_now
from tests.lab.demo.story import Step, told
from tests.lab.host import Host, LabFault
from tests.lab.probe import LIMIT as REQUEST_LIMIT
from tests.lab.traffic import outage

SLACK = 0.1
"""Seconds the client may be late with telling how a request ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a fault. Seconds; `outage_s` is what the client saw.

    `recovered_s`: from the fault until clients were served where they should be
    and the cluster said so. `healed_s`: from the healing until all was as before.
    `trouble`: why it was not recovered, if it was not.
    """

    fault: Fault
    node: str
    was_coordinator: bool
    outage_s: float
    failed_requests: int
    two_holders_s: float
    recovered_s: float
    healed_s: float
    story: tuple[Step, ...]
    trouble: str = ""

    @property
    def recovered(self) -> bool:
        """Tell whether everything came back in time."""
        return not self.trouble


def play(stage: Stage, fault: Fault) -> Trial:
    """Let it happen, wait for the cluster, heal, wait again, and measure."""
    node = fault.choose(stage)
    was_coordinator = stage.coordinator() is node
    pids = _processes(node)
    stage.screen.doing(f"{fault.title}: {node.name}")
    wall = wall_now()
    start = stage.struck_at = boot_now()
    trouble = ""
    healing = healed = recovered = start
    try:
        fault.strike(stage, node)
        stage.screen.doing(f"{fault.title}: waiting for the cluster")
        stage.cluster.wait(
            "recovery", lambda: _is_recovered(stage, fault, node, pids), LIMIT
        )
        healing = recovered = boot_now()
        stage.screen.doing(f"{fault.title}: healing {node.name}")
        fault.heal(stage, node)
        healing = boot_now()
        stage.cluster.wait("everything as before", stage.is_well, LIMIT)
        healed = boot_now()
    except LabFault as lack:
        trouble = str(lack)
    # A request of the last moment is known to have failed only at its time limit.
    time.sleep(REQUEST_LIMIT + SLACK)
    seen = outage(stage.traffic.since(start))
    history = stage.cluster.history(wall)
    return Trial(
        fault=fault,
        node=node.name,
        was_coordinator=was_coordinator,
        outage_s=seen.seconds,
        failed_requests=seen.failed,
        two_holders_s=stage.holders.double_seconds(start),
        recovered_s=recovered - start,
        healed_s=max(0.0, healed - healing),
        story=told(history, wall, "vip"),
        trouble=trouble,
    )


def _is_recovered(
    stage: Stage, fault: Fault, node: Host, before: frozenset[int]
) -> bool:
    """Tell whether the cluster has done its part, the fault still being there."""
    if not stage.traffic.is_served(stage.struck_at):
        return False
    if not fault.moves:
        after = _processes(node)
        return len(after) >= len(before) and after != before and stage.is_whole()
    holders = stage.holders.now
    if len(holders) != 1 or holders[0] == node.name:
        return False
    told_by = stage.cluster.status(avoid=node if fault.mutes else None)
    said = stage.cluster.holder(told_by)
    return said is not None and said.name == holders[0]


def _processes(node: Host) -> frozenset[int]:
    return frozenset(node.pids(HAPROXY) + node.pids(API))
