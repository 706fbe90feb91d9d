"""A runner of one's own, and a daemon's end of its socket that waits for answers."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from clusterd.host.runner_protocol import (
    LINE_MAX,
    Answer,
    Exited,
    Hello,
    Message,
    Noticed,
    Order,
    Run,
    Trouble,
    decode,
    encode,
)

PATIENCE = 20.0
"""Seconds before a missing answer fails a test: far beyond any real one."""

Wanted = TypeVar("Wanted", bound=Message)


class Daemon:
    """One connection; what it heard and nobody asked for yet is kept."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rb")
        self._heard: list[Message] = []
        self.hello = self.expect(Hello)

    def say(self, order: Order | Answer) -> None:
        """Send one line."""
        self._socket.sendall(encode(order))

    def say_raw(self, line: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(line)

    def expect(self, kind: type[Wanted], **facts: object) -> Wanted:
        """Return the next message of this type whose fields have these values."""
        while True:
            for message in self._heard:
                if isinstance(message, kind) and all(
                    getattr(message, name) == value for name, value in facts.items()
                ):
                    self._heard.remove(message)
                    return message
            line = self._stream.readline(LINE_MAX)
            assert line, f"the runner hung up before {kind.__name__} {facts}"
            self._heard.append(decode(line))

    def run(self, order: Run) -> Exited:
        """Run an agent and wait for its end."""
        self.say(order)
        return self.expect(Exited, run=order.run)

    def heard(self) -> list[Message]:
        """Return what came unasked, up to an answer asked for now."""
        self.say_raw(b'{"is":"nothing"}\n')
        self.expect(Trouble)
        return list(self._heard)

    def notices(self) -> list[Noticed]:
        """Return the unasked notices."""
        return [each for each in self.heard() if isinstance(each, Noticed)]

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()


@dataclass
class RunnerProcess:
    """A runner and its folder; `agent` writes one into it."""

    folder: Path
    options: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _daemons: list[Daemon] = field(default_factory=list, repr=False)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "runner.sock"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [sys.executable, "-m", "clusterd.runner"]
        paths = ("--socket", self.socket, "--scratch", self.folder / "scratch")
        words = [*self.prefix, *command, *map(str, paths), *self.options]
        self._process = subprocess.Popen(words)
        with contextlib.closing(self._first()):
            pass

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wait(self) -> int:
        """Return its exit status once it ended."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def connect(self) -> Daemon:
        """Be the daemon from now on."""
        self._daemons.append(Daemon(self.socket))
        return self._daemons[-1]

    def agent(self, name: str, text: str, *, mode: int = 0o755) -> Path:
        """Write an agent; a text without a first line `#!` becomes a shell script."""
        file = self.folder / name
        file.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
        file.chmod(mode)
        return file

    def close(self) -> None:
        """Hang up and end it."""
        for daemon in self._daemons:
            daemon.close()
        self.kill()

    def _first(self) -> Daemon:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return Daemon(self.socket)
            except (ConnectionRefusedError, FileNotFoundError):
                assert time.monotonic() < give_up, "the runner does not listen"
                time.sleep(0.01)


@contextlib.contextmanager
def a_runner(
    folder: Path, *options: str, prefix: tuple[str, ...] = ()
) -> Iterator[RunnerProcess]:
    """Start a runner, by `prefix` if given, and end it afterwards."""
    runner = RunnerProcess(folder, options, prefix)
    try:
        runner.start()
        yield runner
    finally:
        runner.close()


def order(file: Path, action: str = "monitor", run: str = "r1", **more: object) -> Run:
    """Return an order to run `file`, with `environment`, `timeout` ... as given."""
    facts = {"instance": "vip", "timeout": 10.0, "environment": {}} | more
    environment = facts.pop("environment")
    assert isinstance(environment, Mapping)
    return Run(run=run, argv=(str(file), action), environment=environment, **facts)  # type: ignore[arg-type]  # Named by the tests.
