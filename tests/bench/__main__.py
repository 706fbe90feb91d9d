"""`python -m tests.bench`: print what clusterd costs on this machine."""

import sys
import time
from statistics import median

from tests.bench.idle import Idle, observe
from tests.bench.planning import measure
from tests.lab.cluster import ROOT, Cluster
from tests.lab.topology import lab

SECONDS = 20.0
CALLS = 20


def main() -> None:
    """Measure and print."""
    _say("policy.plan, 100 resources on 3 nodes (median of 5)")
    for what, seconds, actions in measure():
        _say(f"  {what:28} {seconds * 1000:8.1f} ms  {actions:4} actions")
    with lab() as built:
        cluster = Cluster(built)
        cluster.prepare_services()
        for node in built.nodes:
            cluster.start(node)
        cluster.form()
        cluster.apply(ROOT / "examples/control-plane.yaml")
        _say(f"\nidle for {SECONDS:g} s, examples/control-plane.yaml, 3 nodes")
        _tell(observe(built.nodes, SECONDS))
        times = [_status_time(cluster) for _ in range(CALLS)]
    _say(
        f"\nclusterctl status: median {median(times) * 1000:.0f} ms, "
        f"slowest {max(times) * 1000:.0f} ms of {CALLS}, nsenter included"
    )


def _status_time(cluster: Cluster) -> float:
    began = time.perf_counter()
    cluster.ctl(cluster.lab.nodes[0], "status")
    return time.perf_counter() - began


def _tell(idle: Idle) -> None:
    _say(f"  {'node':5} {'process':9} {'CPU':>8} {'RSS':>10} {'PSS':>10}")
    for cost in sorted(idle.costs, key=lambda each: (each.node, each.part)):
        _say(
            f"  {cost.node:5} {cost.part:9} {cost.cpu:6.2f} % "
            f"{cost.rss:6.1f} MiB {cost.pss:6.1f} MiB"
        )
    for node, rate in idle.traffic.items():
        own = [c for c in idle.costs if c.node == node and _is_ours(c.part)]
        _say(
            f"  {node}: clusterd in all {sum(c.cpu for c in own):.2f} % CPU, "
            f"{sum(c.rss for c in own):.0f} MiB RSS, "
            f"{sum(c.pss for c in own):.0f} MiB PSS; "
            f"network {rate / 1000:.1f} kB/s, health checks included"
        )


def _is_ours(part: str) -> bool:
    return part in ("clusterd", "guard", "runner", "planner")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
