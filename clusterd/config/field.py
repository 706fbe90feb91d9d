"""What the description of one key consists of."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a field holds."""

    FLAG = "true or false"
    INTEGER = "whole number"
    DURATION = "duration"
    SCORE = "score"
    WORD = "word"
    NAME = "name"
    NODE = "name of a node"
    RESOURCE = "name of a resource"
    RESOURCES = "list of names of primitives"
    AGENT = "agent"
    TEXTS = "mapping of names to text"
    TABLE = "mapping"
    TABLES = "mapping of names to mappings"
    OPERATIONS = "mapping of operations to a mapping or a list of them"
    LIST = "list of mappings"


@dataclass(frozen=True, slots=True)
class Field:
    """One key of one mapping.

    `default` is YAML text that stands for an absent key; None: absent stays
    unset, and `unset` says what that means. `minimum` and `maximum` bound
    numbers and durations (seconds). `shape` names the nested mapping.
    """

    key: str
    kind: Kind
    sentence: str
    default: str | None = None
    unset: str = ""
    required: bool = False
    words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    shape: str = ""
    attribute: str = ""
    """Where the model keeps it; empty: the key with `_` for `-`."""
    can_unset: bool = False
    """The word `default` asks for the built-in value of the scheduler."""

    @property
    def name(self) -> str:
        """Return the attribute of the model that holds this field."""
        return self.attribute or self.key.replace("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The keys one kind of mapping may have."""

    name: str
    title: str
    sentence: str
    fields: tuple[Field, ...]

    def field(self, key: str) -> Field:
        """Return the field of that key. Raises KeyError for a fault of ours."""
        for each in self.fields:
            if each.key == key:
                return each
        raise KeyError(key)

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return all keys in the order of the documentation."""
        return tuple(each.key for each in self.fields)


def words_of(enum: type[Enum]) -> tuple[str, ...]:
    """Return the values of a closed set, as users write them."""
    return tuple(str(each.value) for each in enum)
