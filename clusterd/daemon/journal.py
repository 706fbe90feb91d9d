"""Notes become structured log lines: one line an event, `key=value` at its end."""

import logging
import sys

from clusterd.model.note import Level, Note

_LOGGER = logging.getLogger("clusterd")
# systemd reads the priority from such a prefix when stderr is the journal.
_PRIORITY = {
    Level.DEBUG: "<7>",
    Level.INFO: "<6>",
    Level.NOTICE: "<5>",
    Level.WARNING: "<4>",
    Level.ERROR: "<3>",
}


class _Lines(logging.Formatter):
    """`2026-01-31T12:00:00.123 notice node-lost: n1 is lost key=value`."""

    def __init__(self, *, for_journal: bool) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the journal adds time and priority by itself."""
        level = logging.getLevelName(record.levelno).lower()
        text = record.getMessage()
        if self._for_journal:
            prefix = _PRIORITY.get(Level(record.levelno), "<6>")
            return f"{prefix}{text}"
        time = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d}"
        return f"{time} {level} {text}"


def set_up(level: str, *, for_journal: bool) -> None:
    """Send log lines of `level` and above to stderr."""
    logging.addLevelName(Level.NOTICE, "NOTICE")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(for_journal=for_journal))
    _LOGGER.handlers = [handler]
    _LOGGER.propagate = False
    _LOGGER.setLevel(Level[level.upper()])


def tell(note: Note) -> None:
    """Write one note."""
    fields = "".join(f" {key}={value}" for key, value in note.fields.items())
    # A line is a line: what agents print must not forge another one.
    text = note.text.replace("\n", "\\n")
    _LOGGER.log(note.level, "%s: %s%s", note.name, text, fields)
