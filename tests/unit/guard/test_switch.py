"""The dead man's switch with a clock that is moved by hand and a kernel of lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from clusterd.guard.grip import Grip
from clusterd.guard.memory import Memory
from clusterd.guard.switch import AGAIN, Switch
from clusterd.host.guard_protocol import (
    AskStatus,
    Enforcement,
    Hold,
    Lease,
    Release,
)
from clusterd.host.netlink import Address, Lifetime, NetlinkError, Removal

VIP = Hold(resource="vip", address=Address(ip="192.0.2.9", prefix=24, nic="eth0"))
OTHER = Hold(resource="web", address=Address(ip="2001:db8::9", prefix=64, nic="eth0"))


@dataclass
class Kernel:
    """Addresses, filter, processes and the diary; `log` is the order of events."""

    now: float = 100.0
    log: list[str] = field(default_factory=list)
    valid: dict[Address, int] = field(default_factory=dict)
    leased: dict[str, float] = field(default_factory=dict)
    is_flushed: bool = False
    slow: float = 0.0
    broken_nic: str = ""
    undying: set[str] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)
    until: float = 0.0
    port: int = 7
    is_full: bool = False

    def clock(self) -> float:
        """Return the time, as it was set."""
        return self.now

    def put(self, address: Address, *, valid: int) -> None:
        """Add or wind up; takes `slow` seconds."""
        self.now += self.slow
        if address.nic == self.broken_nic:
            raise NetlinkError(19, "No such device")
        self.log.append(f"put {address.ip} {valid}")
        self.valid[address] = valid

    def delete(self, address: Address) -> bool:
        """Remove."""
        self.log.append(f"delete {address.ip}")
        return self.valid.pop(address, None) is not None

    def all(self) -> list[Lifetime]:
        """Return every address."""
        return [Lifetime(address=a, valid=v, mark=0) for a, v in self.valid.items()]

    def install(self, leased: Mapping[str, float]) -> None:
        """Build the filter anew."""
        self.is_flushed = False
        self.leased = dict(leased)
        self.log.append("install")

    def admit(self, ips: Iterable[str], seconds: float) -> bool:
        """Lease; refused after a flush."""
        if self.is_flushed:
            return False
        self.leased.update(dict.fromkeys(ips, seconds))
        return True

    def withdraw(self, ips: Iterable[str]) -> None:
        """Forget."""
        for ip in ips:
            self.leased.pop(ip, None)
            self.log.append(f"withdraw {ip}")

    def kill(self, instances: Iterable[str]) -> tuple[str, ...]:
        """Kill all but the undying."""
        doomed = tuple(instances)
        self.log += [f"kill {each}" for each in doomed]
        return tuple(each for each in doomed if each in self.undying)

    def note(self, memory: Memory) -> None:
        """Keep the newest memory."""
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.memory = memory
        self.log.append(f"note {len(memory.held)}")

    def note_deadline(self, until: float) -> None:
        """Keep the newest deadline."""
        self.until = until


def _switch(kernel: Kernel, *, with_nft: bool = True) -> Switch:
    return Switch(
        grip=Grip(kernel, kernel if with_nft else None, kernel.clock),
        diary=kernel,
        enforcement=Enforcement.NFT if with_nft else Enforcement.KERNEL_LIFETIME,
        kill=kernel.kill,
        clock=kernel.clock,
    )


def _lease(switch: Switch, until: float, session: int = 1, **exclusive: str) -> None:
    lease = Lease(until=until, session=session, exclusive=exclusive)
    assert switch.answer(lease) is None


def test_a_held_address_has_both_clocks_wound_up_to_the_deadline() -> None:
    """Milliseconds in the filter, whole seconds (rounded up) in the lifetime."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 102.5)

    answer = switch.answer(VIP)

    assert answer == {"ok": True}
    assert kernel.leased == {VIP.address.ip: 2.5}
    assert kernel.valid == {VIP.address: 3}


def test_an_address_is_noted_before_it_is_taken() -> None:
    """Killed in between, a new guard must know it."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 102.5)

    switch.answer(VIP)

    assert kernel.log.index("note 1") < kernel.log.index("put 192.0.2.9 3")


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        (None, "this node has no lease yet"),
        (100.04, "this node has no valid lease"),
    ],
)
def test_nothing_is_held_without_a_lease_worth_having(
    until: float | None, reason: str
) -> None:
    """With less than 50 ms left an address would be gone before it is announced."""
    kernel = Kernel()
    switch = _switch(kernel)
    if until is not None:
        _lease(switch, until)

    answer = switch.answer(VIP)

    assert answer is not None
    assert reason in str(answer["reason"])
    assert kernel.valid == {}


def test_the_end_comes_in_order_addresses_processes_word() -> None:
    """Clients first: they must not reach a service that is being killed."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 103.0, vip="kernel", db="process", shared="fence")
    switch.answer(VIP)
    kernel.log.clear()
    kernel.now = 103.0

    switch.keep_time()

    assert kernel.log[:3] == ["delete 192.0.2.9", "withdraw 192.0.2.9", "kill db"]
    assert switch.events == [{"event": "released", "at": 103.0, "session": 1}]
    assert switch.deadline() is None


