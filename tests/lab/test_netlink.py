"""Our netlink requests against a real kernel, read back by its own tools."""

import json
import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from clusterd.host.netlink import MARK, Address, Addresses, AddressEvents, NetlinkError
from clusterd.host.nft import LeaseFilter
from tests.lab.two_hosts import NIC, TwoHosts, inside

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for namespaces"),
]

VIP = Address(ip="10.77.0.9", prefix=24, nic=NIC, label=f"{NIC}:vip")
VIP6 = Address(ip="fd77::9", prefix=64, nic=NIC)


@pytest.fixture
def hosts() -> Iterator[TwoHosts]:
    """Live in the server's namespace for one test."""
    with TwoHosts() as hosts, inside(hosts.server):
        yield hosts


@pytest.fixture
def addresses(hosts: TwoHosts) -> Iterator[Addresses]:
    """Return the addresses of that namespace."""
    del hosts
    addresses = Addresses()
    yield addresses
    addresses.close()


def _shown(what: str) -> str:
    command = ["nft", "-j", "list", "set", *what.split()]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("address", [VIP, VIP6])
def test_an_address_carries_its_lifetime_and_our_mark(
    addresses: Addresses, address: Address
) -> None:
    """`all` reads back what `put` said, and a second `put` winds it up."""
    addresses.put(address, valid=5)
    addresses.put(address, valid=50)

    found = [each for each in addresses.all() if each.address == address]

    assert len(found) == 1
    assert found[0].valid in {49, 50}
    assert found[0].mark == MARK


def test_deleting_twice_says_what_was_there(addresses: Addresses) -> None:
    """Also when the interface itself is unknown."""
    addresses.put(VIP, valid=50)

    assert addresses.delete(VIP)
    assert not addresses.delete(VIP)
    assert not addresses.delete(Address(ip=VIP.ip, prefix=24, nic="none0"))


def test_the_kernel_explains_what_it_refuses(addresses: Addresses) -> None:
    """Its own sentence is in the error."""
    with pytest.raises(NetlinkError, match="Invalid prefix length"):
        addresses.put(Address(ip=VIP.ip, prefix=77, nic=NIC), valid=5)


def test_a_removal_is_noticed_with_who_asked_for_it(addresses: Addresses) -> None:
    """Our own port for our own, another one for others."""
    events = AddressEvents()
    addresses.put(VIP, valid=50)
    addresses.put(VIP6, valid=50)

    addresses.delete(VIP)
    command = ["ip", "address", "del", "fd77::9/64", "dev", NIC]
    subprocess.run(command, check=True)
    removals = events.removals()

    events.close()
    assert removals is not None
    assert [each.ip for each in removals] == [VIP.ip, VIP6.ip]
    assert removals[0].port == addresses.port != removals[1].port


@pytest.mark.usefixtures("hosts")
def test_elements_are_admitted_with_their_timeout_and_withdrawn() -> None:
    """IPv4 in the tables ip and arp, IPv6 in ip6."""
    lease_filter = LeaseFilter()
    lease_filter.install({})

    admitted = lease_filter.admit([VIP.ip, VIP6.ip], 30.0)
    shown = [_shown(f"{family} clusterd leased") for family in ("ip", "arp", "ip6")]
    lease_filter.withdraw([VIP.ip, VIP6.ip])

    left = _shown("ip clusterd leased") + _shown("ip clusterd guarded")
    lease_filter.close()
    assert admitted
    assert VIP.ip in shown[0]
    assert VIP.ip in shown[1]
    assert VIP6.ip in shown[2]
    assert (
        json.loads(shown[0])["nftables"][1]["set"]["elem"][0]["elem"]["timeout"] == 30
    )
    assert VIP.ip not in left


@pytest.mark.usefixtures("hosts")
def test_a_probe_leaves_no_trace() -> None:
    """It is made to be asked before anything is decided."""
    lease_filter = LeaseFilter()

    lease_filter.probe()

    lease_filter.close()
    command = ["nft", "list", "tables"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b""


@pytest.mark.usefixtures("hosts")
def test_admitting_without_tables_is_told() -> None:
    """Somebody flushed them; the caller installs them again."""
    lease_filter = LeaseFilter()

    admitted = lease_filter.admit([VIP.ip], 3.0)

    lease_filter.withdraw([VIP.ip])
    lease_filter.close()
    assert not admitted


@pytest.mark.usefixtures("hosts")
def test_an_expired_element_can_be_renewed() -> None:
    """It is gone by itself, so it cannot be deleted: adding must do."""
    lease_filter = LeaseFilter()
    lease_filter.install({VIP.ip: 0.02})
    time.sleep(0.1)  # The kernel's clock: nothing to wait on.

    assert lease_filter.admit([VIP.ip], 30.0)

    assert VIP.ip in _shown("ip clusterd leased")
    lease_filter.close()
