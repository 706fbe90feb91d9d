"""The addresses we hold, and how the kernel is told to take them from us.

Two clocks in the kernel run for each address: its lifetime (whole seconds) and
the timeout of its element in the nftables set `leased` (milliseconds). Renewing
winds up both. Letting go deletes the address first, then the elements, so that
there is no moment in which it is there and unguarded.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from clusterd.host.guard_protocol import Hold
from clusterd.host.netlink import Address, Lifetime, Removal

USEFUL = 0.050
"""Seconds of lease an address must have left to be worth bringing up."""

_PROMPT = 0.010
"""A renewal slower than this was interrupted, and its times are stale."""

_ATTEMPTS = 3


class Refused(Exception):
    """An address cannot be held; the sentence is meant for the agent's user."""


class AddressTable(Protocol):
    """What the grip needs of `clusterd.host.netlink.Addresses`."""

    @property
    def port(self) -> int:
        """Tells our own removals from those of others."""

    def put(self, address: Address, *, valid: int) -> None:
        """Add `address`, or set its lifetime anew: whole seconds."""

    def delete(self, address: Address) -> bool:
        """Remove `address`; False when it was not there."""

    def all(self) -> list[Lifetime]:
        """Return every address of every interface."""


class Filter(Protocol):
    """What the grip needs of `clusterd.host.nft.LeaseFilter`."""

    def install(self, leased: Mapping[str, float]) -> None:
        """Build the tables anew with exactly these addresses and seconds left."""

    def admit(self, ips: Iterable[str], seconds: float) -> bool:
        """Let `ips` pass for `seconds`; False when the tables are gone."""

    def withdraw(self, ips: Iterable[str]) -> None:
        """Forget these addresses."""


class Grip:
    """The addresses held now; all by the same lease."""

    def __init__(
        self,
        addresses: AddressTable,
        lease_filter: Filter | None,
        clock: Callable[[], float],
    ) -> None:
        self._addresses = addresses
        self._filter = lease_filter
        self._clock = clock
        self._held: dict[str, Hold] = {}

    @property
    def held(self) -> tuple[Hold, ...]:
        """What is held, oldest first."""
        return tuple(self._held.values())

    def adopt(self, held: Iterable[Hold], until: float) -> None:
        """Go on holding what an earlier guard brought up and is still there."""
        present = self._present()
        for each in held:
            if (each.address.ip, each.address.nic) in present:
                self._held[each.address.ip] = each
        self._install(until)

    def check(self, wanted: Hold, until: float) -> None:
        """Raise Refused when `wanted` may not be held now."""
        remaining = until - self._clock()
        if remaining < USEFUL:
            raise Refused(
                f"this node has no valid lease (it ended {-remaining:.2f} s ago)"
                if until
                else "this node has no lease yet"
            )
        known = self._held.get(wanted.address.ip)
        if known is not None and known.address != wanted.address:
            raise Refused(
                f"{known.address.ip}/{known.address.prefix} is already held on"
                f" {known.address.nic} for `{known.resource}`"
            )

    def hold(self, wanted: Hold, until: float) -> None:
        """Bring `wanted` up until `until`; raises Refused, with nothing left behind."""
        ip = wanted.address.ip
        self._held[ip] = wanted
        try:
            self._wind([wanted], until)
        except OSError as error:
            self.release(ip)
            raise Refused(
                f"cannot add {ip}/{wanted.address.prefix} to"
                f" {wanted.address.nic}: {error.strerror}"
            ) from None
        if self._clock() >= until:
            self.release(ip)
            raise Refused("the lease ended while the address was added")

    def release(self, ip: str) -> None:
        """Take `ip` away, from whatever interface has it; fine when none has."""
        self._held.pop(ip, None)
        try:
            for each in self._addresses.all():
                if each.address.ip == ip:
                    self._addresses.delete(each.address)
        finally:
            if self._filter is not None:
                self._filter.withdraw([ip])

    def renew(self, until: float) -> tuple[Hold, ...]:
        """Hold everything until `until`; return what could not be held any longer."""
        lost: list[Hold] = []
        for _ in range(_ATTEMPTS):
            started = self._clock()
            if started >= until:
                break  # Too late; the caller lets go of everything.
            lost += self._wind_each(until)
            if self._clock() - started < _PROMPT:
                break
        return tuple(lost)

    def trim_at(self, until: float) -> float | None:
        """Return when lifetimes that were rounded down must be wound up once more."""
        last = until - 1.0
        return last if self._filter is None and self._clock() < last else None

    def let_go(self) -> tuple[Hold, ...]:
        """Take everything away; return what the kernel would not let us take."""
        stuck = []
        held, self._held = self._held, {}
        for each in held.values():
            try:
                self._addresses.delete(each.address)
            except OSError:
                stuck.append(each)
        if self._filter is not None and held:
            gone = [ip for ip, each in held.items() if each not in stuck]
            with contextlib.suppress(OSError):  # Guarded and not leased: silent.
                self._filter.withdraw(gone)
        return tuple(stuck)

    def notice(self, removals: Iterable[Removal] | None) -> tuple[Hold, ...]:
        """Somebody removed addresses: forget ours among them, and return those.

        Otherwise the next renewal would bring an address back that an operator,
        an agent or its own lifetime took away.
        """
        if not self._held or not self._concern_us(removals):
            return ()
        present = self._present()
        lost = tuple(
            each
            for each in self._held.values()
            if (each.address.ip, each.address.nic) not in present
        )
        self._forget(lost)
        return lost

    def _concern_us(self, removals: Iterable[Removal] | None) -> bool:
        return removals is None or any(
            each.ip in self._held and each.port != self._addresses.port
            for each in removals
        )

    def _present(self) -> set[tuple[str, str]]:
        return {(each.address.ip, each.address.nic) for each in self._addresses.all()}

    def _forget(self, lost: Iterable[Hold]) -> None:
        for each in lost:
            del self._held[each.address.ip]
            if self._filter is not None:
                with contextlib.suppress(OSError):  # Guarded, not leased: silent.
                    self._filter.withdraw([each.address.ip])

    def _wind_each(self, until: float) -> tuple[Hold, ...]:
        """Wind up all at once, or find those that cannot be and forget them."""
        try:
            self._wind(self._held.values(), until)
        except OSError:
            lost = tuple(each for each in self.held if not self._can_wind(each, until))
            self._forget(lost)
            return lost
        return ()

    def _can_wind(self, held: Hold, until: float) -> bool:
        try:
            self._wind([held], until)
        except OSError:
            return False
        return True

    def _wind(self, held: Iterable[Hold], until: float) -> None:
        """Wind up both clocks of these addresses."""
        wanted = list(held)
        remaining = until - self._clock()
        if self._filter is not None:
            ips = [each.address.ip for each in wanted]
            if not self._filter.admit(ips, remaining):
                self._install(until)
        for each in wanted:
            self._addresses.put(each.address, valid=self._lifetime(remaining))

    def _lifetime(self, remaining: float) -> int:
        """Return the whole seconds to give an address.

        With a filter rounded up: it never ends early, and the filter is exact.
        Without, rounded down: then even the latest removal (0.25 s late, 1 s when
        another address changed just before) is within 1.25 s; see `trim_at`.
        """
        rounded = math.floor if self._filter is None else math.ceil
        return max(1, rounded(remaining))

    def _install(self, until: float) -> None:
        if self._filter is not None:
            remaining = until - self._clock()
            self._filter.install(dict.fromkeys(self._held, remaining))
