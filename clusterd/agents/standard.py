"""What each agent standard can do, and which ones this version executes."""

from collections.abc import Mapping
from dataclasses import dataclass

from clusterd.model.agent import EXECUTABLE_STANDARDS, AgentName, Standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What agents of one standard have. Source: Pacemaker Explained, "Resources".

    `actions` are those that every agent of the standard has; `has_metadata` tells
    that the agent itself lists its parameters and further actions.
    """

    sentence: str
    actions: tuple[str, ...]
    has_metadata: bool = False
    has_parameters: bool = False
    can_promote: bool = False


ABILITIES: Mapping[Standard, Ability] = {
    Standard.OCF: Ability(
        sentence="a program called with one action, parameters in its environment",
        actions=("start", "stop", "monitor", "meta-data"),
        has_metadata=True,
        has_parameters=True,
        can_promote=True,
    ),
    Standard.SYSTEMD: Ability(
        sentence="a systemd unit, driven over D-Bus",
        actions=("start", "stop", "monitor"),
    ),
    Standard.LSB: Ability(
        sentence="an init script with LSB exit codes",
        actions=("start", "stop", "monitor"),
    ),
    Standard.SERVICE: Ability(
        sentence="a systemd unit or an init script, whichever exists",
        actions=("start", "stop", "monitor"),
    ),
    Standard.FENCE: Ability(
        sentence="a fence agent, parameters on its standard input",
        actions=("on", "off", "reboot", "status", "metadata"),
        has_metadata=True,
        has_parameters=True,
    ),
}


def standard_of(agent: AgentName) -> Standard | None:
    """Return the standard of an agent, or None if there is no such standard."""
    try:
        return Standard(agent.standard)
    except ValueError:
        return None


def refusal(agent: AgentName) -> str | None:
    """Return why `agent` cannot be executed, as a sentence, or None if it can."""
    standard = standard_of(agent)
    if standard is None:
        return f"`{agent}`: no agent standard is called `{agent.standard}`"
    if standard not in EXECUTABLE_STANDARDS:
        return (
            f"`{agent}`: agents of the standard `{standard.value}`"
            f" ({ABILITIES[standard].sentence}) cannot be executed by this version"
        )
    return None
