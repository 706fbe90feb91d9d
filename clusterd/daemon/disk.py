"""The log on disk as the node machine wants it: its values in, its values out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clusterd.host.log_store import LogStore, Record, Save
from clusterd.host.log_writer import LogWriter
from clusterd.host.storage_fault import CorruptedLog, StorageFault
from clusterd.node.effects import Persist
from clusterd.raft.entry import ConfState, HardState, Snapshot
from clusterd.raft.machine import Restored
from clusterd.wire import raft as wire

FOUNDER = 1
FIRST_TERM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLog:
    """The store, and what was in it."""

    store: LogStore
    restored: Restored


def begin_log(path: Path, state: bytes | None) -> None:
    """Make a new log: a founder's, whose first snapshot is `state`, or an empty one.

    What an earlier membership left there is removed first. Raises StorageFault.
    """
    for old in path.parent.glob(path.name + "*"):
        old.unlink()
    store = LogStore(path)
    try:
        if state is not None:
            snapshot = Snapshot(
                index=1,
                term=FIRST_TERM,
                conf_state=ConfState(voters=(FOUNDER,)),
                data=state,
            )
            hard_state = HardState(term=FIRST_TERM, vote=0, commit=1)
            store.save(_save(hard_state=hard_state, snapshot=snapshot))
    finally:
        store.close()


def open_log(path: Path) -> OpenLog:
    """Open the log and read all of it. Raises StorageFault."""
    store = LogStore(path, create=False)
    stored = store.load()
    if stored.cut is not None:
        # What was cut may have been acknowledged: voting without it could undo
        # a commit. Whoever lost entries comes back as a new member.
        place = f"entries {stored.cut.first} to {stored.cut.last}"
        raise CorruptedLog(path, place, "they cannot be read")
    snapshot = stored.snapshot
    return OpenLog(
        store=store,
        restored=Restored(
            hard_state=(
                HardState()
                if stored.hard_state is None
                else wire.hard_state_from_bytes(stored.hard_state)
            ),
            snapshot=(
                None if snapshot is None else wire.snapshot_from_bytes(snapshot.data)
            ),
            entries=tuple(wire.entry_from_bytes(e.data) for e in stored.entries),
        ),
    )


class LogDisk:
    """Fulfils `perform.Disk`. Make it inside the running loop."""

    def __init__(
        self,
        log: OpenLog,
        on_saved: Callable[[int], None],
        on_fault: Callable[[str], None],
    ) -> None:
        """Take over the store; its thread writes from here on."""
        self._on_saved = on_saved
        self._writer = LogWriter(
            log.store, self._saved, lambda fault: on_fault(_words(fault))
        )

    def save(self, persist: Persist) -> None:
        """Queue this for one durable transaction; never blocks."""
        self._writer.save(
            persist.ticket,
            _save(
                hard_state=persist.hard_state,
                snapshot=persist.snapshot,
                entries=tuple(
                    Record(index=e.index, data=wire.entry_to_bytes(e))
                    for e in persist.entries
                ),
                compact_to=persist.compact_to,
            ),
        )

    async def close(self) -> None:
        """Write what is queued and close the file."""
        await self._writer.close()

    def _saved(self, tickets: tuple[int, ...]) -> None:
        for ticket in tickets:
            self._on_saved(ticket)


def _save(
    *,
    hard_state: HardState | None = None,
    snapshot: Snapshot | None = None,
    entries: tuple[Record, ...] = (),
    compact_to: int | None = None,
) -> Save:
    return Save(
        hard_state=None if hard_state is None else wire.hard_state_to_bytes(hard_state),
        snapshot=(
            None
            if snapshot is None
            else Record(index=snapshot.index, data=wire.snapshot_to_bytes(snapshot))
        ),
        entries=entries,
        compact_to=compact_to,
        # Our own snapshots say what may be dropped; a leader's stands for all.
        replaces_log=snapshot is not None and compact_to is None,
    )


def _words(fault: StorageFault) -> str:
    return str(fault)
