"""Facts a pure room noticed, for the log, the history and for tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How loud a note is. A failover stays under 20 lines at NOTICE."""

    DEBUG = 10
    INFO = 20
    NOTICE = 25
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A named fact with fields: `Note(name="node-lost", fields={"node": "n1"})`."""

    name: str
    level: Level = Level.INFO
    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
