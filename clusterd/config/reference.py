"""The reference page of the configuration, written from the schema itself."""

from collections.abc import Iterable, Iterator, Sequence

from clusterd.config.diagnostic import Code
from clusterd.config.field import Field, Kind, Shape
from clusterd.config.schema import SHAPES

_HEAD = """\
# The configuration file

One YAML file says everything that is wanted. `clusterctl config validate -f FILE`
checks it, `config diff -f FILE` shows what would change, `config apply -f FILE` makes
it so. Editors can check it while you type with
[cluster.schema.json](cluster.schema.json); add this as the first line:

    # yaml-language-server: $schema=cluster.schema.json

This page is generated from the schema; do not edit it.

## Values

@VALUES@

Unknown keys are errors, everywhere. Tags, merge keys (`<<`) and several documents in
one file are not used; anchors and aliases are.

The order of `resources` counts: when not all fit, earlier ones get their place first
(after `priority`). A group or clone has the place of its first member.
"""


_VALUES = (
    (
        "duration",
        "a number with `ms`, `s`, `m`, `h` or `d`: `10s`, `200ms`, `1m30s`;"
        " `0` needs no unit",
    ),
    (
        "score",
        "a whole number up to 1000000; `mandatory` or `inf` (always), `-inf` (never),"
        " `strongly` (1000)",
    ),
    ("flag", "`true` or `false`"),
    ("name", "letters, digits, `-`, `_` and `.`, at most 127"),
    ("text", "anything; parameters reach the agent exactly as written"),
)


def reference_page() -> str:
    """Return `docs/reference/configuration.md`."""
    parts = [_HEAD.replace("@VALUES@", "\n".join(_rows(("Written", "Means"), _VALUES)))]
    parts += ["\n".join(_section(shape)) for shape in SHAPES.values()]
    parts.append("\n".join(_diagnostics()))
    return "\n".join(parts)


def _section(shape: Shape) -> Iterator[str]:
    title = shape.title if shape.name == "root" else f"`{shape.title}`"
    yield f"## {title}\n\n{shape.sentence}\n"
    rows = [
        (f"`{each.key}`", _type(each), _default(each), each.sentence)
        for each in shape.fields
    ]
    yield from _rows(("Key", "Type", "Default", "Meaning"), rows)
    yield ""


def _type(field: Field) -> str:
    if field.kind is Kind.WORD:
        return ", ".join(f"`{each}`" for each in field.words)
    if field.shape:
        return f"{field.kind.value}, see `{SHAPES[field.shape].title}`"
    return str(field.kind.value)


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.default is not None:
        return f"`{field.default}`"
    return field.unset


def _diagnostics() -> Iterator[str]:
    yield "## Diagnostics\n"
    rows = [(code.number, code.meaning) for code in Code]
    yield from _rows(("Code", "Meaning"), rows)
    yield ""


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