def test_a_renewal_after_the_deadline_was_missed_still_counts() -> None:
    """The lease is what the daemon says now: nobody else may have taken over."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 101.0)
    switch.answer(VIP)
    kernel.now = 101.2

    _lease(switch, 104.0)
    switch.keep_time()

    assert switch.events == []
    assert kernel.leased[VIP.address.ip] == pytest.approx(2.8)
    status = switch.answer(AskStatus())
    assert status is not None
    assert status["late_renewals"] == 1


def test_a_lease_in_the_past_releases_now() -> None:
    """How the daemon gives up everything: eviction, shutdown."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    switch.answer(VIP)

    _lease(switch, 90.0, db="process")

    assert kernel.valid == {}
    assert "kill db" in kernel.log
    assert switch.events == [{"event": "released", "at": 100.0, "session": 1}]


def test_a_renewal_that_came_too_late_is_undone() -> None:
    """Frozen between looking at the clock and telling the kernel (CONSENSUS 2.4)."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 101.0)
    switch.answer(VIP)
    kernel.slow = 5.0

    _lease(switch, 102.0)

    assert kernel.valid == {}
    assert kernel.leased == {}
    assert switch.events[-1]["event"] == "released"


def test_a_renewal_that_was_interrupted_is_repeated_with_fresh_times() -> None:
    """Otherwise the timeout would end after the deadline by the interruption."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    switch.answer(VIP)
    kernel.slow = 0.5

    _lease(switch, 110.0)

    assert kernel.leased[VIP.address.ip] == pytest.approx(9.0), "not 10.0"


def test_an_address_that_somebody_removed_is_not_brought_back() -> None:
    """Neither an operator's nor an agent's removal is undone by a renewal."""
    kernel = Kernel()
    switch = _switch(kernel)
    grip = switch._grip
    _lease(switch, 110.0)
    switch.answer(VIP)
    switch.answer(OTHER)
    del kernel.valid[VIP.address]

    switch.removed(grip.notice([Removal(ip=VIP.address.ip, port=0)]))
    _lease(switch, 111.0)

    assert list(kernel.valid) == [OTHER.address]
    assert switch.events == [
        {"event": "lost", "resource": "vip", "address": VIP.address.ip}
    ]
    assert kernel.memory.held == (OTHER,)


def test_our_own_removal_of_an_address_held_again_is_no_loss() -> None:
    """Notices arrive later than the address does."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    switch.answer(VIP)
    switch.answer(Release(resource="vip", ip=VIP.address.ip))
    switch.answer(VIP)

    lost = switch._grip.notice([Removal(ip=VIP.address.ip, port=kernel.port)])

    assert lost == ()
    assert switch._grip.held == (VIP,)


def test_a_vanished_interface_costs_only_its_own_addresses() -> None:
    """The others are renewed all the same."""
    kernel = Kernel()
    switch = _switch(kernel)
    gone = Hold(resource="lan", address=Address(ip="192.0.2.10", prefix=24, nic="eth1"))
    _lease(switch, 110.0)
    switch.answer(gone)
    switch.answer(VIP)
    kernel.broken_nic = "eth1"

    _lease(switch, 120.0)

    assert switch._grip.held == (VIP,)
    assert kernel.valid[VIP.address] == 20
    assert [each["event"] for each in switch.events] == ["lost"]


def test_a_flushed_filter_is_built_anew() -> None:
    """A firewall was reloaded; every address is leased again in one batch."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    switch.answer(VIP)
    switch.answer(OTHER)
    kernel.is_flushed = True
    kernel.leased.clear()

    _lease(switch, 111.0)

    assert set(kernel.leased) == {VIP.address.ip, OTHER.address.ip}


def test_processes_that_survive_are_told_and_killed_again() -> None:
    """`released` is only said when nothing is left."""
    kernel = Kernel(undying={"db"})
    switch = _switch(kernel)
    _lease(switch, 101.0, db="process", web="process")
    kernel.now = 101.0

    switch.keep_time()
    first = list(switch.events)
    kernel.undying.clear()
    kernel.now += AGAIN
    switch.keep_time()

    assert first == [{"event": "stuck", "resources": ["db"]}]
    assert switch.events[1:] == [
        {"event": "released", "at": 101.0 + AGAIN, "session": 1}
    ]


