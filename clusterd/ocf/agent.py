"""The class an agent is: parameters, operations, and one method per operation."""

import os

from clusterd.ocf.call import RESKEY, Call
from clusterd.ocf.faults import NotConfigured
from clusterd.ocf.parameter import Parameter

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What runners add to the parameters of every agent.
_RUNNERS_OWN = ("crm_feature_set", "trace_ra", "trace_dir")
# Actions that come before or after the life of the resource with these
# parameters: here, nothing wrong may pass.
_STRICT = ("start", "validate-all", "reload-agent", "promote", "migrate_from")


class Operation:
    """An action that an agent offers, with advice for its limits (seconds)."""

    def __init__(
        self,
        name: str,
        *,
        timeout: float,
        interval: float | None = None,
        depth: int | None = None,
        role: str = "",
    ) -> None:
        self.name = name
        self.timeout = timeout
        self.interval = interval
        self.depth = depth
        self.role = role

    @property
    def method(self) -> str:
        """The name of the method that carries it out."""
        return self.name.replace("-", "_")


def offers(*operations: Operation) -> tuple[Operation, ...]:
    """Return the table of an agent's operations."""
    return operations


class Agent:
    """Subclass this; the docstring becomes the agent's description.

    Declare parameters as class attributes and `operations = offers(...)`; write one
    method per operation (`reload-agent` is `reload_agent`). A method returns
    nothing or an exit code, or raises a fault. `run` does the rest.
    """

    version = "1.0"
    operations: tuple[Operation, ...] = ()

    def __init__(self, call: Call) -> None:
        """Read the parameters; raises NotConfigured that names all wrong ones."""
        self.call = call
        self.values = read_parameters(type(self), call)

    def __init_subclass__(cls) -> None:
        """Refuse a class that promises an operation it has no method for."""
        for operation in cls.operations:
            if not callable(getattr(cls, operation.method, None)):
                raise TypeError(
                    f"{cls.__name__} lists `{operation.name}` "
                    f"but has no method `{operation.method}`"
                )

    @classmethod
    def parameters(cls) -> "Iterator[Parameter]":
        """Return the parameters in the order of their declaration."""
        for owner in reversed(cls.__mro__):
            for value in vars(owner).values():
                if isinstance(value, Parameter):
                    yield value

    def validate_all(self) -> int | None:
        """Check what parsing cannot; raise the fault that says what is wrong.

        The parameters themselves were checked before this is called. Only check
        level 10 and above asks about this machine.
        """
        return None

    def report_process(self, pid: int) -> None:
        """Tell a watching runner which process is the resource.

        It monitors at once when that process ends. Without a watching runner
        (CLUSTERD_WATCH unset) nothing happens.
        """
        path = self.call.environment.get("CLUSTERD_WATCH", "")
        if path:
            write_file(path, f"{pid}\n")


def read_parameters(agent: type[Agent], call: Call) -> dict[str, object]:
    """Parse what the environment says; raises NotConfigured with every mistake.

    A stop or a monitor goes on with the default where an optional value is
    malformed: what runs with a typo must still be stopped.
    """
    values: dict[str, object] = {}
    mistakes: list[str] = []
    strict = call.action in _STRICT
    for parameter in agent.parameters():
        text = call.environment.get(RESKEY + parameter.name, "")
        try:
            values[parameter.name] = _value(parameter, text)
        except ValueError as fault:
            mistakes += [str(fault)] if strict or parameter.required else []
            values[parameter.name] = parameter.parse(parameter.default or "")
    if strict:
        mistakes += _unknown(agent, call.environment)
    if mistakes:
        raise NotConfigured("; ".join(mistakes))
    return values


def write_file(path: str, text: str) -> None:
    """Replace a file in one step: a reader sees the old or the new text."""
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123  # pathlib costs 9 ms.
        file.write(text)
    os.replace(draft, path)  # noqa: PTH105  # pathlib costs 9 ms.


def _value(parameter: Parameter, text: str) -> object:
    if not text.strip():
        if parameter.required:
            raise ValueError(f"parameter `{parameter.name}` is required but not set")
        return parameter.parse(parameter.default or "")
    try:
        return parameter.parse(text)
    except ValueError as fault:
        shown = "that value" if parameter.private else f"`{text}`"
        raise ValueError(
            f"parameter `{parameter.name}` {fault}, not {shown}"
            + _did_you_mean(text, parameter.choices)
        ) from None


def _unknown(agent: type[Agent], environment: "Mapping[str, str]") -> list[str]:
    known = [parameter.name for parameter in agent.parameters()]
    given = [name[len(RESKEY) :] for name in environment if name.startswith(RESKEY)]
    return [
        f"unknown parameter `{name}`" + _did_you_mean(name, known)
        for name in sorted(given)
        if name not in known
        and name not in _RUNNERS_OWN
        and not name.startswith("CRM_meta_")
    ]


def _did_you_mean(word: str, known: "tuple[str, ...] | list[str]") -> str:
    if not known:
        return ""
    import difflib  # noqa: PLC0415  # 5 ms, paid only for a mistake.

    nearest = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean `{nearest[0]}`?)" if nearest else ""
