"""Three real nodes: what an operator relies on, on real addresses and processes."""

import json
import sys
import time
from collections.abc import Iterator

import pytest

from clusterd.api.protocol import Exit
from tests.lab.cluster import DAEMON, Cluster
from tests.lab.demo.faults import API, BY_NAME, HAPROXY
from tests.lab.demo.screen import Screen
from tests.lab.demo.stage import Stage, boot_now, stage
from tests.lab.demo.trial import play
from tests.lab.host import Host, LabFault
from tests.lab.topology import VIP, lab
from tests.lab.traffic import outage

pytestmark = pytest.mark.lab

PATIENCE = 60.0
BUSY = 10.0
"""Seconds of outage that even a busy machine must not exceed."""


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    """Run the control plane of the examples; every test leaves it well."""
    try:
        with stage(Screen((), on_stderr=True), keep=False) as built:
            yield built
    except LabFault as fault:
        if "may we use namespaces" in str(fault):
            pytest.skip(str(fault))
        raise


def _service_pids(node: Host) -> list[int]:
    return sorted(node.pids(HAPROXY) + node.pids(API))


def _ask(running: Stage) -> dict[str, object]:
    client = running.lab.client
    assert client is not None
    fetch = (
        f"import urllib.request as u; print(u.urlopen('http://{VIP}/').read().decode())"
    )
    answer = client.run([sys.executable, "-c", fetch], timeout=5.0)
    found = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


def test_the_address_answers_and_is_on_one_node(running: Stage) -> None:
    """The example serves as it stands: address, HAProxy, API, and one custom agent."""
    status = running.cluster.status()

    assert _ask(running)["ok"] is True
    assert len(running.holders.now) == 1
    assert status is not None
    assert {each["name"] for each in status["resources"]} == {
        *("vip", "haproxy-clone", "api-clone", "greeting")
    }


def test_a_power_cut_of_the_address_costs_seconds_and_never_two_holders(
    running: Stage,
) -> None:
    """A lost node's address starts elsewhere only when its lease has ended."""
    trial = play(running, BY_NAME["power-cut-vip"])

    assert trial.recovered, trial.trouble
    assert trial.two_holders_s == 0
    assert 0 < trial.outage_s < BUSY


def test_a_daemon_that_comes_back_adopts_what_runs(running: Stage) -> None:
    """Resources outlive the daemon: SIGKILL and a new start restart nothing."""
    node = running.vip_node()
    pids = _service_pids(node)
    start = running.struck_at = boot_now()
    node.run(["kill", "-KILL", *map(str, node.pids(DAEMON))])

    running.cluster.start(node)
    running.cluster.wait("all well again", running.is_well, PATIENCE)

    assert _service_pids(node) == pids
    assert outage(running.traffic.since(start)).seconds < BUSY


def test_status_answers_within_a_second_without_quorum(running: Stage) -> None:
    """Reading needs no majority; what changes something is refused with status 7."""
    first, second, last = running.lab.nodes
    for node in (first, second):
        running.holders.unwatch(node.name)
        node.power_cut()
    running.cluster.wait(
        "the loss of quorum", lambda: not running.cluster.has_quorum(), PATIENCE
    )

    times = [_status_seconds(running.cluster, last) for _ in range(3)]
    refused = running.cluster.ctl(last, "standby", last.name, "--yes", check=False)

    assert min(times) < 1.0
    assert refused.returncode == Exit.NOT_SAFE
    for node in (first, second):
        node.boot()
        running.watch(node)
        running.cluster.start(node)
    running.struck_at = boot_now()
    running.cluster.wait("all well again", running.is_well, PATIENCE)


def test_a_used_token_lets_nobody_in() -> None:
    """A token admits one machine, once; the second one is told so and stays out."""
    with lab(nodes=3) as built:
        cluster = Cluster(built)
        first, second, third = built.nodes
        for node in built.nodes:
            cluster.start(node)
        cluster.ctl(first, "cluster", "init", "--cluster", "demo")
        cluster.wait("a coordinator", cluster.has_quorum, PATIENCE)
        token = cluster.token()
        cluster.ctl(second, "cluster", "join", token)

        refused = cluster.ctl(third, "cluster", "join", token, check=False)
        fresh = cluster.ctl(third, "cluster", "join", cluster.token(), check=False)

    assert refused.returncode == Exit.REFUSED, refused.stderr
    assert "this token was used by n2" in refused.stderr
    assert fresh.returncode == Exit.DONE, fresh.stderr


def _status_seconds(cluster: Cluster, node: Host) -> float:
    began = time.perf_counter()
    said = cluster.ctl(node, "status", check=False)
    assert "quorum" in said.stdout
    return time.perf_counter() - began
