"""Where a program is, if it is installed."""

import os

SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Runners are free to give a PATH without the system's programs."""


def find_program(name: str) -> str | None:
    """Return the path of an executable: a path as it is, a name from PATH.

    The directories of system programs are searched even if PATH lacks them.
    """
    if "/" in name:
        return name if os.access(name, os.X_OK) else None
    for directory in f"{os.environ.get('PATH', '')}:{SEARCH}".split(":"):
        path = f"{directory}/{name}"
        if directory and os.access(path, os.X_OK) and not os.path.isdir(path):  # noqa: PTH112  # pathlib costs 9 ms.
            return path
    return None
