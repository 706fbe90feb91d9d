"""All chance of a run, from one seed."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededDice:
    """One stream of chance; streams of different names do not disturb each other.

    Calling it makes it the `Dice` of a node.
    """

    def __init__(self, seed: int, name: str) -> None:
        # A text as seed is hashed by SHA-512: the same on every machine.
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311  # Reproducible.

    def __call__(self, sides: int) -> int:
        """Return an integer in [0, sides)."""
        return self._random.randrange(sides)

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high]."""
        return low + (high - low) * self._random.random()

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._random.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self._random.randrange(len(choices))]

    def weighted(self, choices: Sequence[tuple[int, T]]) -> T:
        """Return one of the choices, each as often as its weight says."""
        left = self._random.randrange(sum(weight for weight, _ in choices))
        for weight, choice in choices:
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("weights add up to more than their parts")

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Return `count` different ones of the choices, in any order."""
        return self._random.sample(choices, count)
