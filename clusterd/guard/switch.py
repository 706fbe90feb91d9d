"""The dead man's switch itself: one lease, what lives by it, and its end.

It knows no sockets: requests come in as types, answers go out as objects, and
what the daemon must hear without asking is collected in `events`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from clusterd.guard.grip import Grip, Refused
from clusterd.guard.memory import Memory
from clusterd.host.guard_protocol import (
    AskStatus,
    Attach,
    End,
    Enforcement,
    Hold,
    Lease,
    Object,
    Release,
    Request,
)

AGAIN = 0.5
"""Seconds until processes that survived being killed are killed once more."""

_OK: Object = {"ok": True}


class Diary(Protocol):
    """What the switch needs of `clusterd.guard.memory.MemoryFile`."""

    def note(self, memory: Memory) -> None:
        """Remember what is held."""

    def note_deadline(self, until: float) -> None:
        """Remember the end of the lease."""


@dataclass(slots=True)
class Statistics:
    """How punctual we are. Times in seconds."""

    renewals: int = 0
    late_renewals: int = 0
    """Came when the lease before them had already ended."""
    releases: int = 0
    worst_delay: float = 0.0
    """From the daemon's send to our looking at it, or from a deadline to acting."""
    worst_renewal: float = 0.0
    """What a renewal took."""


