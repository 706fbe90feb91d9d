"""Make this checkout ready to run; only the standard library is needed.

`python scripts/prepare.py run|dev`: the virtual environment `.venv` with this
project installed in it (`dev`: with its tests' tools), and the Debian packages the
lab needs. What is there already is left alone, so a second run takes a moment.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "prepared"

PROGRAMS = {
    "haproxy": "haproxy",
    "ip": "iproute2",
    "bridge": "iproute2",
    "nft": "nftables",
    "pgrep": "procps",
    "nsenter": "util-linux",
}
"""What the lab calls, and the Debian package that has it."""
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SOURCES = ("clusterd", "resource_agents")
FREEDOM = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def main() -> None:
    """Prepare for `run` or `dev`."""
    if sys.argv[1:] not in (["run"], ["dev"]):
        _give_up("usage: scripts/prepare run|dev", status=64)
    extras = "[dev]" if sys.argv[1] == "dev" else ""
    folder = os.open(ROOT / "scripts", os.O_RDONLY)
    try:
        # Two at once would fight over one environment; the second one waits.
        fcntl.flock(folder, fcntl.LOCK_EX)
        _debian_packages()
        _environment()
        _install(extras)
    finally:
        os.close(folder)


def _debian_packages() -> None:
    missing = sorted(
        {
            package
            for program, package in PROGRAMS.items()
            if shutil.which(program, path=SYSTEM_PATH) is None
        }
    )
    if not missing:
        return
    words = " ".join(missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        _give_up(
            f"missing here: {words} (Debian packages; installing them needs root "
            f"and apt-get)\nhint: sudo apt-get install {words}"
        )
    _say(f"installing Debian packages: {words}")
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *missing)


def _apt(*words: str) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _call(["apt-get", "--quiet", "--quiet", *words], quiet)


def _environment() -> None:
    python = VENV / "bin/python"
    if python.exists() and _answers(python, "-m", "pip", "--version"):
        return
    _say(f"making the virtual environment .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    if not _answers(sys.executable, "-c", "import ensurepip"):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            _give_up(f"Python has no venv here\nhint: sudo apt-get install {package}")
        _say(f"installing the Debian package {package}")
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", package)
    _call([sys.executable, "-m", "venv", str(VENV)])


def _install(extras: str) -> None:
    """Install what has changed: everything, this project alone, or nothing."""
    wanted = _digest([ROOT / "pyproject.toml"]), _digest(_sources())
    old = STAMP.read_text().split() if STAMP.exists() else []
    old_extras = "[dev]" if "dev" in old[2:] else ""
    if old[:2] == list(wanted) and extras in ("", old_extras):
        return
    # A build takes along what an older one left there.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    pip = [str(VENV / "bin/python"), "-m", "pip", "install", "-qq"]
    if old[:1] == [wanted[0]] and extras in ("", old_extras):
        _say("installing clusterd anew: its sources changed")
        _call([*pip, "--no-deps", "--force-reinstall", str(ROOT)], FREEDOM)
    else:
        extras = extras or old_extras
        words = "clusterd and its tests' tools" if extras else "clusterd"
        _say(f"installing {words} into .venv (the first time takes a minute)")
        _call([*pip, "--upgrade", "pip", "setuptools"], FREEDOM)
        _call([*pip, f"{ROOT}{extras}"], FREEDOM)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    STAMP.write_text(" ".join([*wanted, "dev" if extras or old_extras else "run"]))


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(paths: Iterator[Path] | Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_mode}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _answers(*words: str | Path) -> bool:
    done = subprocess.run([str(word) for word in words], capture_output=True)  # noqa: S603, PLW1510  # Our own words; a failure is the answer.
    return done.returncode == 0


def _call(words: Sequence[str], extra: dict[str, str] | None = None) -> None:
    """Run a program with its talk on stderr; end if it fails."""
    done = subprocess.run(  # noqa: S603  # Our own words.
        words,
        env={**os.environ, **(extra or {})},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        _give_up(f"failed with status {done.returncode}: {' '.join(words)}")


def _say(text: str) -> None:
    sys.stderr.write(f"prepare: {text}\n")
    sys.stderr.flush()


def _give_up(text: str, status: int = 1) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
