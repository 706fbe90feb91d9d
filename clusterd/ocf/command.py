"""Run a short command and read what it says, within a time."""

import subprocess

from clusterd.ocf.faults import Failed

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Sequence


class Result:
    """How a command ended: its exit status and all it wrote, decoded."""

    def __init__(self, status: int, output: str) -> None:
        self.status = status
        self.output = output


def run_command(argv: "Sequence[str]", seconds: float) -> Result:
    """Run a command without input; raises Failed after `seconds`.

    A status below zero is the number of the signal that killed it.
    """
    try:
        done = subprocess.run(  # noqa: S603  # No shell; the agent chose the program.
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"`{argv[0]}` did not end within {seconds:.0f} s") from None
    return Result(done.returncode, done.stdout.decode(errors="replace"))
