"""Python agents without the start of an interpreter (D13).

This process has imported the agents' kit. An agent written on it is run in a fork
of this process instead of a new interpreter: same arguments, environment, stdio,
process group, exit code, traceback. Agents that do not name `python3` in their
first line, or do not use the kit, are executed as they are; so is everything when
the kit on disk is no longer the one imported here (an upgrade).
"""

import atexit
import builtins
import gc
import importlib
import importlib.util
import io
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from clusterd.host.process import is_python_on

_SCRIPT_MAX = 1 << 20
"""Bytes of an agent that are looked at; larger ones are executed as they are."""
_KNOWN_MAX = 256


@dataclass(frozen=True, slots=True)
class Start:
    """How to start an agent: exec `argv`, or run `body` in the new process."""

    argv: Sequence[str]
    body: Callable[[], NoReturn] | None = None


class WarmStart:
    """Decides how an agent is started."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._imported = _import_all(package) if package else {}
        self._known: dict[tuple[str, int, int], bool] = {}
        # What is alive now stays for ever: later collections, also those in the
        # forks, do not touch (and so do not copy) its memory.
        gc.collect()
        gc.freeze()

    def choose(self, argv: Sequence[str], environment: Mapping[str, str]) -> Start:
        """Return how to start `argv`; never raises, a bad file is exec's to refuse."""
        script = Path(argv[0])
        if not self._package or not self._is_ours(script):
            return Start(argv)
        if not self._is_fresh():
            return Start((sys.executable, *argv))
        return Start(argv, partial(_become_agent, argv, environment))

    def _is_ours(self, script: Path) -> bool:
        try:
            stat = script.stat()
            if not os.access(script, os.X_OK) or stat.st_size > _SCRIPT_MAX:
                return False
            key = (str(script), stat.st_mtime_ns, stat.st_size)
            if key not in self._known:
                if len(self._known) >= _KNOWN_MAX:
                    self._known.clear()
                self._known[key] = is_python_on(self._package, script.read_bytes())
            return self._known[key]
        except OSError:
            return False

    def _is_fresh(self) -> bool:
        """Tell whether the imported files are still those on disk."""
        return bool(self._imported) and all(
            _changed_at(file) == stamp for file, stamp in self._imported.items()
        )


def _import_all(package: str) -> dict[str, int | None]:
    """Import a package with all its modules; return when their files changed last."""
    try:
        root = importlib.import_module(package)
        names = [
            each.name for each in pkgutil.walk_packages(root.__path__, f"{package}.")
        ]
        modules = [root, *map(importlib.import_module, names)]
    except ImportError:
        return {}
    files = [each.__file__ for each in modules if each.__file__]
    return {file: _changed_at(file) for file in files}


def _changed_at(file: str) -> int | None:
    try:
        return Path(file).stat().st_mtime_ns
    except OSError:
        return None


def _become_agent(argv: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Be a fresh interpreter that runs `argv`; never return."""
    status = 1
    try:
        _look_fresh(argv, environment)
        status = _run(argv[0])
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()  # noqa: SLF001  # What multiprocessing does, too.
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _look_fresh(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = argv
    sys.path[0] = str(Path(argv[0]).resolve().parent)
    sys.stdin = _stream(0, "r", "surrogateescape")
    sys.stdout = _stream(1, "w", "surrogateescape")
    sys.stderr = _stream(2, "w", "backslashreplace")
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, f"__{name}__", getattr(sys, name))
    with open("/proc/self/comm", "w", encoding="utf-8") as comm:  # noqa: PTH123  # Not a regular file.
        comm.write(Path(argv[0]).name)


def _stream(descriptor: int, mode: str, errors: str) -> io.TextIOWrapper:
    binary = open(descriptor, f"{mode}b", closefd=False)  # noqa: SIM115  # Open for life.
    return io.TextIOWrapper(
        binary, encoding="utf-8", errors=errors, line_buffering=descriptor == 2
    )


def _run(script: str) -> int:
    module = ModuleType("__main__")
    vars(module).update(__file__=script, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = module
    try:
        code = compile(Path(script).read_bytes(), script, "exec", dont_inherit=True)
        exec(code, vars(module))  # noqa: S102  # Running a program is the purpose.
    except SystemExit as end:
        return _status(end.code)
    except BaseException as fault:  # noqa: BLE001  # As an interpreter at its end.
        inner = fault.__traceback__.tb_next if fault.__traceback__ else None
        sys.excepthook(type(fault), fault.with_traceback(inner), inner)
        if isinstance(fault, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return 1
    return 0


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1
