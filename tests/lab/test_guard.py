"""The guard on a real kernel: what is held, what is not, and for how long."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.lab.guard_process import (
    GuardProcess,
    ended,
    marked,
    marked_process,
    own_cgroups,
    report,
)
from tests.lab.two_hosts import NIC, Seen, TwoHosts, boottime

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
]

VIP, VIP6 = "10.77.0.9", "fd77::9"
BOTH = pytest.mark.parametrize("ip", [VIP, VIP6])


@pytest.fixture
def hosts() -> Iterator[TwoHosts]:
    """Two hosts, raised for one test."""
    with TwoHosts() as hosts:
        yield hosts


@pytest.fixture
def guard(hosts: TwoHosts, tmp_path: Path) -> Iterator[GuardProcess]:
    """Start a guard on the first of them."""
    with GuardProcess(hosts, tmp_path) as guard:
        yield guard


def _reached(hosts: TwoHosts, ip: str) -> bool:
    command = ["ip", "netns", "exec", hosts.client, "ping", "-c1", "-W1", ip]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@BOTH
def test_hold_and_release_bring_an_address_up_and_down(
    hosts: TwoHosts, guard: GuardProcess, ip: str
) -> None:
    """The agent's whole life with the guard: two datagrams."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3)
    daemon.hear_event("attached")

    held = agent.hold(ip)
    there, reached = hosts.has(ip), _reached(hosts, ip)
    released = agent.release(ip)

    assert held == {"ok": True}
    assert there
    assert reached
    assert released == {"ok": True}
    assert not hosts.has(ip)


def test_releasing_what_is_not_there_succeeds(guard: GuardProcess) -> None:
    """`stop` of an agent must be repeatable."""
    agent = guard.connect()

    assert agent.release(VIP) == {"ok": True}


