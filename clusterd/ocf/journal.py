"""What an agent tells: log lines and the exit reason, both on stderr.

The runner keeps stderr, so there is no second way into the log. A line begins with
its severity, as those of the shell library do.
"""

import sys

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Mapping


def log_info(text: str) -> None:
    """Say what was done."""
    _line("INFO", text)


def log_warning(text: str) -> None:
    """Say what somebody should look at."""
    _line("WARNING", text)


def log_error(text: str) -> None:
    """Say what failed."""
    _line("ERROR", text)


def exit_reason(text: str, environment: "Mapping[str, str]") -> None:
    """Tell the runner why the action fails; it shows this in the status.

    One line by definition: the rest of a longer text is joined to it.
    """
    prefix = environment.get("OCF_EXIT_REASON_PREFIX", "") or "ocf-exit-reason:"
    sys.stderr.write(prefix + " ".join(text.split()) + "\n")


def _line(severity: str, text: str) -> None:
    for line in text.splitlines():
        sys.stderr.write(f"{severity}: {line}\n")
