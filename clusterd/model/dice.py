"""Randomness as an argument."""

from typing import Protocol


class Dice(Protocol):
    """Supplies randomness: the system's in the daemon, a seed's in simulation."""

    def __call__(self, sides: int) -> int:
        """Return an integer in [0, sides)."""
        ...
