"""HistoryEntry: what users read later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to the cluster, in the order of the log.

    `kind` is a stable word (`node-lost`, `started`, `failed`, `configured` ...);
    `cause` says why where it is known. `at_wall` in seconds since 1970.
    """

    index: int
    at_wall: float
    kind: str
    text: str
    node: str = ""
    resource: str = ""
    author: str = ""
    cause: str = ""
    transition: str = ""
    duration: float = 0.0
