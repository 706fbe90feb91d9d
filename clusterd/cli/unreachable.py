"""Why nobody answers: what systemd knows of the daemon, if systemd is here."""

import dataclasses
import shutil
import subprocess

from clusterd.api.protocol import Fault

_SECONDS = 0.5
_PROPERTIES = ("LoadState", "ActiveState", "SubState", "Result")


def explained(fault: Fault) -> Fault:
    """Return the fault with the state of clusterd.service in its text."""
    known = _service()
    if not known or known.get("LoadState") != "loaded":
        return fault
    state = f"clusterd.service is {known['ActiveState']} ({known['SubState']})"
    if known.get("Result") not in (None, "", "success"):
        state = f"{state}, last result: {known['Result']}"
    return dataclasses.replace(fault, text=f"{fault.text}; {state}")


def _service() -> dict[str, str]:
    """Return properties of the unit; empty when systemd cannot be asked."""
    program = shutil.which("systemctl")
    if program is None:
        return {}
    wanted = ",".join(_PROPERTIES)
    command = [program, "show", "clusterd.service", "--property", wanted]
    try:
        done = subprocess.run(  # noqa: S603  # Fixed words.
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    pairs = (each.partition("=") for each in done.stdout.splitlines())
    found = {key: value for key, _, value in pairs}
    return found if all(found.get(each) is not None for each in _PROPERTIES) else {}
