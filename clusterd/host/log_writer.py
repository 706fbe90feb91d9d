"""Saves for an event loop: a thread that syncs, and tells which tickets are safe.

What was queued while one sync ran goes into the next transaction together (group
commit): the more there is to do, the cheaper each save. The first failure is the
last word: nothing is written after it, because a failed sync may have lost what
an earlier one promised. The caller ends the process.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from clusterd.host.log_store import LogStore, Save
from clusterd.host.storage_fault import StorageBroken, StorageFault

_Job: TypeAlias = tuple[int, Save]

BATCH_MAX = 256
"""Saves in one transaction."""


class LogWriter:
    """Owns the store from here on; make it inside the running loop.

    `on_saved(tickets)` is called in the loop, in the order of the saves;
    `on_failed(fault)` at most once, and then no `on_saved` any more.
    """

    def __init__(
        self,
        store: LogStore,
        on_saved: Callable[[tuple[int, ...]], None],
        on_failed: Callable[[StorageFault], None],
    ) -> None:
        self._store = store
        self._on_saved = on_saved
        self._on_failed = on_failed
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._run, name="log-writer", daemon=True
        )
        self._thread.start()

    def save(self, ticket: int, save: Save) -> None:
        """Queue a save; never waits. After a failure it is refused silently."""
        self._jobs.put((ticket, save))

    async def close(self) -> None:
        """Write what is queued, then close the store."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            while self._write_batch(self._next_batch()):
                pass
        except StorageFault as fault:
            self._tell(partial(self._on_failed, fault))
        except BaseException as error:
            # A bug of ours: it must end the process as well, not hang it.
            bug = StorageBroken(self._store.path, repr(error), hint="report this")
            self._tell(partial(self._on_failed, bug))
            raise
        finally:
            with contextlib.suppress(StorageFault):
                self._store.close()

    def _next_batch(self) -> list[_Job | None]:
        """Wait for a job and take all that are there."""
        batch = [self._jobs.get()]
        with contextlib.suppress(queue.Empty):
            while len(batch) < BATCH_MAX:
                batch.append(self._jobs.get_nowait())
        return batch

    def _write_batch(self, batch: list[_Job | None]) -> bool:
        """Write what comes before the end mark; False when that was there."""
        jobs = [each for each in batch if each is not None]
        if jobs:
            self._store.save_all([save for _, save in jobs])
            tickets = tuple(ticket for ticket, _ in jobs)
            self._tell(partial(self._on_saved, tickets))
        return len(jobs) == len(batch)

    def _tell(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody asks.
            self._loop.call_soon_threadsafe(call)
