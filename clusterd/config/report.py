"""Collects diagnostics while a text is read, and remembers where things stand."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import TypeAlias

from clusterd.config.diagnostic import Code, Diagnostic, Severity, Span

Path: TypeAlias = tuple[str, ...]
"""Keys from the root to a value: `("resources", "vip", "params", "ip")`."""

SHOWN_MAX = 100
"""Nobody reads more at once, and a file of rubbish must not cost minutes."""

LISTED_MAX = 12
"""So many known names are listed where none is near."""

START = Span(1, 1)

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What PyYAML counts as the end of a line."""


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a YAML text, numbered as PyYAML numbers them."""
    return tuple(_LINE_BREAK.split(text))


class Report:
    """The faults found so far, in the order of their places in the file."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self._file = file
        self._lines = lines
        self._found: list[Diagnostic] = []
        self._dropped = 0
        self._places: dict[Path, Span] = {}
        self._keys: dict[Path, Span] = {}

    @property
    def has_errors(self) -> bool:
        """Tell whether anything found so far refuses the configuration."""
        return any(each.severity is Severity.ERROR for each in self._found)

    @property
    def is_full(self) -> bool:
        """Tell whether further diagnostics would only be counted."""
        return len(self._found) >= SHOWN_MAX

    def error(
        self, code: Code, message: str, at: Span, hint: str | None = None
    ) -> None:
        """Add a fault that refuses the configuration."""
        self._add(Severity.ERROR, code, message, at, hint)

    def warn(self, code: Code, message: str, at: Span, hint: str | None = None) -> None:
        """Add a remark that refuses nothing."""
        self._add(Severity.WARNING, code, message, at, hint)

    def unknown(
        self, code: Code, message: str, at: Span, *, name: str, known: Collection[str]
    ) -> None:
        """Add an error about a name nobody knows, with the nearest known ones."""
        hint = None if self.is_full else suggestion(name, known)
        self.error(code, message, at, hint)

    def place(self, path: Path, span: Span, key: Span | None = None) -> None:
        """Remember that the value at `path` stands at `span`, its key at `key`."""
        self._places[path] = span
        self._keys[path] = key or span

    def at(self, *path: str) -> Span:
        """Return where `path` stands, or its nearest written ancestor."""
        while path:
            if path in self._places:
                return self._places[path]
            path = path[:-1]
        return START

    def is_written(self, *path: str) -> bool:
        """Tell whether the user wrote something at `path`, right or wrong."""
        return path in self._places

    def key_at(self, *path: str) -> Span:
        """Return where the key of `path` stands, or its nearest written ancestor."""
        return self._keys.get(path) or self.at(*path)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return everything found, sorted by place, with a last word if cut."""
        ordered = sorted(self._found, key=lambda each: (each.span, each.code.number))
        if self._dropped:
            more = f"{self._dropped} more faults are not shown"
            ordered.append(
                self._made(Severity.ERROR, Code.TOO_MANY, more, ordered[-1].span)
            )
        return tuple(ordered)

    def _add(
        self, severity: Severity, code: Code, message: str, at: Span, hint: str | None
    ) -> None:
        if self.is_full:
            self._dropped += 1
            return
        made = self._made(severity, code, message, at, hint)
        # A value reached by two aliases is wrong once.
        if made not in self._found:
            self._found.append(made)

    def _made(
        self,
        severity: Severity,
        code: Code,
        message: str,
        at: Span,
        hint: str | None = None,
    ) -> Diagnostic:
        known = at.line <= len(self._lines)
        return Diagnostic(
            code=code,
            message=message,
            file=self._file,
            span=at,
            severity=severity,
            excerpt=self._lines[at.line - 1] if known else "",
            hint=hint,
        )


def suggestion(name: str, known: Collection[str]) -> str | None:
    """Return "did you mean ...?" or, if nothing is near, what could be written."""
    if not known:
        return None
    folded = {each.lower().replace("_", "-"): each for each in known}
    near = get_close_matches(name.lower().replace("_", "-"), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{folded[near[0]]}`?"
    return listing(known)


def listing(known: Collection[str]) -> str | None:
    """Return all known names if they are few."""
    if not known or len(known) > LISTED_MAX:
        return None
    return f"known here: {', '.join(f'`{each}`' for each in sorted(known))}"