class Switch:
    """Holds by the lease, lets go at its end."""

    def __init__(
        self,
        *,
        grip: Grip,
        diary: Diary,
        enforcement: Enforcement,
        kill: Callable[[Iterable[str]], Sequence[str]],
        clock: Callable[[], float],
    ) -> None:
        self._grip = grip
        self._diary = diary
        self._enforcement = enforcement
        self._kill = kill
        self._clock = clock
        self._lease = Lease(until=0.0, session=0)
        self._forfeited = 0
        self._released = 0
        self._in_force = False
        self._trim: float | None = None
        self._surviving: tuple[str, ...] = ()
        self._again = 0.0
        self._statistics = Statistics()
        self.events: list[Object] = []

    def resume(self, memory: Memory) -> None:
        """Take over from an earlier guard, with the deadline it had."""
        self._grip.adopt(memory.held, memory.lease.until)
        self._lease = memory.lease
        self._forfeited, self._released = memory.forfeited, memory.released
        self._in_force = memory.lease.session > memory.forfeited
        self.keep_time()

    def deadline(self) -> float | None:
        """Return when `keep_time` must be called next (boot-time seconds)."""
        if self._in_force:
            return self._trim if self._trim is not None else self._lease.until
        return self._again if self._surviving else None

    def keep_time(self) -> None:
        """Do what is due by now: let go, wind up once more, kill once more."""
        now = self._clock()
        if self._in_force:
            self._keep_lease(now)
        elif self._surviving and now >= self._again:
            self._finish(self._surviving)

    def introduce(self) -> Object:
        """Return what a daemon that just connected must know."""
        return {
            "event": "attached",
            "enforcement": self._enforcement.value,
            "released": self._released,
        }

    def answer(self, request: Request) -> Object | None:
        """Carry out a request; None when nothing is answered."""
        match request:
            case Attach():
                return self.introduce()
            case End():
                self._let_go()
                return None
            case Lease():
                self._renew(request)
                return None
            case Hold():
                return self._hold(request)
            case Release():
                return self._release(request)
            case AskStatus():
                return self._status()

    def removed(self, lost: Iterable[Hold]) -> None:
        """Record that these addresses are gone, and not by our doing."""
        gone = list(lost)
        self.events += [
            {"event": "lost", "resource": each.resource, "address": each.address.ip}
            for each in gone
        ]
        if gone:
            self._try_to_note(self._note)

    def _keep_lease(self, now: float) -> None:
        if now >= self._lease.until:
            self._observe_delay(now - self._lease.until)
            self._let_go()
        elif self._trim is not None and now >= self._trim:
            self._wind()

    def _renew(self, lease: Lease) -> None:
        now = self._clock()
        if lease.sent is not None:
            self._observe_delay(now - lease.sent)
        if lease.session <= self._forfeited:
            # We said that it is over; somebody else may hold everything by now.
            self._say_released()
            return
        if lease.session < self._lease.session:
            return
        if lease.session > self._lease.session and self._in_force:
            # What the former session held may belong to another node already.
            self._let_go()
        now = self._clock()
        changed = (lease.session, lease.exclusive) != (
            self._lease.session,
            self._lease.exclusive,
        )
        was_late = self._in_force and now >= self._lease.until
        self._lease = lease
        self._in_force = True
        self._surviving = ()  # The daemon may act again; it decides about them.
        if lease.until <= now:
            self._let_go()
            return
        self._statistics.renewals += 1
        self._statistics.late_renewals += was_late
        self._wind()
        self._try_to_note(self._note_deadline)
        if changed:
            self._try_to_note(self._note)

    def _wind(self) -> None:
        """Wind up what the kernel has of us; let go if that came too late."""
        started = self._clock()
        self.removed(self._grip.renew(self._lease.until))
        now = self._clock()
        spent = now - started
        self._statistics.worst_renewal = max(self._statistics.worst_renewal, spent)
        if now >= self._lease.until:
            self._let_go()
        else:
            self._trim = self._grip.trim_at(self._lease.until)

    def _hold(self, wanted: Hold) -> Object:
        until = self._lease.until if self._in_force else 0.0
        try:
            self._grip.check(wanted, until)
            # Noted first: an address that is up and not noted would outlive us.
            self._note(wanted)
            self._grip.hold(wanted, until)
        except Refused as refusal:
            self._try_to_note(self._note)
            return {"ok": False, "reason": str(refusal)}
        except OSError as error:
            return {"ok": False, "reason": f"cannot remember it: {error.strerror}"}
        return _OK

    def _release(self, unwanted: Release) -> Object:
        try:
            self._grip.release(unwanted.ip)
        except OSError as error:
            return {"ok": False, "reason": f"{unwanted.ip}: {error.strerror}"}
        finally:
            self._try_to_note(self._note)
        return _OK

    def _let_go(self) -> None:
        """End everything: addresses, then processes, then word to the daemon."""
        self._in_force = False
        self._trim = None
        self._forfeited = max(self._forfeited, self._lease.session)
        self._statistics.releases += 1
        stuck = [each.resource for each in self._grip.let_go()]
        doomed = [
            instance
            for instance, release in self._lease.exclusive.items()
            if release == "process"
        ]
        self._finish(doomed, stuck)
        self._lease = replace(self._lease, exclusive={})
        self._try_to_note(self._note)

    def _finish(self, doomed: Iterable[str], stuck: Iterable[str] = ()) -> None:
        """Kill, then say whether anything is left."""
        self._surviving = tuple(self._kill(doomed))
        self._again = self._clock() + AGAIN
        left = [*stuck, *self._surviving]
        if left:
            self.events.append({"event": "stuck", "resources": left})
        else:
            self._released = self._forfeited
            self._say_released()

    def _say_released(self) -> None:
        if self._released:
            released = {"event": "released", "at": self._clock()}
            self.events.append({**released, "session": self._released})

    def _note(self, *wanted: Hold) -> None:
        held = {each.address.ip: each for each in (*self._grip.held, *wanted)}
        self._diary.note(
            Memory(
                held=tuple(held.values()),
                lease=self._lease,
                forfeited=self._forfeited,
                released=self._released,
            )
        )

    def _note_deadline(self) -> None:
        self._diary.note_deadline(self._lease.until)

    def _try_to_note(self, note: Callable[[], None]) -> None:
        """Note what has already happened: a full disk must not stop us here."""
        try:
            note()
        except OSError as error:
            text = f"a new guard would not know what is held: {error.strerror}"
            self.events.append({"event": "trouble", "text": text})

    def _observe_delay(self, delay: float) -> None:
        self._statistics.worst_delay = max(self._statistics.worst_delay, delay)

    def _status(self) -> Object:
        statistics = self._statistics
        return {
            "ok": True,
            "enforcement": self._enforcement.value,
            "in_force": self._in_force,
            "session": self._lease.session,
            "released": self._released,
            "until": self._lease.until,
            "remaining": self._lease.until - self._clock(),
            "held": [
                {
                    "resource": each.resource,
                    "address": each.address.ip,
                    "prefix": each.address.prefix,
                    "nic": each.address.nic,
                }
                for each in self._grip.held
            ],
            "exclusive": dict(self._lease.exclusive),
            "surviving": list(self._surviving),
            "renewals": statistics.renewals,
            "late_renewals": statistics.late_renewals,
            "releases": statistics.releases,
            "worst_delay_s": statistics.worst_delay,
            "worst_renewal_s": statistics.worst_renewal,
        }
