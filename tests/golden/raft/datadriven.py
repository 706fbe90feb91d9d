"""Reads scenarios: a command, input lines, a dashed line, what must come out.

The format of cockroachdb/datadriven, as etcd-io/raft uses it. Expected output
ends at an empty line; between two double dashed lines it may hold empty lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_DASHES = "----"
_WORD = re.compile(r"([^\s=]+=\([^)]*\)|\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a scenario; `line` is where it stands."""

    line: int
    command: str
    words: tuple[str, ...]
    options: dict[str, tuple[str, ...]]
    text: str
    expected: tuple[str, ...]

    def option(self, name: str, default: str = "") -> str:
        """Return the single value of an option."""
        values = self.options.get(name, ())
        return values[0] if values else default

    def flag(self, name: str) -> bool:
        """Return an option that is true or false, by default false."""
        return self.option(name, "false") == "true"

    def ids(self, name: str) -> tuple[int, ...]:
        """Return an option that is a list of nodes."""
        return tuple(int(value) for value in self.options.get(name, ()))

    def numbers(self) -> list[int]:
        """Return the plain words as node ids."""
        return [int(word) for word in self.words]


def read(path: Path) -> list[Step]:
    """Return the steps of a scenario file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(_steps(iter(enumerate(lines, start=1))))


def _steps(lines: Iterator[tuple[int, str]]) -> Iterator[Step]:
    for number, line in lines:
        head = line.split("#", 1)[0] if line.startswith("#") else line
        if head.strip():
            yield _step(number, head, lines)


def _step(number: int, head: str, lines: Iterator[tuple[int, str]]) -> Step:
    text = []
    for _, line in lines:
        if line == _DASHES:
            break
        text.append(line)
    command, *rest = _WORD.findall(head)
    return Step(
        line=number,
        command=command,
        words=tuple(word for word in rest if "=" not in word),
        options=dict(_option(word) for word in rest if "=" in word),
        text="\n".join(text),
        expected=tuple(_expected(lines)),
    )


def _option(word: str) -> tuple[str, tuple[str, ...]]:
    name, _, value = word.partition("=")
    if not value.startswith("("):
        return name, (value,)
    parts = (part.strip() for part in value.strip("()").split(","))
    return name, tuple(part for part in parts if part)


def _expected(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    first = next(lines, (0, ""))[1]
    if first != _DASHES:
        while first:
            yield first
            first = next(lines, (0, ""))[1]
        return
    for _, line in lines:
        if line == _DASHES:
            next(lines, None)  # The second dashed line of the pair.
            return
        yield line


def rewrite(path: Path, shown: dict[int, list[str]]) -> None:
    """Write what came out, by line of the command, in place of what was expected.

    Only for scenarios without double dashed lines.
    """
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))
    written, at = [], 0
    for number, line in lines:
        written.append(line)
        at = number if number in shown else at
        if line == _DASHES:
            written.extend(shown[at] or ["ok"])
            for _, old in lines:
                if not old:
                    written.append("")
                    break
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
