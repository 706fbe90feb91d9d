"""The log of one node: entries, how far they are saved, committed and applied.

Entries before `first_index` are gone; a snapshot stands for them. Of the rest,
those from `unsaved` on are not known to be on disk, those from `unsent` on were
not yet handed to the caller for saving:

    first_index <= unsaved <= unsent <= last_index + 1
    applied <= applying <= committed <= last_index
"""

from collections.abc import Sequence

from clusterd.raft.entry import Entry, EntryKind, Snapshot


def cut(entries: Sequence[Entry], max_bytes: int | None) -> tuple[Entry, ...]:
    """Return the longest start within `max_bytes` (None: no limit), at least one."""
    if max_bytes is None:
        return tuple(entries)
    size = 0
    for count, entry in enumerate(entries):
        size += entry.size_bytes
        if size > max_bytes and count > 0:
            return tuple(entries[:count])
    return tuple(entries)


class Log:
    """The entries after a snapshot."""

    def __init__(self, snapshot: Snapshot, entries: Sequence[Entry]) -> None:
        """Take what was restored from disk: a snapshot and the entries behind it."""
        self._base = (snapshot.index, snapshot.term)
        self._entries = list(entries)
        assert not entries or entries[0].index == snapshot.index + 1, "a gap in the log"
        self.snapshot = snapshot
        self.arriving: Snapshot | None = None
        """A snapshot from the leader that is not yet known to be saved."""
        self.is_arriving_handed = False
        self.committed = snapshot.index
        self.applying = snapshot.index
        self.applied = snapshot.index
        self.unsaved = self.unsent = self.last_index + 1

    @property
    def first_index(self) -> int:
        """The first entry that is still here; it may be the next to come."""
        return self._base[0] + 1

    @property
    def last_index(self) -> int:
        """The last entry, or the one the snapshot ends with."""
        return self._base[0] + len(self._entries)

    @property
    def last_term(self) -> int:
        """The term of `last_index`."""
        return self._entries[-1].term if self._entries else self._base[1]

    def term_at(self, index: int) -> int | None:
        """Return the term of an entry; None if it is gone or not yet there."""
        if index == self._base[0]:
            return self._base[1]
        if self.first_index <= index <= self.last_index:
            return self._entries[index - self.first_index].term
        return None

    def has(self, term: int, index: int) -> bool:
        """Whether this very entry is in the log."""
        return self.term_at(index) == term

    def is_up_to_date(self, term: int, index: int) -> bool:
        """Whether a log that ends so holds all that may be committed (paper, 5.4.1)."""
        return (term, index) >= (self.last_term, self.last_index)

    def between(self, first: int, end: int) -> Sequence[Entry]:
        """Return the entries in [first, end), which must be here."""
        assert self.first_index <= first <= end <= self.last_index + 1, (first, end)
        base = self.first_index
        return self._entries[first - base : end - base]

    def entries_from(self, first: int, max_bytes: int | None) -> tuple[Entry, ...]:
        """Return what follows, as much as fits in `max_bytes`, at least one."""
        if first > self.last_index:
            return ()
        return cut(self.between(first, self.last_index + 1), max_bytes)

    def append(self, entries: Sequence[Entry]) -> None:
        """Put entries behind, over any that stand in their place."""
        if not entries:
            return
        first = entries[0].index
        assert self.committed < first <= self.last_index + 1, "committed is for ever"
        del self._entries[first - self.first_index :]
        self._entries.extend(entries)
        self.unsaved = min(self.unsaved, first)
        self.unsent = min(self.unsent, first)

    def accept(self, prev: tuple[int, int], entries: Sequence[Entry]) -> bool:
        """Take entries behind `prev` (term, index) from the leader, if it is here.

        What is here already stays: an old message must not undo a newer one.
        """
        if not self.has(*prev):
            return False
        for position, entry in enumerate(entries):
            if not self.has(entry.term, entry.index):
                self.append(entries[position:])
                break
        return True

    def agreement(self, index: int, term: int) -> tuple[int, int]:
        """Return the last (index, term) up to `index` whose term is at most `term`.

        Behind it this log cannot agree with one that has `term` at `index`. The
        term is 0 where it is not known.
        """
        while index > 0:
            ours = self.term_at(index)
            if ours is None:
                return index, 0
            if ours <= term:
                return index, ours
            index -= 1
        return 0, 0

    def commit_to(self, index: int) -> None:
        """Note that everything up to `index` is committed; never goes back."""
        if index > self.committed:
            assert index <= self.last_index, "a committed entry is missing: log lost"
            self.committed = index

    def has_unapplied_change(self) -> bool:
        """Whether a voter change is committed here but not yet applied."""
        first = max(self.applied + 1, self.first_index)
        if first > self.committed:
            return False
        entries = self.between(first, self.committed + 1)
        return any(entry.kind is not EntryKind.NORMAL for entry in entries)

    def to_save(self) -> tuple[Entry, ...]:
        """Return the entries that the caller has not yet been told to save."""
        return tuple(self.between(self.unsent, self.last_index + 1))

    def to_apply(self, max_bytes: int | None) -> tuple[Entry, ...]:
        """Return committed entries that the caller has not yet got.

        While a snapshot arrives there are none: it comes first.
        """
        if self.arriving is not None or self.applying >= self.committed:
            return ()
        return cut(self.between(self.applying + 1, self.committed + 1), max_bytes)

    def handed_to_save(self) -> None:
        """Note that the caller got all of `to_save` and the arriving snapshot."""
        self.unsent = self.last_index + 1
        self.is_arriving_handed = self.arriving is not None

    def saved(self, term: int, index: int) -> None:
        """Note that entries up to here are on disk, unless they were replaced since."""
        if index >= self.unsaved and self.has(term, index):
            self.unsaved = index + 1
            self.unsent = max(self.unsent, self.unsaved)

    def snapshot_saved(self, index: int) -> None:
        """Note that the arriving snapshot is on disk, unless a newer one came since."""
        if self.arriving is not None and self.arriving.index == index:
            self.arriving = None
            self.is_arriving_handed = False

    def applied_to(self, index: int) -> None:
        """Note that the caller has applied everything up to `index`."""
        assert self.applied <= index <= self.committed, (self.applied, index)
        self.applied = index
        self.applying = max(self.applying, index)

    def restore(self, snapshot: Snapshot) -> None:
        """Put a snapshot from the leader in place of the whole log."""
        self._base = (snapshot.index, snapshot.term)
        self._entries.clear()
        self.snapshot = self.arriving = snapshot
        self.is_arriving_handed = False
        self.committed = snapshot.index
        self.unsaved = self.unsent = snapshot.index + 1

    def compact(self, snapshot: Snapshot, drop_to: int) -> None:
        """Keep `snapshot` for those far behind; drop the entries up to `drop_to`.

        Entries that are not yet applied or saved stay in any case.
        """
        self.snapshot = snapshot
        last = min(drop_to, snapshot.index, self.applied, self.unsaved - 1)
        if last >= self.first_index:
            term = self.term_at(last)
            assert term is not None
            del self._entries[: last + 1 - self.first_index]
            self._base = (last, term)
