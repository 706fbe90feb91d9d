"""The `constraints` section: location, colocation and order entries."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from clusterd.config.constraint_names import derived_name
from clusterd.config.diagnostic import Code
from clusterd.config.known import Known
from clusterd.config.schema_constraints import (
    COLOCATION,
    CONSTRAINTS,
    LOCATION,
    ORDER,
)
from clusterd.config.table_reader import TableReader
from clusterd.config.values import PREFERENCE
from clusterd.model.constraint import (
    Colocation,
    Constraint,
    Location,
    Order,
    OrderKind,
)
from clusterd.model.names import ConstraintName, NodeName, ResourceName
from clusterd.model.resource import Role
from clusterd.model.score import INFINITY

T = TypeVar("T", Location, Colocation, Order)

UNNAMED = ConstraintName("")


class ConstraintReader:
    """Reads the entries one after the other; names are unique over all kinds."""

    def __init__(self, root: TableReader, known: Known) -> None:
        self._section = root.table("constraints", CONSTRAINTS)
        self._known = known
        self._report = root.report
        self._taken: dict[str, int] = {}

    def read(self) -> tuple[Constraint, ...]:
        """Return every constraint that could be understood, in file order."""
        return (*self._locations(), *self._colocations(), *self._orders())

    def _locations(self) -> Iterator[Location]:
        for node, path in self._section.items("location"):
            entry = TableReader(node, LOCATION, path, self._report)
            yield from self._location(entry)

    def _location(self, entry: TableReader) -> Iterator[Location]:
        resource = self._known.resource(entry, "resource")
        word = _only_one(entry, ("prefers", "avoids", "requires", "node"))
        target = None if word is None else self._known.node(entry, word)
        score = _location_score(entry, word)
        if resource is None or word is None or target is None:
            return
        if word != "requires":
            yield self._named(entry, _location_of(resource, target, score))
            return
        for node in self._known.nodes:
            points = INFINITY if node == target else -INFINITY
            made = _location_of(resource, node, points)
            yield self._named(entry, made, suffix=f"-{node}")

    def _colocations(self) -> Iterator[Colocation]:
        for node, path in self._section.items("colocation"):
            entry = TableReader(node, COLOCATION, path, self._report)
            made = self._colocation(entry)
            if made is not None:
                yield self._named(entry, made)

    def _colocation(self, entry: TableReader) -> Colocation | None:
        resource = self._known.resource(entry, "resource")
        word = _only_one(entry, ("with", "apart-from"))
        other = None if word is None else self._known.resource(entry, word)
        score = entry.score("score")
        if word == "apart-from":
            score = -_positive(entry, word, score)
        role = entry.maybe_word("role", Role)
        with_role = entry.maybe_word("with-role", Role)
        if resource is None or other is None or self._is_self(entry, resource, other):
            return None
        return Colocation(
            name=UNNAMED,
            resource=resource,
            with_resource=other,
            score=score,
            role=role,
            with_role=with_role,
        )

    def _orders(self) -> Iterator[Order]:
        for node, path in self._section.items("order"):
            entry = TableReader(node, ORDER, path, self._report)
            made = self._order(entry)
            if made is not None:
                yield self._named(entry, made)

    def _order(self, entry: TableReader) -> Order | None:
        first = self._known.resource(entry, "first")
        then = self._known.resource(entry, "then")
        first_action = entry.plain_word("first-action") or "start"
        then_action = entry.plain_word("then-action") or first_action
        kind = entry.word("kind", OrderKind)
        symmetrical = entry.flag("symmetrical")
        if first is None or then is None or self._is_self(entry, first, then):
            return None
        return Order(
            name=UNNAMED,
            first=first,
            then=then,
            first_action=first_action,
            then_action=then_action,
            kind=kind,
            symmetrical=symmetrical,
        )

    def _is_self(
        self, entry: TableReader, left: ResourceName, right: ResourceName
    ) -> bool:
        if left != right:
            return False
        self._report.error(
            Code.SELF_REFERENCE,
            f"a constraint of `{left}` with itself",
            entry.span,
            "name two resources",
        )
        return True

    def _named(self, entry: TableReader, constraint: T, suffix: str = "") -> T:
        """Give `constraint` the user's name, or the one made from its parts."""
        given = entry.name("name")
        name = derived_name(constraint) if given is None else given + suffix
        if name in self._taken:
            self._say_taken(entry, name, is_given=given is not None)
            # Refused, but further checks still have to tell the two apart.
            name = f"{name}#{entry.span.line}.{entry.span.column}"
        self._taken[name] = entry.span.line
        self._report.place(("constraint", name), entry.span)
        return replace(constraint, name=ConstraintName(name))

    def _say_taken(self, entry: TableReader, name: str, *, is_given: bool) -> None:
        line = self._taken[name]
        if is_given:
            self._report.error(
                Code.DUPLICATE_NAME,
                f"the constraint at line {line} is named `{name}` as well",
                entry.value_span("name"),
                "give it another name, or none",
            )
        else:
            self._report.error(
                Code.REPEATED_CONSTRAINT,
                f"the constraint at line {line} is about the same",
                entry.span,
                "keep one of them; if both are meant, give each a `name`",
            )


def _location_of(resource: ResourceName, node: NodeName, score: int) -> Location:
    return Location(name=UNNAMED, resource=resource, node=node, score=score)


def _only_one(entry: TableReader, keys: tuple[str, ...]) -> str | None:
    """Return the one key of `keys` that was written; report none and several."""
    written = [key for key in keys if entry.has(key)]
    if len(written) == 1:
        return written[0]
    listed = ", ".join(f"`{key}`" for key in keys)
    if written:
        entry.report.error(
            Code.BAD_VALUE,
            f"`{written[0]}` and `{written[1]}` exclude each other",
            entry.key_span(written[1]),
            f"keep one of {listed}",
        )
    else:
        entry.report.error(Code.MISSING_KEY, f"one of {listed} is missing", entry.span)
    return None


def _location_score(entry: TableReader, word: str | None) -> int:
    given = entry.maybe_score("score")
    score = PREFERENCE if given is None else given
    if word == "requires" and given is not None:
        entry.report.error(
            Code.BAD_VALUE,
            "`requires` takes no score: it is mandatory",
            entry.key_span("score"),
            "remove the score, or write `prefers`",
        )
    if word in ("prefers", "avoids"):
        score = _positive(entry, word, score)
    return -score if word == "avoids" else score


def _positive(entry: TableReader, word: str, score: int) -> int:
    """Refuse a negative score beside a word that has the sign already."""
    if score >= 0:
        return score
    opposite = {"prefers": "avoids", "avoids": "prefers", "apart-from": "with"}
    entry.report.error(
        Code.BAD_VALUE,
        f"`{word}` takes a positive score",
        entry.value_span("score"),
        f"`{opposite[word]}` is the other direction",
    )
    return -score
