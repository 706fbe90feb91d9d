"""What waits to be sent to one peer: bounded, and never a reason to wait.

Heartbeats: the newest says all, so a full box loses its oldest. Consensus: later
messages build on earlier ones, so a full box takes no more; Raft sends again.
"""

import asyncio
from collections import deque
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class Overflow(Enum):
    """Which item a full mailbox loses."""

    OLDEST = "oldest"
    NEWEST = "newest"


class Mailbox(Generic[T]):
    """A bounded queue with one reader."""

    def __init__(self, *, items: int, weight: int, overflow: Overflow) -> None:
        self._limit_items = items
        self._limit_weight = weight
        self._overflow = overflow
        self._waiting: deque[tuple[T, int]] = deque()
        self._weight = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Return how many items wait."""
        return len(self._waiting)

    def put(self, item: T, weight: int = 0) -> int:
        """Add an item of `weight` bytes; return how many items were lost for it."""
        lost = 0
        while self._is_full(weight) and self._waiting:
            if self._overflow is Overflow.NEWEST:
                return 1
            self._pop()
            lost += 1
        self._waiting.append((item, weight))
        self._weight += weight
        self._filled.set()
        return lost

    async def take(self, weight: int) -> list[T]:
        """Wait for an item; return it and more in order, up to `weight` bytes."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        taken = [self._waiting[0][0]]
        room = weight - self._pop()
        while self._waiting and self._waiting[0][1] <= room:
            taken.append(self._waiting[0][0])
            room -= self._pop()
        return taken

    def clear(self) -> int:
        """Throw everything away; return how many items that were."""
        lost = len(self._waiting)
        self._waiting.clear()
        self._weight = 0
        return lost

    def _is_full(self, weight: int) -> bool:
        return (
            len(self._waiting) >= self._limit_items
            or self._weight + weight > self._limit_weight
        )

    def _pop(self) -> int:
        _, weight = self._waiting.popleft()
        self._weight -= weight
        return weight
