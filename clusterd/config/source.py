"""Where each value stands: YAML text to a tree of nodes with places.

Only the shape of the text is read here; what a scalar means is decided by the
field it stands in. So `prefix: 24` and `answer: no` reach a text field exactly
as they were written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import yaml
from yaml import events

from clusterd.config.diagnostic import Code, Span
from clusterd.config.report import START, Report, split_lines
from clusterd.config.syntax import explain

SIZE_MAX = 1 << 20
"""Characters in one file. A thousand resources take about 200 000."""

DEPTH_MAX = 16
"""The schema needs six levels."""

VALUES_MAX = 200_000
"""Values after aliases are followed: more is a bomb, not a cluster."""

_UNUSABLE = re.compile("[\x00\ud800-\udfff]")
"""What an escape can smuggle in and no environment variable can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A single value as written. `is_null`: nothing, `~` or `null`, unquoted."""

    span: Span
    text: str
    is_plain: bool = True

    @property
    def is_null(self) -> bool:
        """Tell whether the user wrote no value."""
        return self.is_plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A YAML sequence."""

    span: Span
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A YAML mapping without duplicate keys, in the order written."""

    span: Span
    entries: tuple[tuple[Scalar, "Node"], ...]


Node: TypeAlias = Scalar | Listing | Table


class Unreadable(Exception):
    """The text cannot be turned into a tree; the report already says why."""


def decode(data: bytes, file: str) -> tuple[str, Report | None]:
    """Decode UTF-8, with or without a byte order mark.

    Returns the text, and a report with the place of the first bad byte or None.
    """
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as fault:
        good = data[: fault.start].decode("utf-8", "replace")
        lines = split_lines(good)
        span = Span(len(lines), len(lines[-1]) + 1)
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        report = Report(file, split_lines(data.decode("utf-8", "replace")))
        report.error(
            Code.ENCODING,
            f"byte 0x{data[fault.start]:02x} is not UTF-8",
            span,
            "this looks like UTF-16; save it as UTF-8"
            if wide
            else "save the file as UTF-8",
        )
        return good, report


def read(text: str, report: Report) -> Node | None:
    """Return the tree of `text`; None after reporting why there is none."""
    if len(text) > SIZE_MAX:
        report.error(
            Code.TOO_LARGE,
            f"the file has {len(text)} characters; at most {SIZE_MAX} are read",
            START,
        )
        return None
    composer = _Composer(text, report)
    try:
        return composer.document()
    except Unreadable:
        return None
    except (yaml.YAMLError, ValueError, OverflowError) as fault:
        # PyYAML lets ValueError escape for "\UFFFFFFFF" and absurd directives.
        explain(fault, text, composer.last, report)
        return None


class _Composer:
    """Builds nodes from parser events; the depth of recursion is bounded."""

    def __init__(self, text: str, report: Report) -> None:
        self._text = text
        self._lines = split_lines(text)
        self._report = report
        self._events: Iterator[events.Event] = iter(())
        self._anchors: dict[str, Node | None] = {}
        self._sizes: dict[int, int] = {}
        self.last = START

    def document(self) -> Node | None:
        """Return the only document of the stream; None if it is empty."""
        self._events = yaml.parse(self._text, Loader=yaml.SafeLoader)
        self._next()
        if isinstance(self._next(), events.StreamEndEvent):
            self._empty()
            return None
        root = self._node(self._next(), 1)
        self._next()
        after = self._next()
        if not isinstance(after, events.StreamEndEvent):
            self._refuse("a second document begins", after, "keep one per file")
        if isinstance(root, Scalar) and root.is_null:
            self._empty()
            return None
        return root

    def _next(self) -> events.Event:
        event = next(self._events)
        self.last = self._span(event)
        return event

    def _node(self, event: events.Event, depth: int) -> Node:
        if depth > DEPTH_MAX:
            self._stop(
                Code.TOO_LARGE,
                f"values are nested more than {DEPTH_MAX} deep",
                self._span(event),
            )
        if isinstance(event, events.AliasEvent):
            return self._alias(event)
        assert isinstance(event, events.NodeEvent)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        made = self._built(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = made
        return made

    def _built(self, event: events.NodeEvent, depth: int) -> Node:
        span = self._span(event)
        if getattr(event, "tag", None) not in (None, "!"):
            self._refuse("YAML tags are not used here", event, "remove the tag")
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event, span)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(span, depth)
        return self._mapping(span, depth)

    def _scalar(self, event: events.ScalarEvent, span: Span) -> Scalar:
        if _UNUSABLE.search(event.value):
            self._stop(
                Code.ENCODING, "this text holds a character no value can have", span
            )
        return Scalar(span=span, text=event.value, is_plain=event.style is None)

    def _sequence(self, span: Span, depth: int) -> Listing:
        items: list[Node] = []
        event = self._next()
        while not isinstance(event, events.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
            event = self._next()
        made = Listing(span=span, items=tuple(items))
        self._weigh(made, items)
        return made

    def _mapping(self, span: Span, depth: int) -> Table:
        entries: dict[str, tuple[Scalar, Node]] = {}
        children: list[Node] = []
        event = self._next()
        while not isinstance(event, events.MappingEndEvent):
            key = self._key(event, depth)
            value = self._node(self._next(), depth + 1)
            children.append(value)
            if key.text in entries:
                self._duplicate(key, entries[key.text][0])
            else:
                entries[key.text] = (key, value)
            event = self._next()
        made = Table(span=span, entries=tuple(entries.values()))
        self._weigh(made, children)
        return made

    def _key(self, event: events.Event, depth: int) -> Scalar:
        key = self._node(event, depth + 1)
        if not isinstance(key, Scalar):
            self._refuse("a key must be plain text", event, None)
        if key.text == "<<" and key.is_plain:
            self._refuse(
                "merge keys (`<<`) are not used here",
                event,
                "repeat the values, or use an alias for a whole value",
            )
        return key

    def _alias(self, event: events.AliasEvent) -> Node:
        name = event.anchor
        if name is None or name not in self._anchors:
            self._refuse(f"no anchor `&{name}` stands above", event, None)
        node = self._anchors[name]
        if node is None:
            self._refuse(f"`*{name}` contains itself", event, None)
        return node

    def _weigh(self, node: Node, children: list[Node]) -> None:
        """Count the values below `node` as if each alias were written out."""
        size = 1 + sum(self._sizes.get(id(child), 1) for child in children)
        self._sizes[id(node)] = size
        if size > VALUES_MAX:
            self._stop(
                Code.TOO_LARGE,
                f"aliases unfold to more than {VALUES_MAX} values",
                node.span,
            )

    def _duplicate(self, key: Scalar, first: Scalar) -> None:
        self._report.error(
            Code.DUPLICATE_KEY,
            f"`{key.text}` is given twice; first at line {first.span.line}",
            key.span,
            "remove one of them",
        )

    def _empty(self) -> None:
        self._report.error(
            Code.EMPTY,
            "the file holds no configuration",
            START,
            "begin with `cluster:`",
        )

    def _refuse(self, message: str, event: events.Event, hint: str | None) -> NoReturn:
        self._stop(Code.UNSUPPORTED_YAML, message, self._span(event), hint)

    def _stop(
        self, code: Code, message: str, at: Span, hint: str | None = None
    ) -> NoReturn:
        self._report.error(code, message, at, hint)
        raise Unreadable

    def _span(self, event: events.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return self.last
        if end.line == start.line:
            width = end.column - start.column
        else:
            # More than one line: mark the rest of the first.
            width = len(self._lines[start.line].rstrip()) - start.column
        return Span(start.line + 1, start.column + 1, max(1, width))
