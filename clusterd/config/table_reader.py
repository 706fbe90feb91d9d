"""Reads one mapping by its shape: unknown keys, missing keys, typed values."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TypeVar

from clusterd.config.diagnostic import Code, Span
from clusterd.config.field import Field, Kind, Shape
from clusterd.config.report import Path, Report
from clusterd.config.source import Listing, Node, Scalar, Table
from clusterd.config.values import (
    BadValue,
    duration_text,
    read_duration,
    read_flag,
    read_integer,
    read_key,
    read_name,
    read_score,
)

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

BUILT_IN = "default"
"""The word for "as if nothing were set", where a field allows it."""


class TableReader:
    """The typed values of one mapping. Each fault goes to the report once.

    The plain readers are for fields with a default and always return a value;
    the `maybe_` ones return None for an absent or unreadable value.
    """

    def __init__(self, node: Node, shape: Shape, path: Path, report: Report) -> None:
        self.shape = shape
        self.path = path
        self.report = report
        self.span = node.span
        self._values: dict[str, tuple[Scalar, Node]] = {}
        self._open(node)

    def _open(self, node: Node) -> None:
        if isinstance(node, Scalar) and node.is_null:
            self._demand()
            return
        if not isinstance(node, Table):
            self.report.error(
                Code.BAD_VALUE,
                f"`{self.shape.title}` is a mapping, not {kind_of(node)}",
                node.span,
                f"its keys: {', '.join(f'`{each}`' for each in self.shape.allowed)}",
            )
            return
        for key, value in node.entries:
            self._enter(key, value)
        self._demand()

    def _enter(self, key: Scalar, value: Node) -> None:
        if key.text not in self.shape.allowed:
            self.report.unknown(
                Code.UNKNOWN_KEY,
                f"`{self.shape.title}` has no key `{key.text}`",
                key.span,
                name=key.text,
                known=self.shape.allowed,
            )
            return
        self._values[key.text] = (key, value)
        place = value.span if isinstance(value, Scalar) else key.span
        self.report.place((*self.path, key.text), place)

    def _demand(self) -> None:
        for field in self.shape.fields:
            if field.required and field.key not in self._values:
                self.report.error(
                    Code.MISSING_KEY,
                    f"`{field.key}` is missing",
                    self.report.at(*self.path) if self.path else self.span,
                    f"{field.key}: {_small(field.sentence)}",
                )

    def has(self, key: str) -> bool:
        """Tell whether the user wrote this key."""
        return key in self._values

    def key_span(self, key: str) -> Span:
        """Return where the key stands, or the mapping if it is absent."""
        return self._values[key][0].span if key in self._values else self.span

    def value_span(self, key: str) -> Span:
        """Return where the value stands, or the mapping if it is absent."""
        return self.report.at(*self.path, key)

    def flag(self, key: str) -> bool:
        """Return a flag that has a default."""
        return _certain(self.maybe_flag(key))

    def maybe_flag(self, key: str) -> bool | None:
        """Return a flag."""
        return self._read(key, Kind.FLAG, read_flag)

    def integer(self, key: str) -> int:
        """Return a whole number that has a default."""
        return _certain(self.maybe_integer(key))

    def maybe_integer(self, key: str) -> int | None:
        """Return a whole number within the bounds of its field."""
        return self._read(key, Kind.INTEGER, read_integer)

    def duration(self, key: str) -> float:
        """Return seconds; the field has a default."""
        return _certain(self.maybe_duration(key))

    def maybe_duration(self, key: str) -> float | None:
        """Return seconds within the bounds of the field."""
        return self._read(key, Kind.DURATION, read_duration)

    def score(self, key: str) -> int:
        """Return a score that has a default."""
        return _certain(self.maybe_score(key))

    def maybe_score(self, key: str) -> int | None:
        """Return a score."""
        return self._read(key, Kind.SCORE, read_score)

    def word(self, key: str, enum: type[E]) -> E:
        """Return a member of a closed set; the field has a default."""
        return _certain(self.maybe_word(key, enum))

    def maybe_word(self, key: str, enum: type[E]) -> E | None:
        """Return a member of a closed set."""
        text = self.plain_word(key)
        return None if text is None else enum(text)

    def plain_word(self, key: str) -> str | None:
        """Return one of the words of the field."""
        field = self.shape.field(key)
        return self._read(key, Kind.WORD, lambda text: _one_of(text, field))

    def name(self, key: str) -> str | None:
        """Return a well-formed name."""
        return self._read(key, Kind.NAME, read_name)

    def reference(self, key: str) -> str | None:
        """Return a well-formed name of a node or resource, known or not."""
        return self._read(key, self.shape.field(key).kind, read_name)

    def text(self, key: str) -> str | None:
        """Return a text as written."""
        return self._read(key, self.shape.field(key).kind, str)

    def texts(self, key: str) -> dict[str, str]:
        """Return a mapping of names to text."""
        found: dict[str, str] = {}
        for name, value in self._children(key):
            text = self._text_value(name, value, (*self.path, key))
            if text is not None:
                found[name.text] = text
        return found

    def table(self, key: str, shape: Shape) -> "TableReader":
        """Return the reader of a nested mapping, empty if it is absent."""
        if key not in self._values:
            node: Node = Table(span=self.span, entries=())
        else:
            node = self._values[key][1]
        return TableReader(node, shape, (*self.path, key), self.report)

    def children(self, key: str) -> Iterator[tuple[Scalar, Node, Path]]:
        """Yield name, value and path of each entry of a nested mapping."""
        for name, value in self._children(key):
            path = (*self.path, key, name.text)
            self.report.place(path, name.span)
            try:
                read_name(name.text)
            except BadValue as fault:
                self.report.error(Code.BAD_NAME, fault.message, name.span, fault.hint)
                continue
            yield name, value, path

    def items(self, key: str) -> Iterator[tuple[Node, Path]]:
        """Yield value and path of each item of a list."""
        if key not in self._values:
            return
        node = self._values[key][1]
        if isinstance(node, Scalar) and node.is_null:
            return
        if not isinstance(node, Listing):
            self._mismatch(key, node, "a list", "put `- ` before each item")
            return
        for number, item in enumerate(node.items):
            path = (*self.path, key, str(number))
            self.report.place(path, item.span)
            yield item, path

    def _children(self, key: str) -> Iterator[tuple[Scalar, Node]]:
        if key not in self._values:
            return
        node = self._values[key][1]
        if isinstance(node, Scalar) and node.is_null:
            return
        if not isinstance(node, Table):
            self._mismatch(key, node, "a mapping", "write `NAME: ...` lines below it")
            return
        yield from node.entries

    def _text_value(self, name: Scalar, value: Node, path: Path) -> str | None:
        at = value.span if isinstance(value, Scalar) and value.text else name.span
        self.report.place((*path, name.text), at, name.span)
        try:
            read_key(name.text)
        except BadValue as fault:
            self.report.error(Code.BAD_NAME, fault.message, name.span, fault.hint)
            return None
        if not isinstance(value, Scalar):
            self.report.error(
                Code.BAD_VALUE,
                f"`{name.text}` is text, not {kind_of(value)}",
                value.span,
                "put the value in quotes if it has brackets or braces",
            )
            return None
        if value.is_null:
            self.report.error(
                Code.BAD_VALUE,
                f"`{name.text}` has no value",
                at,
                'write "" for an empty text, or remove the line',
            )
            return None
        return value.text

    def _read(self, key: str, kind: Kind, parse: Callable[[str], T]) -> T | None:
        field = self.shape.field(key)
        assert field.kind is kind, f"{self.shape.name}.{key} is a {field.kind}"
        text = self._scalar(field)
        if text is not None:
            if field.can_unset and text == BUILT_IN:
                return None
            try:
                return _bounded(parse(text), field)
            except BadValue as fault:
                self.report.error(
                    Code.BAD_VALUE,
                    f"`{key}`: {fault.message}",
                    self.value_span(key),
                    fault.hint,
                )
        return None if field.default is None else parse(field.default)

    def _scalar(self, field: Field) -> str | None:
        if field.key not in self._values:
            return None
        key, node = self._values[field.key]
        if not isinstance(node, Scalar):
            self._mismatch(field.key, node, f"a {field.kind.value}", None)
            return None
        if node.is_null:
            self.report.error(
                Code.BAD_VALUE,
                f"`{field.key}` has no value",
                key.span,
                f"give a {field.kind.value}, or remove the line",
            )
            return None
        return node.text

    def _mismatch(self, key: str, node: Node, wanted: str, hint: str | None) -> None:
        self.report.error(
            Code.BAD_VALUE,
            f"`{key}` is {wanted}, not {kind_of(node)}",
            node.span,
            hint,
        )


def kind_of(node: Node) -> str:
    """Return what the user wrote, in a word."""
    match node:
        case Scalar():
            return "nothing" if node.is_null else "a single value"
        case Listing():
            return "a list"
        case Table():
            return "a mapping"


def _certain(value: T | None) -> T:
    assert value is not None, "a field without default was read as if it had one"
    return value


def _one_of(text: str, field: Field) -> str:
    if text not in field.words:
        listed = ", ".join(f"`{each}`" for each in field.words)
        raise BadValue(f"`{text[:40]}` is not one of its words", f"one of {listed}")
    return text


def _bounded(value: T, field: Field) -> T:
    if not isinstance(value, (int, float)) or field.kind is Kind.SCORE:
        return value
    if field.minimum is not None and value < field.minimum:
        raise BadValue(f"the least is {_limit(field, field.minimum)}")
    if field.maximum is not None and value > field.maximum:
        raise BadValue(f"the most is {_limit(field, field.maximum)}")
    return value


def _limit(field: Field, number: float) -> str:
    if field.kind is Kind.DURATION:
        return duration_text(number)
    return str(int(number))


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")
