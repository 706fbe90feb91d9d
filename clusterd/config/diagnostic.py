"""What is wrong with a configuration, where, and the likely way out.

A diagnostic carries its own line of source, so it can be rendered, sent through
the API or stored without the file at hand.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

EXCERPT_COLUMNS = 100
"""Longer source lines are cut around the caret."""


class Severity(Enum):
    """An error refuses the configuration; a warning only tells."""

    ERROR = "error"
    WARNING = "warning"


class Code(Enum):
    """Stable code and meaning of each diagnostic. Codes are never reused."""

    SYNTAX = ("C101", "The text is not valid YAML.")
    UNKNOWN_KEY = ("C102", "The schema has no such key here.")
    UNKNOWN_RESOURCE = ("C103", "A name that no resource, group or clone has.")
    UNKNOWN_NODE = ("C104", "A name that is not listed under `nodes`.")
    DUPLICATE_KEY = ("C105", "The same key stands twice in one mapping.")
    BAD_VALUE = ("C106", "A value of the wrong type or outside its range.")
    MISSING_KEY = ("C107", "A key that must be given is absent.")
    DUPLICATE_NAME = ("C108", "Two objects share one name.")
    BAD_NAME = ("C109", "A name with characters that names may not have.")
    TAB = ("C110", "A tab is used for indentation.")
    ENCODING = ("C111", "The file is not UTF-8 text, or holds control characters.")
    TOO_LARGE = ("C112", "The file is too long, nested too deep, or a YAML bomb.")
    EMPTY = ("C113", "The file holds no configuration.")
    UNSUPPORTED_YAML = ("C114", "Tags, merge keys, several documents and the like.")
    TOO_MANY = ("C119", "More faults than are shown.")
    CLAIMED_TWICE = ("C120", "A resource stands in two groups or clones.")
    WRONG_KIND = ("C121", "A group of groups, a clone of a clone and the like.")
    ORDER_LOOP = ("C130", "Orders wait for each other in a circle.")
    COLOCATION_LOOP = ("C131", "Colocations depend on each other in a circle.")
    CONTRADICTION = ("C132", "Two constraints can never hold together.")
    SELF_REFERENCE = ("C133", "A constraint connects a resource with itself.")
    REPEATED_CONSTRAINT = ("C134", "A constraint says again what another one says.")
    NOWHERE = ("C135", "A resource is banned from every configured node.")
    REPEATED_OPERATION = ("C140", "Two operations of one name share an interval.")
    UNKNOWN_OPERATION = ("C141", "An operation the agent cannot do.")
    NO_EFFECT = ("C142", "A setting that changes nothing where it stands.")
    UNKNOWN_AGENT = ("C150", "No agent of that name is installed, or none usable.")
    UNKNOWN_PARAMETER = ("C151", "A parameter the agent does not know.")
    MISSING_PARAMETER = ("C152", "A parameter the agent requires is absent.")
    BAD_PARAMETER = ("C153", "A parameter of the wrong type.")
    STANDARD = ("C154", "An agent standard that cannot be executed.")
    NOT_UNIQUE = ("C155", "Two resources share a value that should be unique.")

    @property
    def number(self) -> str:
        """Return the code as users see it: `C103`."""
        return self.value[0]

    @property
    def meaning(self) -> str:
        """Return one sentence for the reference."""
        return self.value[1]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one line; line and column count characters from 1."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One fault of one file. `excerpt` is the whole source line of `span`."""

    code: Code
    message: str
    file: str
    span: Span
    severity: Severity = Severity.ERROR
    excerpt: str = ""
    hint: str | None = None

    def render(self) -> str:
        """Draw the diagnostic for people; no colour, no final newline."""
        number = str(self.span.line)
        margin = " " * len(number)
        shown, lead = _window(self.excerpt, self.span)
        lines = [
            f"{self.severity.value}[{self.code.number}]: {self.message}",
            f"{margin}--> {self.file}:{self.span.line}:{self.span.column}",
            f"{margin} |",
            f"{number} | {shown}".rstrip(),
            f"{margin} | {' ' * lead}{'^' * _caret_width(self.excerpt, self.span)}",
        ]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)

    def as_data(self) -> Mapping[str, str | int | None]:
        """Return the fields under stable keys, ready for JSON."""
        return {
            "code": self.code.number,
            "severity": self.severity.value,
            "message": self.message,
            "file": self.file,
            "line": self.span.line,
            "column": self.span.column,
            "width": self.span.width,
            "excerpt": self.excerpt,
            "hint": self.hint,
        }


def render_all(diagnostics: tuple[Diagnostic, ...]) -> str:
    """Draw several diagnostics with a blank line between them."""
    return "\n\n".join(each.render() for each in diagnostics)


def _window(excerpt: str, span: Span) -> tuple[str, int]:
    """Return the part of the line to show and the cells left of the caret."""
    # A tab has no width of its own: one cell keeps the caret below its character.
    line = "".join(char if char.isprintable() else " " for char in excerpt)
    start = 0
    if len(line) > EXCERPT_COLUMNS:
        start = max(0, min(span.column - 1 - EXCERPT_COLUMNS // 2, len(line)))
    part = line[start : start + EXCERPT_COLUMNS]
    mark = "..." if start else ""
    tail = "..." if start + EXCERPT_COLUMNS < len(line) else ""
    return f"{mark}{part}{tail}", _cells(mark + line[start : span.column - 1])


def _caret_width(excerpt: str, span: Span) -> int:
    marked = excerpt[span.column - 1 : span.column - 1 + span.width]
    return max(1, min(_cells(marked), EXCERPT_COLUMNS // 2))


def _cells(text: str) -> int:
    """Return how many terminal cells `text` takes (wide characters take two)."""
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
