"""Namespaces: as root, or as root of a user namespace of one's own."""

import os
import subprocess
import sys
from typing import NoReturn

MARK = "CLUSTERD_DEMO_IN_USER_NAMESPACE"
_LAB_NEEDS = ("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork")
_OWN_ROOT = ("unshare", "--user", "--map-root-user")


def ensure(words: list[str]) -> None:
    """Return if this process may build the lab; else run the demo where it may.

    Ends with status 1 and a hint when the kernel permits neither.
    """
    if os.geteuid() == 0 and _works(*_LAB_NEEDS):
        return
    if MARK not in os.environ and _works(*_OWN_ROOT, *_LAB_NEEDS):
        command = [*_OWN_ROOT, sys.executable, "-m", "tests.lab.demo", *words]
        os.execvpe(command[0], command, {**os.environ, MARK: "1"})  # noqa: S606  # To become it is the purpose.
    _give_up()


def is_borrowed() -> bool:
    """Tell whether root is that of a user namespace."""
    return MARK in os.environ


def _works(*words: str) -> bool:
    done = subprocess.run([*words, "true"], capture_output=True, check=False)
    return done.returncode == 0


def _give_up() -> NoReturn:
    sys.exit(
        "the demo builds hosts out of namespaces, and this kernel does not let this "
        "user do so\n"
        "hint: run it as root (in a container: with CAP_SYS_ADMIN and CAP_NET_ADMIN), "
        "or permit user namespaces:\n"
        "      sysctl kernel.unprivileged_userns_clone=1 "
        "kernel.apparmor_restrict_unprivileged_userns=0"
    )
