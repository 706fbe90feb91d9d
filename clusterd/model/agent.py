"""How one kind of resource is handled, and what its metadata says."""

from dataclasses import dataclass
from enum import Enum


class Standard(Enum):
    """Who defines how an agent is called. What each can do: agents/standard.py."""

    OCF = "ocf"
    SYSTEMD = "systemd"
    LSB = "lsb"
    SERVICE = "service"
    FENCE = "fence"


EXECUTABLE_STANDARDS = frozenset({Standard.OCF})
"""The standards whose agents this version can run."""


@dataclass(frozen=True, slots=True, order=True)
class AgentName:
    """Standard, provider and type: `ocf:clusterd:VIP`.

    Only the `ocf` standard has a provider; for the others it is empty.
    """

    standard: str
    provider: str
    type: str

    def __str__(self) -> str:
        """Return the name as users write it."""
        parts = [self.standard, self.provider, self.type]
        return ":".join(part for part in parts if part)

    @classmethod
    def parse(cls, text: str) -> "AgentName":
        """Read `ocf:PROVIDER:TYPE`, `PROVIDER:TYPE` (ocf) or `STANDARD:TYPE`.

        Raises ValueError with a sentence for the user.
        """
        parts = text.split(":")
        if not all(parts) or len(parts) not in (2, 3):
            raise ValueError(f"`{text}` is not PROVIDER:TYPE or ocf:PROVIDER:TYPE")
        if len(parts) == 3:
            return cls(*parts)
        if parts[0] in ("systemd", "lsb", "service", "fence"):
            return cls(parts[0], "", parts[1])
        return cls("ocf", *parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter an agent understands."""

    name: str
    kind: str = "string"
    default: str | None = None
    required: bool = False
    unique_group: str | None = None
    reloadable: bool = False
    private: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAdvice:
    """Timeout and interval (seconds) an agent recommends for one of its actions."""

    name: str
    timeout: float
    interval: float = 0.0
    depth: int = 0
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMetadata:
    """What `meta-data` of an agent says."""

    name: AgentName
    version: str = ""
    summary: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    operations: tuple[OperationAdvice, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, or None if the agent has none."""
        return next((each for each in self.parameters if each.name == name), None)

    def supports(self, operation: str) -> bool:
        """Tell whether the agent lists an action of that name."""
        return any(each.name == operation for each in self.operations)
