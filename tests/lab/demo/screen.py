"""What people see while it runs: a table that grows, and what is being done.

On a terminal it is drawn live; elsewhere each step is a line. With `--json` it all
goes to stderr, because stdout belongs to the document.
"""

import sys
import time
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

WIDTH_ELSEWHERE = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `is_bad`: something that must not be."""

    cells: tuple[str, ...]
    is_bad: bool


class Screen:
    """Shows progress; use it as a context manager."""

    def __init__(self, head: tuple[str, ...], *, on_stderr: bool) -> None:
        """Begin with an empty table."""
        stream = sys.stderr if on_stderr else sys.stdout
        width = None if stream.isatty() else WIDTH_ELSEWHERE
        self._console = Console(file=stream, width=width, highlight=False)
        self._head = head
        self._rows: list[Row] = []
        self._doing = ""
        self._began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live = Live(
                self._picture(), console=self._console, refresh_per_second=4
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._doing = ""
        if self._live is not None:
            self._live.update(self._picture())
            self._live.stop()
        elif self._rows:
            self._console.print(self._table())

    def doing(self, text: str) -> None:
        """Say what is being done now."""
        if text == self._doing:
            return
        self._doing = text
        if self._live is not None:
            self._live.update(self._picture())
        elif text:
            age = time.monotonic() - self._began
            self._console.print(Text(f"{age:6.1f} s  {text}"))

    def add(self, row: Row) -> None:
        """Add a line to the table."""
        self._rows.append(row)
        if self._live is not None:
            self._live.update(self._picture())

    def say(self, text: str) -> None:
        """Print something that stays."""
        self._console.print(Text(text))

    def _picture(self) -> Group:
        parts: list[Table | Spinner] = []
        if self._rows:
            parts.append(self._table())
        if self._doing:
            parts.append(Spinner("dots", Text(self._doing)))
        return Group(*parts)

    def _table(self) -> Table:
        table = Table(show_lines=True)
        for number, title in enumerate(self._head):
            is_number = 0 < number < len(self._head) - 1
            table.add_column(
                title, justify="right" if is_number else "left", vertical="top"
            )
        for row in self._rows:
            style = "bold red" if row.is_bad else ""
            table.add_row(*(Text(cell) for cell in row.cells), style=style)
        return table
