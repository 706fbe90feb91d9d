"""What the runner asked for: action, instance, limits and directories."""

import os
import time

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Mapping

RESKEY = "OCF_RESKEY_"
META = "OCF_RESKEY_CRM_meta_"
DEFAULT_TIMEOUT = 20.0
"""Seconds; what every runner grants an operation without its own limit."""


class Call:
    """One call of an agent, as its environment tells it.

    Times are seconds. `deadline` is an instant on the monotonic clock: the runner
    kills the agent then, without a warning.
    """

    def __init__(self, action: str, environment: "Mapping[str, str]") -> None:
        self.action = action
        self.environment = environment
        self.instance = environment.get("OCF_RESOURCE_INSTANCE", "") or "default"
        self.timeout = _milliseconds(environment, "timeout") or DEFAULT_TIMEOUT
        self.interval = _milliseconds(environment, "interval")
        self.check_level = _whole(environment.get("OCF_CHECK_LEVEL", ""))
        self.deadline = time.monotonic() + self.timeout

    @property
    def is_probe(self) -> bool:
        """Whether this monitor only asks for the state and expects nothing.

        Unset and 0 mean the same: Pacemaker does the first, its shell library
        the second.
        """
        return self.action == "monitor" and self.interval == 0

    @property
    def directory(self) -> str:
        """Where state lives that a reboot must forget (HA_RSCTMP)."""
        return self.environment.get("HA_RSCTMP", "") or "/run/resource-agents"

    def remaining(self, *, reserve: float = 0.0) -> float:
        """Return the seconds left before the runner's limit, less `reserve`; >= 0."""
        return max(0.0, self.deadline - time.monotonic() - reserve)

    def meta(self, name: str) -> str:
        """Return a meta attribute (`on_node`, `clone_max`); empty if unset."""
        return self.environment.get(META + name, "")

    def file(self, suffix: str) -> str:
        """Return the path of this instance's own state file, in a folder that exists.

        A resource may be named with a slash, a file may not.
        """
        os.makedirs(self.directory, mode=0o755, exist_ok=True)  # noqa: PTH103  # pathlib costs 9 ms.
        return f"{self.directory}/{self.instance.replace('/', '_')}.{suffix}"


def _milliseconds(environment: "Mapping[str, str]", name: str) -> float:
    text = environment.get(META + name, "")
    try:
        return max(0.0, int(text or "0") / 1000)
    except ValueError:
        return 0.0


def _whole(text: str) -> int:
    try:
        return int(text or "0")
    except ValueError:
        return 0
