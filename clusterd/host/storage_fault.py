"""What can be wrong with a database of ours, each with place, cause and a way out.

StorageFault
├── MissingLog       it should be there and is not
├── NotADatabase     the file is something else
├── UnknownFormat    written by another version
├── CorruptedLog     ours, and damaged
├── StorageBusy      another process has it open
├── StorageDenied    we may not read or write it
├── StorageFull      no space left
└── StorageBroken    the disk or file system failed
"""

import errno
import os
import sqlite3
from pathlib import Path


class StorageFault(Exception):
    """A database cannot be used. After one during a write, end the process."""

    hint = ""

    def __init__(self, path: Path, cause: str, *, hint: str | None = None) -> None:
        self.path = path
        self.cause = cause
        self.hint = hint if hint is not None else type(self).hint
        super().__init__(
            f"{path}: {cause}" + (f"\nhint: {self.hint}" * bool(self.hint))
        )


class MissingLog(StorageFault):
    """A member's log is not where it was."""

    hint = (
        "mount its folder, or take this node out of the cluster and let it join again;"
        " a voter that starts with an empty log may vote twice"
    )


class NotADatabase(StorageFault):
    """The file exists and is not one of ours."""

    hint = "check the data folder in the settings of this node"


class UnknownFormat(StorageFault):
    """The file has a format version that this program does not know."""

    hint = "start the version of clusterd that wrote it, or a newer one"


class CorruptedLog(StorageFault):
    """The file is ours and what it says is provably wrong; `place` says where."""

    hint = (
        "the other voters have all of it: move this file away, take this node out of"
        " the cluster and let it join again"
    )

    def __init__(self, path: Path, place: str, cause: str) -> None:
        self.place = place
        super().__init__(path, f"{place}: {cause}")


class StorageBusy(StorageFault):
    """Another process has the file open."""

    hint = "is a second clusterd running with the same data folder?"


class StorageDenied(StorageFault):
    """The file or its folder must not be read or written by us."""

    hint = "check owner and mode of the folder, and whether it is mounted read-only"


class StorageFull(StorageFault):
    """There is no space left."""

    hint = "free some space on that file system, then start clusterd again"


class StorageBroken(StorageFault):
    """The disk or the file system failed."""

    hint = "look for disk errors in the kernel's journal"


_KINDS: dict[int, type[StorageFault]] = {
    sqlite3.SQLITE_NOTADB: NotADatabase,
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_PERM: StorageDenied,
    sqlite3.SQLITE_READONLY: StorageDenied,
    sqlite3.SQLITE_AUTH: StorageDenied,
    sqlite3.SQLITE_CANTOPEN: StorageDenied,
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_IOERR: StorageBroken,
    sqlite3.SQLITE_NOMEM: StorageBroken,
}

_ERRNO: dict[int | None, type[StorageFault]] = {
    errno.EACCES: StorageDenied,
    errno.EPERM: StorageDenied,
    errno.EROFS: StorageDenied,
    errno.ENOSPC: StorageFull,
    errno.EDQUOT: StorageFull,
}


def fault_of(path: Path, error: Exception) -> StorageFault:
    """Return the fault that an error of SQLite or of the system amounts to.

    What SQLite finds wrong with the content of a file is `CorruptedLog`.
    """
    if isinstance(error, StorageFault):
        return error
    if isinstance(error, OSError):
        kind = _ERRNO.get(error.errno, StorageBroken)
        return kind(path, error.strerror or str(error))
    # The low byte is the primary code; the rest says which of its causes.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    primary = _KINDS.get(code & 0xFF)
    if primary is None:
        return CorruptedLog(path, "database", str(error))
    if primary is StorageBroken and _is_read_only(path):
        # A file system that remounted itself after an error, to SQLite just "I/O".
        return StorageDenied(path, "the file system is mounted read-only")
    return primary(path, str(error))


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False
