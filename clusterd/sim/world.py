"""Virtual time: what happens next, in order, without waiting for it."""

import heapq
from collections.abc import Callable

Happening = Callable[[], None]


class World:
    """The queue of everything that is going to happen. `now` is real seconds.

    Real time is known to the world alone; machines see it through their clocks.
    What is due at the same instant happens in the order in which it was planned.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.count = 0
        self._queue: list[tuple[float, int, Happening]] = []
        self._planned = 0

    def at(self, instant: float, what: Happening) -> None:
        """Let `what` happen at `instant`, or now if that is over."""
        self._planned += 1
        heapq.heappush(self._queue, (max(instant, self.now), self._planned, what))

    def after(self, delay: float, what: Happening) -> None:
        """Let `what` happen in `delay` seconds."""
        self.at(self.now + delay, what)

    def run(self, until: float) -> None:
        """Let everything happen that is due by `until`."""
        queue = self._queue
        while queue and queue[0][0] <= until:
            self.now, _, what = heapq.heappop(queue)
            self.count += 1
            what()
        self.now = max(self.now, until)
