"""The guard where nftables cannot be used: only lifetimes end an address."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.guard_process import GuardProcess, report
from tests.lab.two_hosts import NIC, TwoHosts, boottime

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
]

VIP = "10.77.0.9"


@pytest.fixture
def hosts() -> Iterator[TwoHosts]:
    """Two hosts, raised for one test."""
    with TwoHosts() as hosts:
        yield hosts


@pytest.fixture
def guard_without_nft(hosts: TwoHosts, tmp_path: Path) -> Iterator[GuardProcess]:
    """Start a guard that has only the lifetimes of addresses."""
    with GuardProcess(hosts, tmp_path, "--without-nft") as guard:
        yield guard


@pytest.mark.parametrize("disturbed", [False, True])
def test_without_nftables_a_frozen_guard_loses_the_address_within_its_bound(
    hosts: TwoHosts, guard_without_nft: GuardProcess, *, disturbed: bool
) -> None:
    """S = 1.25 s, also when other addresses change and delay the kernel's check."""
    guard = guard_without_nft
    daemon, agent = guard.connect(), guard.connect()
    until = daemon.lease(1.95)
    enforcement = daemon.hear_event("attached")
    agent.hold(VIP)
    guard.signal(signal.SIGSTOP)

    if disturbed:
        time.sleep(max(0.0, until - 1.05 - boottime()))
        other = ["address", "add", "10.77.0.50/24", "dev", NIC]
        subprocess.run(["ip", "-n", hosts.server, *other], check=True)
    gone = hosts.gone_at(VIP, patience=4)

    report(f"no nft, disturbed={disturbed}: gone {(gone - until) * 1000:+.0f} ms")
    assert enforcement["enforcement"] == "kernel-lifetime"
    assert until - 1.0 < gone <= until + 1.25


def test_without_nftables_a_living_guard_keeps_the_address_until_the_deadline(
    hosts: TwoHosts, guard_without_nft: GuardProcess
) -> None:
    """Lifetimes rounded down to whole seconds are wound up once more in time."""
    guard = guard_without_nft
    daemon, agent = guard.connect(), guard.connect()
    until = daemon.lease(1.95)
    daemon.hear_event("attached")
    agent.hold(VIP)

    gone = hosts.gone_at(VIP, patience=4)

    assert until <= gone < until + 0.2
