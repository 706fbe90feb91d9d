"""Writes YAML in the one style of this project: blocks, and flow for short ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

FLOW_COLUMNS = 76
"""A flow mapping that would be longer is written as a block."""

_PLAIN = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.:@%+=-]*( [A-Za-z0-9_/.:@%+=-]+)*")

_SPECIAL = frozenset(
    {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "="}
)
"""Words that YAML readers take for something else than text."""


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping, one key per line."""

    entries: tuple[tuple[str, "Tree"], ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A mapping of finished scalars, on one line if it fits."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence, one item per line."""

    items: tuple["Tree", ...]


Tree: TypeAlias = str | Block | Flow | Items
"""A `str` is a finished scalar: quoted where that is needed."""


def emit(tree: Block) -> str:
    """Return the YAML text of `tree`, sections separated by blank lines."""
    sections = ["\n".join(_entry(key, value, "")) + "\n" for key, value in tree.entries]
    return "\n".join(sections)


def quoted(text: str) -> str:
    """Return `text` as a scalar that reads back as exactly this text."""
    if is_plain(text):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def is_plain(text: str) -> bool:
    """Tell whether `text` can stand without quotes."""
    return (
        text.lower() not in _SPECIAL
        and _PLAIN.fullmatch(text) is not None
        and ": " not in text
        and not text.endswith(":")
        and text not in ("...", "---")
    )


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    number = ord(char)
    if char.isprintable() and number != 0xFEFF:
        return char
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _entry(key: str, value: Tree, indent: str) -> Iterator[str]:
    head = f"{indent}{quoted(key)}:"
    match value:
        case str():
            yield f"{head} {value}"
        case Flow(entries=entries):
            line = f"{head} {_flow(entries)}"
            if len(line) <= FLOW_COLUMNS or not entries:
                yield line
            else:
                yield head
                yield from _lines(Block(entries), indent + "  ")
        case Block(entries=()):
            yield f"{head} {{}}"
        case Items(items=()):
            yield f"{head} []"
        case Block() | Items():
            yield head
            yield from _lines(value, indent + "  ")


def _lines(tree: Block | Items, indent: str) -> Iterator[str]:
    match tree:
        case Block(entries=entries):
            for key, value in entries:
                yield from _entry(key, value, indent)
        case Items(items=items):
            for item in items:
                yield from _item(item, indent)


def _item(item: Tree, indent: str) -> Iterator[str]:
    match item:
        case str():
            yield f"{indent}- {item}"
        case Flow(entries=entries) if len(_flow(entries)) <= FLOW_COLUMNS - len(indent):
            yield f"{indent}- {_flow(entries)}"
        case Flow(entries=entries):
            yield from _dashed(Block(entries), indent)
        case Block() | Items():
            yield from _dashed(item, indent)


def _dashed(tree: Block | Items, indent: str) -> Iterator[str]:
    """Put `- ` before the first line of a block."""
    for number, line in enumerate(_lines(tree, indent + "  ")):
        yield f"{indent}- {line[len(indent) + 2 :]}" if number == 0 else line


def _flow(entries: tuple[tuple[str, str], ...]) -> str:
    return "{" + ", ".join(f"{quoted(key)}: {value}" for key, value in entries) + "}"
