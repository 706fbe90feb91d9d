"""What is drawn: lines of inked text, and tables that never wrap a cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Ink(Enum):
    """What a colour stands for; the value is its SGR code. Never the only carrier."""

    PLAIN = ""
    BOLD = "1"
    DIM = "2"
    GOOD = "32"
    WARN = "33"
    BAD = "1;31"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one ink."""

    text: str
    ink: Ink = Ink.PLAIN


Line: TypeAlias = tuple[Span, ...]
Picture: TypeAlias = tuple[Line, ...]
Cell: TypeAlias = str | Span

EMPTY: Line = ()
_ASCII = str.maketrans(
    {"✖": "x", "✔": "+", "⚠": "!", "•": "*", "→": "->", "▶": ">", "…": "...", "—": "-"}
)


def line(*parts: Cell) -> Line:
    """Return a line of these pieces."""
    return tuple(each if isinstance(each, Span) else Span(each) for each in parts)


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Picture:
    """Return an aligned table; columns that are empty everywhere are left out."""
    body = [[_span(cell) for cell in row] for row in rows]
    used = [n for n in range(len(header)) if any(row[n].text for row in body)]
    head = [Span(title, Ink.BOLD) for title in header]
    lines = [[row[n] for n in used] for row in (head, *body)]
    widths = [max(len(row[n].text) for row in lines) for n in range(len(used))]
    return tuple(_aligned(row, widths) for row in lines)


def _span(cell: Cell) -> Span:
    return cell if isinstance(cell, Span) else Span(cell)


def _aligned(row: Sequence[Span], widths: Sequence[int]) -> Line:
    spans: list[Span] = []
    gap = 0
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            spans += [Span(" " * gap), cell] if gap else [cell]
            gap = 0
        gap += width - len(cell.text) + 2
    return tuple(spans)


def indented(picture: Picture, by: str = "  ") -> Picture:
    """Return the picture moved to the right."""
    return tuple((Span(by), *each) if each else each for each in picture)


def text_of(picture: Picture) -> str:
    """Return the picture without any ink."""
    return "\n".join("".join(span.text for span in each) for each in picture)


def inked(picture: Picture) -> str:
    """Return the picture with colours for a terminal."""
    return "\n".join("".join(_paint(span) for span in each) for each in picture)


def _paint(span: Span) -> str:
    if span.ink is Ink.PLAIN or not span.text:
        return span.text
    return f"\x1b[{span.ink.value}m{span.text}\x1b[0m"


def for_encoding(text: str, encoding: str | None) -> str:
    """Return the text with signs the encoding has, when it is not a Unicode one."""
    if (encoding or "").lower().replace("-", "").startswith("utf"):
        return text
    return text.translate(_ASCII)