def test_without_a_filter_lifetimes_are_rounded_down_and_trimmed() -> None:
    """So the kernel, up to 1 s late, stays within 1.25 s, and is never early."""
    kernel = Kernel()
    switch = _switch(kernel, with_nft=False)
    _lease(switch, 102.7)
    switch.answer(VIP)
    first = kernel.valid[VIP.address]
    trim = switch.deadline()
    assert trim is not None
    kernel.now = trim

    switch.keep_time()

    assert first == 2
    assert trim == pytest.approx(101.7)
    assert kernel.valid[VIP.address] == 1, "ends exactly at the deadline"
    assert switch.deadline() == 102.7


def test_a_new_guard_resumes_what_the_old_one_knew() -> None:
    """Deadline, addresses that are still there, and whom to kill."""
    kernel = Kernel(valid={VIP.address: 2})
    switch = _switch(kernel)
    lease = Lease(until=101.0, session=1, exclusive={"db": "process"})

    switch.resume(Memory(held=(VIP, OTHER), lease=lease))
    held = switch._grip.held
    kernel.now = 101.0
    switch.keep_time()

    assert held == (VIP,), "the other one vanished meanwhile"
    assert kernel.valid == {}
    assert "kill db" in kernel.log


def test_the_same_address_on_another_interface_is_refused() -> None:
    """Two resources that want one address are a mistake worth a sentence."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    switch.answer(VIP)
    rival = Hold(
        resource="rival", address=Address(ip=VIP.address.ip, prefix=24, nic="eth1")
    )

    answer = switch.answer(rival)

    assert answer is not None
    assert "already held on eth0 for `vip`" in str(answer["reason"])
    assert switch._grip.held == (VIP,)


def test_what_cannot_be_noted_is_not_held() -> None:
    """A new guard would not know that it has to take it away."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0)
    kernel.is_full = True

    answer = switch.answer(VIP)

    assert answer == {
        "ok": False,
        "reason": "cannot remember it: No space left on device",
    }
    assert kernel.valid == {}


def test_a_full_disk_does_not_keep_us_from_letting_go() -> None:
    """The daemon hears of both: the trouble and the release."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 101.0)
    switch.answer(VIP)
    kernel.is_full = True
    kernel.now = 101.0

    switch.keep_time()

    assert kernel.valid == {}
    assert [each["event"] for each in switch.events] == ["released", "trouble"]


def test_a_released_session_never_gets_anything_again() -> None:
    """The node said "released", and another one may hold everything by now."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 101.0)
    kernel.now = 101.0
    switch.keep_time()

    _lease(switch, 120.0)
    answer = switch.answer(VIP)

    assert answer is not None
    assert answer["ok"] is False
    assert [each["event"] for each in switch.events] == ["released", "released"]


def test_the_word_given_outlives_the_guard() -> None:
    """A new guard refuses the session that the old one released."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 101.0)
    kernel.now = 101.0
    switch.keep_time()

    successor = _switch(kernel)
    successor.resume(kernel.memory)
    _lease(successor, 120.0)

    assert successor.introduce()["released"] == 1
    assert successor.answer(VIP) != {"ok": True}


def test_a_new_session_begins_with_nothing_held() -> None:
    """It exists because the node was evicted: what it held may be elsewhere."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0, db="process")
    switch.answer(VIP)

    _lease(switch, 120.0, session=2)

    assert kernel.valid == {}
    assert "kill db" in kernel.log
    assert switch.events == [{"event": "released", "at": 100.0, "session": 1}]
    assert switch.answer(VIP) == {"ok": True}


def test_a_message_of_an_earlier_session_changes_nothing() -> None:
    """It was under way while the new one began."""
    kernel = Kernel()
    switch = _switch(kernel)
    _lease(switch, 110.0, session=2)
    switch.answer(VIP)

    _lease(switch, 90.0, session=1)

    assert switch._grip.held == (VIP,)
    assert switch.deadline() == 110.0


def test_a_session_with_survivors_is_forfeited_but_not_released() -> None:
    """No lease any more, and no word that it is over."""
    kernel = Kernel(undying={"db"})
    switch = _switch(kernel)
    _lease(switch, 101.0, db="process")
    kernel.now = 101.0

    switch.keep_time()
    _lease(switch, 120.0)

    assert switch.introduce()["released"] == 0
    assert [each["event"] for each in switch.events] == ["stuck"]
    assert switch.answer(VIP) != {"ok": True}