def test_hold_without_a_lease_is_refused_with_a_reason(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """Nothing exclusive begins on a node that may not have it."""
    agent = guard.connect()

    refused = agent.hold(VIP)

    assert refused == {"ok": False, "reason": "this node has no lease yet"}
    assert not hosts.has(VIP)


def test_hold_on_a_missing_interface_is_refused_and_leaves_nothing(
    guard: GuardProcess,
) -> None:
    """The reason names the interface, and nothing is held afterwards."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3)
    daemon.hear_event("attached")

    refused = agent.ask(
        verb="hold", resource="vip", address=VIP, prefix=24, nic="no0", label=""
    )

    assert not refused["ok"]
    assert "no interface is named `no0`" in refused["reason"]
    assert agent.ask(verb="status")["held"] == []


def test_renewal_keeps_an_address_beyond_its_first_lease(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """A lease of 0.6 s renewed for 2.5 s: the address answers all the time."""
    daemon, agent = guard.connect(), guard.connect()
    first = daemon.lease(0.6)
    daemon.hear_event("attached")
    agent.hold(VIP)

    with hosts.watch(VIP) as seen:
        while boottime() < first + 2.0:
            daemon.lease(0.6)
            time.sleep(0.1)
        last = boottime()

    status = agent.ask(verb="status")
    gaps = [b.at - a.at for a, b in pairwise(seen)]
    report(f"longest silence while renewed: {max(gaps) * 1000:.0f} ms; {status}")
    assert seen[-1].at > last - 0.2
    assert max(gaps) < 0.5
    assert status["late_renewals"] == 0


@BOTH
def test_a_lapsed_lease_ends_the_address_at_its_deadline(
    hosts: TwoHosts, guard: GuardProcess, ip: str
) -> None:
    """A living guard deletes the address at T and tells the daemon when."""
    daemon, agent = guard.connect(), guard.connect()
    with hosts.watch(ip) as seen:
        until = daemon.lease(1.7, vip="kernel")
        daemon.hear_event("attached")
        agent.hold(ip)

        released = daemon.hear_event("released")

        gone = hosts.gone_at(ip, patience=1)
    late = (released["at"] - until) * 1000
    report(f"{ip}: released {late:.1f} ms after T, last word {_last(seen, until)}")
    assert until <= released["at"] < until + 0.1
    assert gone < until + 0.3
    assert seen[-1].at > until - 0.1
    assert seen[-1].at < until + 0.02


@BOTH
def test_a_frozen_guard_is_silent_at_the_deadline_and_the_address_goes(
    hosts: TwoHosts, guard: GuardProcess, ip: str
) -> None:
    """The kernel ends it: packets within 20 ms after T, the address within 1.3 s."""
    daemon, agent = guard.connect(), guard.connect()
    with hosts.watch(ip) as seen:
        until = daemon.lease(1.5)
        daemon.hear_event("attached")
        agent.hold(ip)

        guard.signal(signal.SIGSTOP)

        gone = hosts.gone_at(ip, patience=4)
    report(
        f"{ip}: frozen guard: last word {_last(seen, until)},"
        f" address gone {(gone - until) * 1000:.0f} ms after T"
    )
    assert seen[-1].at < until + 0.02
    assert seen[-1].at > until - 0.8, "it answered until then"
    assert gone <= until + 1.3


def test_a_killed_guard_leaves_the_clocks_of_the_kernel_running(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """Nobody starts it again: the same bounds hold."""
    daemon, agent = guard.connect(), guard.connect()
    with hosts.watch(VIP) as seen:
        until = daemon.lease(1.5)
        daemon.hear_event("attached")
        agent.hold(VIP)

        guard.signal(signal.SIGKILL)

        gone = hosts.gone_at(VIP, patience=4)
    report(f"killed guard: last word {_last(seen, until)}, gone {gone - until:.3f} s")
    assert seen[-1].at < until + 0.02
    assert gone <= until + 1.3


def test_a_new_guard_goes_on_holding_what_the_killed_one_held(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """Killed and started within the lease: the address never falls silent."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3, vip="kernel")
    daemon.hear_event("attached")
    agent.hold(VIP)

    with hosts.watch(VIP) as seen:
        guard.signal(signal.SIGKILL)
        guard.start()
        daemon, agent = guard.connect(), guard.connect()
        until = daemon.lease(2, vip="kernel")
        for _ in range(20):
            time.sleep(0.2)
            until = daemon.lease(2, vip="kernel")

    status = agent.ask(verb="status")
    gaps = [b.at - a.at for a, b in pairwise(seen)]
    report(f"longest silence across the restart: {max(gaps) * 1000:.0f} ms")
    assert [each["address"] for each in status["held"]] == [VIP]
    assert seen[-1].at > until - 2.1
    assert max(gaps) < 0.5


def test_a_new_guard_that_hears_no_lease_lets_go_at_the_old_deadline(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """The deadline outlives the guard that knew it, for processes too."""
    daemon, agent = guard.connect(), guard.connect()
    until = daemon.lease(2.5, vip="kernel", db="process")
    daemon.hear_event("attached")
    agent.hold(VIP)

    with marked_process("db") as process:
        guard.signal(signal.SIGKILL)
        guard.start()

        killed = ended(process, patience=4)

    gone = hosts.gone_at(VIP, patience=1)
    report(f"after a restart: killed {killed - until:.3f} s, gone {gone - until:.3f} s")
    assert until <= killed < until + 0.5
    assert gone < until + 0.5


def test_a_lease_that_is_over_releases_at_once(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """The daemon gives up on purpose: stop, eviction."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(10, vip="kernel")
    daemon.hear_event("attached")
    agent.hold(VIP)

    daemon.lease(-1, vip="kernel")

    daemon.hear_event("released")
    assert not hosts.has(VIP)
    assert not agent.hold(VIP)["ok"]


def test_processes_of_an_exclusive_resource_die_with_the_lease(
    guard: GuardProcess,
) -> None:
    """Class `process`: children too; others and other classes are left alone."""
    daemon = guard.connect()
    with marked_process("db") as doomed, marked_process("web") as spared:
        until = daemon.lease(0.5, db="process", web="fence")

        killed = ended(doomed, patience=3)
        daemon.hear_event("released")

        left = marked("db")
        assert until <= killed < until + 0.5
        assert left == 0
        assert spared.poll() is None


def test_processes_in_a_cgroup_die_even_without_the_marker(
    hosts: TwoHosts, tmp_path: Path
) -> None:
    """One write ends a whole cgroup; `:` and `/` of the instance are written `_`."""
    with own_cgroups() as cgroups:
        group = cgroups / "db_1"
        group.mkdir()
        with (
            GuardProcess(hosts, tmp_path, "--cgroup", str(cgroups)) as guard,
            marked_process("other") as doomed,
        ):
            daemon = guard.connect()
            (group / "cgroup.procs").write_text(str(doomed.pid))
            until = daemon.lease(0.4, 1, **{"db:1": "process"})

            killed = ended(doomed, patience=3)

            assert daemon.hear_event("released")["at"] < until + 0.5
    report(f"cgroup: killed {(killed - until) * 1000:.1f} ms after T")
    assert until <= killed < until + 0.3


def test_a_removed_address_is_not_brought_back(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """A renewal must not undo what an operator or another program did."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3)
    daemon.hear_event("attached")
    agent.hold(VIP)

    command = ["ip", "-n", hosts.server, "address", "del", f"{VIP}/24", "dev", NIC]
    subprocess.run(command, check=True)
    daemon.lease(3)

    lost = daemon.hear_event("lost")
    assert lost == {"event": "lost", "resource": "vip", "address": VIP}
    assert not hosts.has(VIP)


def test_flushed_rules_are_back_with_the_next_renewal(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """A reload of the firewall flushes every table, ours too."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3)
    daemon.hear_event("attached")
    agent.hold(VIP)

    nft = ["ip", "netns", "exec", hosts.server, "nft"]
    subprocess.run([*nft, "flush", "ruleset"], check=True)
    daemon.lease(3)
    agent.ask(verb="status")

    shown = subprocess.run(
        [*nft, "-j", "list", "set", "ip", "clusterd", "leased"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert VIP in json.dumps(json.loads(shown))


def test_an_earlier_daemon_cannot_end_the_lease_of_its_successor(
    hosts: TwoHosts, guard: GuardProcess
) -> None:
    """A daemon that was frozen while another took its place speaks of the past."""
    former, daemon, agent = guard.connect(), guard.connect(), guard.connect()
    former.lease(3)
    former.hear_event("attached")
    daemon.lease(3)
    daemon.hear_event("attached")
    agent.hold(VIP)

    former.lease(-5)

    assert former.hear() == {"event": "superseded"}
    assert hosts.has(VIP)


def test_a_renewal_costs_well_under_a_millisecond(guard: GuardProcess) -> None:
    """Five addresses, IPv4 and IPv6, renewed 200 times in the guard itself."""
    daemon, agent = guard.connect(), guard.connect()
    daemon.lease(3)
    daemon.hear_event("attached")
    for ip in (VIP, VIP6, "10.77.0.10", "10.77.0.11", "fd77::a"):
        assert agent.hold(ip) == {"ok": True}

    costs = []
    for _ in range(200):
        started = boottime()
        daemon.lease(3)
        daemon.ask(verb="status")
        costs.append(boottime() - started)

    costs.sort()
    report(f"renewal and status, both ways: p50 {costs[100] * 1e6:.0f} us")
    report(str(agent.ask(verb="status")))
    assert costs[100] < 0.003


def _last(seen: list[Seen], until: float) -> str:
    words = {}
    for each in seen:
        words[each.kind] = f"{(each.at - until) * 1000:+.1f} ms"
    return f"relative to T: {words}"
