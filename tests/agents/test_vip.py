"""The VIP agent, on two machines joined by a cable."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.fake_guard import FakeGuard
from tests.agents.namespaces import Machine, listening, machine, two_machines
from tests.agents.runner import AGENTS, Resource

pytestmark = pytest.mark.lab

IPV4, IPV6 = "192.0.2.10", "2001:db8::10"


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Two machines, .1 and .2."""
    with two_machines() as pair:
        yield pair


def vip(
    where: Machine, directory: Path, extra: dict[str, str] | None = None, **more: str
) -> Resource:
    """Describe a VIP on a machine."""
    return Resource(
        agent=AGENTS / "VIP",
        directory=directory,
        parameters={"ip": IPV4, **more},
        inside=where.inside,
        extra=extra,
    )


def test_an_address_comes_and_goes_and_both_twice(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Start and stop are idempotent; interface and prefix come from the route."""
    left, _ = machines
    resource = vip(left, tmp_path)

    codes = [resource.run("monitor").code]
    codes += [resource.run("start").code for _ in range(2)]
    held = left.addresses()
    codes += [resource.run("monitor").code]
    codes += [resource.run("stop").code for _ in range(2)]
    codes += [resource.run("monitor").code]

    assert codes == [7, 0, 0, 0, 0, 0, 7]
    assert f"{IPV4}/24" in held
    assert left.addresses()[0] == "192.0.2.1/24"


def test_no_process_keeps_the_agents_pipes(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """The announcer in the background must not make a runner wait."""
    left, _ = machines

    started = vip(left, tmp_path, announce_count="5").run("start")

    assert started.code == 0
    assert started.let_go


def test_an_ipv4_address_is_announced_at_once_and_again(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Neighbours may ignore a second change within a second: hence the repeats."""
    left, right = machines
    resource = vip(left, tmp_path, announce_count="2", announce_interval="300ms")

    with listening(right) as ear:
        assert resource.run("start").code == 0
        heard = [ear.next_about(IPV4) for _ in range(4)]

    kinds = [kind for _, kind, _ in heard]
    assert kinds == ["request", "reply", "request", "reply"]
    assert {mac for _, _, mac in heard} == {left.mac()}
    assert 0.25 < heard[2][0] - heard[0][0] < 2


def test_an_address_that_left_is_announced_no_more(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """A late repeat would call the traffic back from the next holder."""
    left, right = machines
    first = vip(left, tmp_path, announce_count="2", announce_interval="400ms")
    witness = vip(left, tmp_path, ip="192.0.2.11", announce_interval="700ms")

    with listening(right) as ear:
        first.run("start")
        first.run("stop")
        witness.run("start")
        # The witness repeats later than the first one would have.
        heard = [ear.next_claim() for _ in range(6)]

    claimed = [ip for ip, _, _, _ in heard]
    assert claimed == [IPV4, IPV4, *["192.0.2.11"] * 4]


def test_neighbours_follow_a_moved_address_at_once(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Without the announcement they would ask the old holder for half a minute."""
    left, right = machines
    old = ("lladdr", "02:00:00:00:00:99", "nud", "stale")
    right.run("ip", "neigh", "replace", IPV4, "dev", "eth0", *old)

    vip(left, tmp_path).run("start")

    assert left.mac() in right.run("ip", "neigh", "show", IPV4)


def test_an_address_in_use_is_refused_with_the_holders_mac(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """`fail` means: never a second holder that can be seen."""
    left, right = machines
    right.run("ip", "addr", "add", f"{IPV4}/24", "dev", "eth0")

    outcome = vip(left, tmp_path, collision_check="fail").run("start")

    assert outcome.code == 1
    assert right.mac() in outcome.reason
    assert f"{IPV4}/24" not in left.addresses()


def test_an_address_in_use_is_taken_with_a_warning_by_default(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """After a failover the old holder may be half dead: availability wins."""
    left, right = machines
    right.run("ip", "addr", "add", f"{IPV4}/24", "dev", "eth0")

    outcome = vip(left, tmp_path).run("start")

    assert outcome.code == 0
    assert right.mac() in outcome.reason
    assert f"{IPV4}/24" in left.addresses()


def test_an_ipv6_address_is_usable_when_start_returns(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """A service that binds to a tentative address fails."""
    left, right = machines
    resource = vip(left, tmp_path, ip="2001:0db8:0::0010")

    with listening(right) as ear:
        outcome = resource.run("start")
        _, kind, mac = ear.next_about(IPV6)

    assert outcome.code == 0
    assert "tentative" not in left.run("ip", "addr", "show", "dev", "eth0", "to", IPV6)
    assert (kind, mac) == ("override", left.mac())
    assert resource.run("monitor").code == 0
    assert [resource.run("stop").code for _ in range(2)] == [0, 0]
    assert resource.run("monitor").code == 7


def test_an_ipv6_address_in_use_fails_and_is_taken_back(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """The kernel's duplicate address detection decides."""
    left, right = machines
    right.run("ip", "addr", "add", f"{IPV6}/64", "dev", "eth0", "nodad")

    outcome = vip(left, tmp_path, ip=IPV6).run("start")

    assert outcome.code == 1
    assert "in use by another machine" in outcome.reason
    assert f"{IPV6}/64" not in left.addresses()


def test_nodad_makes_an_ipv6_address_usable_at_once(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """For those who rather risk a duplicate than wait a second."""
    left, _ = machines

    outcome = vip(left, tmp_path, ip=IPV6, nodad="yes").run("start")

    assert outcome.code == 0
    assert outcome.seconds < 1
    assert f"{IPV6}/64" in left.addresses()


def test_a_cable_without_carrier_is_a_failure(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """The address is there, but nobody can reach it."""
    left, right = machines
    resource = vip(left, tmp_path)
    resource.run("start")

    right.run("ip", "link", "set", "eth0", "down")
    monitored = resource.run("monitor", interval=10)
    tolerated = resource.having(link_required="no").run("monitor", interval=10)
    resource.run("stop")
    started = resource.run("start")

    assert (monitored.code, tolerated.code, started.code) == (1, 0, 1)
    assert "no carrier" in monitored.reason


def test_an_address_on_another_interface_is_a_failure(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """It is neither stopped nor where it should be."""
    left, _ = machines
    left.run("ip", "addr", "add", f"{IPV4}/32", "dev", "lo")
    resource = vip(left, tmp_path, nic="eth0")

    monitored, started = resource.run("monitor"), resource.run("start")

    assert (monitored.code, started.code) == (1, 1)
    assert "lo" in monitored.reason
    assert "lo" in started.reason


def test_the_other_addresses_survive_the_stop_of_the_first(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """The kernel removes secondaries with their primary unless told otherwise."""
    left, _ = machines
    left.run("ip", "addr", "del", "192.0.2.1/24", "dev", "eth0")
    resource = vip(left, tmp_path, prefix="24", nic="eth0")
    resource.run("start")
    left.run("ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")

    assert resource.run("stop").code == 0

    assert "192.0.2.1/24" in left.addresses()
    assert f"{IPV4}/24" not in left.addresses()


def test_a_vanished_interface_means_stopped(tmp_path: Path) -> None:
    """Where no interface is, no address sits."""
    with machine() as alone:
        resource = vip(alone, tmp_path, nic="eth7")

        stopped, probed = resource.run("stop"), resource.run("monitor")
        started = resource.run("start")

    assert (stopped.code, probed.code, started.code) == (0, 7, 2)
    assert "eth7" in started.reason


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"ip": ""}, "`ip` is required", id="missing"),
        pytest.param({"ip": "300.1.1.1"}, "IPv4 or IPv6", id="malformed"),
        pytest.param({"ip": "192.0.2.10/24"}, "`prefix`", id="with a prefix"),
        pytest.param({"prefix": "33"}, "too long", id="prefix beyond IPv4"),
        pytest.param({"prefix": "many"}, "whole number", id="not a number"),
        pytest.param({"nik": "eth0"}, "did you mean `nic`", id="misspelt"),
        pytest.param({"collision_check": "fial"}, "did you mean `fail`", id="choice"),
        pytest.param({"label": "x" * 16}, "label", id="long label"),
    ],
)
def test_wrong_parameters_are_named(
    wrong: dict[str, str], says: str, tmp_path: Path
) -> None:
    """Exit code 6: no other node would do better."""
    resource = Resource(
        agent=AGENTS / "VIP", directory=tmp_path, parameters={"ip": IPV4, **wrong}
    )

    outcomes = [resource.run(action) for action in ("start", "validate-all")]

    assert [outcome.code for outcome in outcomes] == [6, 6]
    assert all(says in outcome.reason for outcome in outcomes)


def test_with_a_guard_the_guard_holds_the_address(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """The agent asks; what it gets has an end that the kernel keeps (D6)."""
    left, right = machines
    path = tmp_path / "guard"
    resource = vip(left, tmp_path, extra={"CLUSTERD_GUARD": str(path)})

    with FakeGuard(path=path, machine=left) as guard, listening(right) as ear:
        started = resource.run("start")
        heard = ear.next_about(IPV4)
        shown = left.run("ip", "addr", "show", "dev", "eth0", "to", IPV4)
        monitored = resource.run("monitor")
        again = resource.run("start")
        stopped = [resource.run("stop").code for _ in range(2)]

    assert (started.code, monitored.code, again.code) == (0, 0, 0)
    assert stopped == [0, 0]
    assert "valid_lft 60sec" in shown
    assert heard[2] == left.mac()
    assert guard.verbs() == ["hold", "hold", "release", "release"]
    assert guard.requests[0] == {
        "verb": "hold",
        "resource": "r1",
        "address": IPV4,
        "prefix": 24,
        "nic": "eth0",
        "label": "",
    }
    assert f"{IPV4}/24" not in left.addresses()


def test_a_guard_that_refuses_fails_the_start_with_its_reason(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Without a lease there is no address, whatever the agent could do itself."""
    left, _ = machines
    path = tmp_path / "guard"
    resource = vip(left, tmp_path, extra={"CLUSTERD_GUARD": str(path)})

    with FakeGuard(path=path, machine=left, refusal="the lease ran out"):
        outcome = resource.run("start")

    assert outcome.code == 1
    assert "the lease ran out" in outcome.reason
    assert f"{IPV4}/24" not in left.addresses()


def test_a_missing_guard_fails_the_start_but_not_the_stop_of_nothing(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """A stop that fails means fencing: not for an address that is gone."""
    left, _ = machines
    path = tmp_path / "nobody"
    resource = vip(left, tmp_path, extra={"CLUSTERD_GUARD": str(path)})

    started, stopped = resource.run("start"), resource.run("stop")

    assert (started.code, stopped.code) == (1, 0)
    assert "does not answer" in started.reason
