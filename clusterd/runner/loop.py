"""One thread that waits for descriptors and for the time, and for nothing else."""

import heapq
import itertools
import selectors
import signal
import socket
import time
from collections.abc import Callable


class Timer:
    """A call that is still to come, unless it is cancelled."""

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Make sure that it does not happen; also right after it did."""
        self.callback = None


class Loop:
    """Calls back when a descriptor is ready or a timer is due."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._is_running = False

    def on_readable(self, descriptor: int, callback: Callable[[], object]) -> None:
        """Call back whenever there is something to read."""
        self._selector.register(descriptor, selectors.EVENT_READ, (callback, None))

    def on_ready(
        self,
        descriptor: int,
        readable: Callable[[], object],
        writable: Callable[[], object] | None,
    ) -> None:
        """Replace the callbacks of a registered descriptor."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        self._selector.modify(descriptor, events, (readable, writable))

    def forget(self, descriptor: int) -> None:
        """Call back no more; to be called before the descriptor is closed."""
        self._selector.unregister(descriptor)

    def after(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back once, `delay` seconds from now."""
        timer = Timer(callback)
        due = time.monotonic() + delay
        heapq.heappush(self._timers, (due, next(self._order), timer))
        return timer

    def on_terminate(self, callback: Callable[[], None]) -> None:
        """Call back at SIGTERM and SIGINT."""
        receiver, sender = socket.socketpair()
        receiver.settimeout(0.0)
        sender.settimeout(0.0)
        signal.set_wakeup_fd(sender.detach())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self.on_readable(receiver.detach(), callback)

    def stop(self) -> None:
        """Leave `run` after the present callback."""
        self._is_running = False

    def run(self) -> None:
        """Wait and call back until `stop`."""
        self._is_running = True
        while self._is_running:
            for key, events in self._selector.select(self._until_next()):
                self._call(key, events)
            self._call_due()

    def _call(self, key: selectors.SelectorKey, events: int) -> None:
        # An earlier callback of this round may have closed this descriptor, and a
        # new one may have got its number: then the key is no longer the same.
        if self._selector.get_map().get(key.fd) is not key:
            return
        readable, writable = key.data
        if events & selectors.EVENT_WRITE and writable is not None:
            writable()
        elif events & selectors.EVENT_READ:
            readable()

    def _until_next(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())

    def _call_due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, timer = heapq.heappop(self._timers)
            callback = timer.callback
            if callback is not None:
                timer.cancel()
                callback()
