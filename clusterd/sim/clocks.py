"""What each machine believes the time is."""

WALL_EPOCH = 1_700_000_000.0
"""Wall time at the beginning of every run (seconds since 1970)."""


class Clock:
    """The boot-time clock of one machine since one boot, and its wall clock.

    `rate` is how fast it runs (1 is right). Boot-time clocks of two machines have
    nothing in common; `wall_error` is how far the wall clock is off (seconds).
    """

    def __init__(self, booted: float, rate: float, wall_error: float) -> None:
        self._booted = booted
        self.rate = rate
        self.wall_error = wall_error

    def boot_time(self, real: float) -> float:
        """Return what the boot-time clock shows at this real instant."""
        return (real - self._booted) * self.rate

    def real(self, boot_time: float) -> float:
        """Return the real instant at which the boot-time clock shows this."""
        return self._booted + boot_time / self.rate

    def wall(self, real: float) -> float:
        """Return what the wall clock shows at this real instant."""
        return WALL_EPOCH + real + self.wall_error
