"""Reading the arguments of a request: the right type, or a refusal that says so."""

from collections.abc import Mapping

from clusterd.api.faults import unknown_node, unknown_resource, usage
from clusterd.api.protocol import Json
from clusterd.model.names import NodeName, ResourceName
from clusterd.state.presence import all_names
from clusterd.state.replicated import Replicated

MESSAGE_MAX = 500
"""Characters of a `-m` message: it stands in one line of `status`."""


class Arguments:
    """The arguments of one request. Every method raises RequestRefused."""

    def __init__(self, data: Mapping[str, Json]) -> None:
        self._data = data

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.optional_text(key)
        if not value:
            raise usage(f"`{key}` is missing")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None if it is absent."""
        value = self._data.get(key)
        if value is None or isinstance(value, str):
            return value
        raise usage(f"`{key}` must be text")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty if absent."""
        value = self._data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise usage(f"`{key}` must be a list of texts")
        texts = tuple(each for each in value if isinstance(each, str))
        if len(texts) != len(value):
            raise usage(f"`{key}` must be a list of texts")
        return texts

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self._data.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise usage(f"`{key}` must be true or false")
        return value

    def number(self, key: str) -> float | None:
        """Return a number, or None if it is absent."""
        value = self._data.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise usage(f"`{key}` must be a number")
        return float(value)

    def integer(self, key: str) -> int | None:
        """Return a whole number, or None if it is absent."""
        value = self.number(key)
        if value is None:
            return None
        if value != int(value):
            raise usage(f"`{key}` must be a whole number")
        return int(value)

    def message(self) -> str:
        """Return the reason the user gave, in one line."""
        message = " ".join((self.optional_text("message") or "").split())
        if len(message) > MESSAGE_MAX:
            raise usage(
                f"the message has {len(message)} characters, at most"
                f" {MESSAGE_MAX} are allowed"
            )
        return message

    def until(self, now_wall: float) -> float | None:
        """Return when a hold ends (wall), or None: never by itself."""
        until = self.number("until_wall")
        if until is not None and until <= now_wall:
            raise usage("the end lies in the past")
        return until

    def node(self, key: str, state: Replicated) -> NodeName | None:
        """Return the name of a member, or None if the argument is absent."""
        name = self.optional_text(key)
        return None if name is None else known_node(name, state)

    def resource(self, key: str, state: Replicated) -> ResourceName | None:
        """Return the name of a resource, or None if the argument is absent."""
        name = self.optional_text(key)
        return None if name is None else known_resource(name, state)


def known_node(name: str, state: Replicated) -> NodeName:
    """Return the member's name. Raises RequestRefused with a near name."""
    if state.member(NodeName(name)) is None:
        raise unknown_node(name, [each.name for each in state.members])
    return NodeName(name)


def known_resource(name: str, state: Replicated) -> ResourceName:
    """Return the resource's name. Raises RequestRefused with a near name."""
    if state.configuration.top_of(ResourceName(name)) is None:
        raise unknown_resource(name, all_names(state))
    return ResourceName(name)
