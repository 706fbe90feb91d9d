"""How long `policy.plan` takes for 100 resources on three nodes."""

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from clusterd.model.configuration import Configuration
from clusterd.model.membership import MemberState
from clusterd.policy.plan import plan
from tests.unit.policy.cluster import (
    Cluster,
    clone,
    group,
    monitor,
    primitive,
    together,
)

ROUNDS = 5
NODES = ("n1", "n2", "n3")


def measure() -> Iterator[tuple[str, float, int]]:
    """Yield what was planned, the median seconds, and the number of actions."""
    cluster = Cluster(
        configuration=_hundred(), members=dict.fromkeys(NODES, MemberState.ONLINE)
    )
    cluster.shared.add("haproxy")
    yield "first probes of everything", *_timed(cluster)
    cluster.settle(rounds=100)
    yield "nothing to do", *_timed(cluster)
    cluster.members["n1"] = MemberState.OFFLINE
    yield "a node has gone", *_timed(cluster)


def _timed(cluster: Cluster) -> tuple[float, int]:
    state = cluster.state()
    times = []
    actions = 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        actions = len(plan(replace(state)).actions)
        times.append(time.perf_counter() - began)
    return median(times), actions


def _hundred() -> Configuration:
    """Return 19 addresses with a clone, 20 groups of three, 20 single resources."""
    haproxy = clone("haproxy-clone", primitive("haproxy", monitor()))
    addresses = [primitive(f"vip{n}", monitor()) for n in range(19)]
    groups = [
        group(f"group{n}", *(primitive(f"part{n}-{m}", monitor()) for m in range(3)))
        for n in range(20)
    ]
    singles = [primitive(f"single{n}", monitor()) for n in range(20)]
    return Configuration(
        resources=(haproxy, *addresses, *groups, *singles),
        constraints=tuple(together(each.name, "haproxy-clone") for each in addresses),
    )
