"""The client: a new HTTP request every 10 ms, whatever happened to the last one.

Runs inside the client host: `python probe.py ADDRESS PORT`. Prints one
line a request: start and end (boot-time seconds) and `ok`, or why not. Also how
late it was itself: a probe that starves proves nothing.
"""

import errno
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

PERIOD = 0.010
LIMIT = 0.200
_REQUEST = b"GET / HTTP/1.0\r\nHost: vip\r\n\r\n"


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True)
class _Try:
    channel: socket.socket
    started: float
    is_sent: bool = False
    heard: bytearray = field(default_factory=bytearray)


class _Probe:
    def __init__(self, address: str, port: int) -> None:
        self._target = (address, port)
        self._selector = selectors.DefaultSelector()
        self._open: list[_Try] = []

    def run(self) -> None:
        due = _now()
        while True:
            now = _now()
            if now >= due:
                if now - due > PERIOD:
                    _say(f"late {due:.4f} {now - due:.4f}")
                due = max(due + PERIOD, now)
                self._begin(now)
            for key, _ in self._selector.select(max(0.0, due - _now())):
                self._go_on(key.data)
            self._give_up(_now() - LIMIT)

    def _begin(self, now: float) -> None:
        channel = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        channel.setblocking(False)
        attempt = _Try(channel, now)
        code = channel.connect_ex(self._target)
        if code not in (0, errno.EINPROGRESS):
            self._end(attempt, errno.errorcode.get(code, str(code)))
            return
        self._open.append(attempt)
        self._selector.register(channel, selectors.EVENT_WRITE, attempt)

    def _go_on(self, attempt: _Try) -> None:
        try:
            if not attempt.is_sent:
                attempt.channel.send(_REQUEST)
                attempt.is_sent = True
                self._selector.modify(attempt.channel, selectors.EVENT_READ, attempt)
                return
            data = attempt.channel.recv(4096)
        except OSError as error:
            self._end(attempt, errno.errorcode.get(error.errno or 0, "error"))
            return
        attempt.heard += data
        if b"\r\n" in attempt.heard or not data:
            status = bytes(attempt.heard.split(b"\r\n", 1)[0])
            is_ok = status.startswith(b"HTTP/1.") and b" 200 " in status + b" "
            self._end(attempt, "ok" if is_ok else f"bad:{status[:20]!r}")

    def _give_up(self, before: float) -> None:
        while self._open and self._open[0].started < before:
            self._end(self._open[0], "timeout")

    def _end(self, attempt: _Try, verdict: str) -> None:
        if attempt in self._open:
            self._open.remove(attempt)
            self._selector.unregister(attempt.channel)
        attempt.channel.close()
        _say(f"{attempt.started:.4f} {_now():.4f} {verdict.replace(' ', '_')}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _Probe(sys.argv[1], int(sys.argv[2])).run()
