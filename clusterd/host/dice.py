"""Randomness from the system."""

import secrets


def system_dice(sides: int) -> int:
    """Return an integer in [0, sides) that nobody can foresee."""
    return secrets.randbelow(sides)
