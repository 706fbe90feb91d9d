"""Parameters of an agent: declared once, parsed, checked and documented from that.

A parameter is a class attribute of an agent and reads as a value of its type:

    port = Integer(8080, minimum=1, maximum=65535, help="Where to listen.")
    ...
    connect(self.port)   # an int
"""

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from clusterd.ocf.agent import Agent

_TRUE = ("1", "true", "yes", "on", "y")
_FALSE = ("0", "false", "no", "off", "n")
# Longest first, so that `ms` is not taken for `s`.
_UNITS = (
    ("msec", 0.001),
    ("ms", 0.001),
    ("min", 60.0),
    ("sec", 1.0),
    ("hr", 3600.0),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
)


class Parameter:
    """What all parameters have in common.

    `default` is text as a user would write it; None means that there is none and
    the value reads as empty. `unique_group` names the parameters that together
    must differ between resources. `private` values are never shown.
    """

    kind = "string"
    """Its type in the metadata."""

    def __init__(
        self,
        default: str | None = None,
        *,
        help: str,  # noqa: A002  # The word authors know from every option parser.
        required: bool = False,
        unique_group: str = "",
        reloadable: bool = False,
        private: bool = False,
    ) -> None:
        self.name = ""
        self.default = default
        self.help = help
        self.required = required
        self.unique_group = unique_group
        self.reloadable = reloadable
        self.private = private

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name under which the agent declares this parameter."""
        self.name = name

    @property
    def choices(self) -> tuple[str, ...]:
        """The legal values if they are a closed list, else nothing."""
        return ()

    def parse(self, text: str) -> object:
        """Turn text into the value; ValueError says what would have been right."""
        return text


class Text(Parameter):
    """Any text; surrounding blanks are not part of it. Empty if not set."""

    def parse(self, text: str) -> str:
        """Strip the blanks that creep in by copying."""
        return text.strip()

    def __get__(self, agent: "Agent", owner: type | None = None) -> str:
        """Return the value on this agent."""
        value = agent.values[self.name]
        assert isinstance(value, str)
        return value


class Choice(Text):
    """One word of a closed list."""

    kind = "select"

    def __init__(
        self,
        *choices: str,
        default: str,
        help: str,  # noqa: A002  # As in Parameter.
        reloadable: bool = False,
        unique_group: str = "",
    ) -> None:
        super().__init__(
            default, help=help, reloadable=reloadable, unique_group=unique_group
        )
        self._choices = choices

    @property
    def choices(self) -> tuple[str, ...]:
        """The legal values."""
        return self._choices

    def parse(self, text: str) -> str:
        """Accept a word of the list in any case."""
        word = text.strip().lower()
        if word not in self._choices:
            raise ValueError(f"must be one of {', '.join(self._choices)}")
        return word


class Integer(Parameter):
    """A whole number within bounds. 0 if it has no default and is not set."""

    kind = "integer"

    def __init__(  # noqa: PLR0913  # A declaration reads best flat.
        self,
        default: int | None = None,
        *,
        help: str,  # noqa: A002  # As in Parameter.
        minimum: int | None = None,
        maximum: int | None = None,
        required: bool = False,
        unique_group: str = "",
        reloadable: bool = False,
    ) -> None:
        super().__init__(
            None if default is None else str(default),
            help=help,
            required=required,
            unique_group=unique_group,
            reloadable=reloadable,
        )
        self.minimum = minimum
        self.maximum = maximum

    def parse(self, text: str) -> int:
        """Read decimal digits; empty is 0."""
        try:
            number = int(text or "0")
        except ValueError:
            raise ValueError("must be a whole number") from None
        if self.minimum is not None and number < self.minimum and text:
            raise ValueError(f"must be at least {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"must be at most {self.maximum}")
        return number

    def __get__(self, agent: "Agent", owner: type | None = None) -> int:
        """Return the value on this agent."""
        value = agent.values[self.name]
        assert isinstance(value, int)
        return value


class Flag(Parameter):
    """Yes or no, in the spellings that users of clusters know."""

    kind = "boolean"

    def parse(self, text: str) -> bool:
        """Read true/false, yes/no, on/off, 1/0; empty is false."""
        word = text.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE or not word:
            return False
        raise ValueError("must be yes or no")

    def __get__(self, agent: "Agent", owner: type | None = None) -> bool:
        """Return the value on this agent."""
        value = agent.values[self.name]
        assert isinstance(value, bool)
        return value


class Seconds(Parameter):
    """A span of time: `3`, `3s`, `250ms`, `2min`, `1h`; reads as seconds.

    0.0 if it has no default and is not set.
    """

    def parse(self, text: str) -> float:
        """Read a number with an optional unit; never negative."""
        return parse_seconds(text) if text.strip() else 0.0

    def __get__(self, agent: "Agent", owner: type | None = None) -> float:
        """Return the value on this agent."""
        value = agent.values[self.name]
        assert isinstance(value, float)
        return value


def parse_seconds(text: str) -> float:
    """Read a span of time in seconds; raises ValueError with a sentence."""
    number, factor = text.strip().lower(), 1.0
    for unit, seconds in _UNITS:
        if number.endswith(unit):
            number, factor = number[: -len(unit)].strip(), seconds
            break
    try:
        span = float(number) * factor
    except ValueError:
        raise ValueError("must be a time such as 3s, 250ms or 2min") from None
    if not 0 <= span < float("inf"):
        raise ValueError("must be a time of zero or more")
    return span
