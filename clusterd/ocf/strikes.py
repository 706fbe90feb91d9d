"""How many checks in a row were bad: a busy machine fails one, a dead service all."""

import os

from clusterd.ocf.agent import write_file
from clusterd.ocf.call import Call
from clusterd.ocf.faults import Degraded, Failed
from clusterd.ocf.process import read_text, remove


class Strikes:
    """Consecutive bad checks of this instance on this node."""

    def __init__(self, call: Call) -> None:
        self._path = call.file("strikes")

    def clear(self) -> None:
        """Count from zero: a check was good, or the service starts or stops."""
        remove(self._path)

    def bad(self, what: str, *, allowed: int) -> Degraded | Failed:
        """Count a bad check; return the fault to raise.

        Degraded for the first ones, Failed from the `allowed`-th on.
        """
        text = read_text(self._path).strip()
        count = 1 + (int(text) if text.isdigit() else 0)
        write_file(self._path, f"{count}\n")
        if count >= allowed:
            return Failed(f"{what}{_in_a_row(count)}{load()}")
        return Degraded(f"{what} (check {count} of {allowed}){load()}")


def load() -> str:
    """Tell the machine's load if it may be the reason for a late answer."""
    average, cores = os.getloadavg()[0], os.cpu_count() or 1
    return f"; load {average:.1f} on {cores} cores" if average > 2 * cores else ""


def _in_a_row(count: int) -> str:
    return f" ({count} times in a row)" if count > 1 else ""
