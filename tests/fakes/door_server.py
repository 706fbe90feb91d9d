"""The fake daemon behind a real socket, in a thread of the test's process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from clusterd.api.service import LocalService
from tests.fakes.door import FakeDoor

T = TypeVar("T")


class DoorServer:
    """Serves a FakeDoor at `path`; what touches the door goes through `on_loop`."""

    def __init__(self, door: FakeDoor, path: str) -> None:
        self.door = door
        self.path = path
        self.faults: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def on_loop(self, work: Callable[[], T]) -> T:
        """Run `work` between two steps of the service and return its result."""

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    @contextmanager
    def serving(self) -> Iterator["DoorServer"]:
        """Serve until the block ends."""
        self._thread.start()
        service = LocalService(self.door, on_fault=self._on_fault)
        starting = asyncio.run_coroutine_threadsafe(
            service.start(self.path), self._loop
        )
        try:
            starting.result(10)
            yield self
        finally:
            closing = asyncio.run_coroutine_threadsafe(service.close(), self._loop)
            closing.result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def _on_fault(self, what: str, error: BaseException) -> None:
        self.faults.append(f"{what}: {error!r}")
