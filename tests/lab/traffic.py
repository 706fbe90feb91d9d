"""What the client saw: requests, outages."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.lab.host import Host


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: start and end in boot-time seconds, and whether it succeeded."""

    start: float
    end: float
    is_ok: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """The longest time without service, and how many requests failed in all.

    `seconds`: from the start of the first request that failed to the start of
    the first one that succeeded again.
    """

    seconds: float
    failed: int


class Traffic:
    """Runs the probe inside the client and collects its lines."""

    def __init__(self, client: Host, address: str, port: int) -> None:
        """Start probing at once."""
        self._client = client
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self.worst_lateness = 0.0
        program = str(Path(__file__).with_name("probe.py"))
        command = [*client.entrance(), sys.executable, program]
        self._process = subprocess.Popen(
            [*command, address, str(port)],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End the probe: by its own host, since nsenter's child outlives nsenter."""
        self._client.run(["pkill", "-KILL", "-f", "probe.py"], check=False)
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def since(self, start: float) -> list[Seen]:
        """Return the requests that began at or after `start`, in order of starting."""
        with self._lock:
            found = [each for each in self._seen if each.start >= start]
        return sorted(found, key=lambda each: each.start)

    def is_served(self, since: float, successes: int = 20) -> bool:
        """Tell whether the newest requests since then all succeeded."""
        newest = self.since(since)[-successes:]
        return len(newest) == successes and all(each.is_ok for each in newest)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            words = line.split()
            if words[0] == "late":
                self.worst_lateness = max(self.worst_lateness, float(words[2]))
                continue
            seen = Seen(float(words[0]), float(words[1]), words[2] == "ok")
            with self._lock:
                self._seen.append(seen)


def outage(requests: list[Seen]) -> Outage:
    """Return the longest outage in these requests (ordered by start)."""
    worst = 0.0
    began: float | None = None
    for each in requests:
        if each.is_ok:
            if began is not None:
                worst = max(worst, each.start - began)
            began = None
        elif began is None:
            began = each.start
    if began is not None and requests:
        worst = max(worst, requests[-1].end - began)
    return Outage(worst, sum(not each.is_ok for each in requests))
