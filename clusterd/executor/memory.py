"""Names seen before, of which only so many are remembered."""


class Memory:
    """A bounded set: the oldest names go first."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._names: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        """Tell whether the name is remembered."""
        return name in self._names

    def add(self, name: str) -> None:
        """Remember a name; one that is known becomes the newest."""
        self._names.pop(name, None)
        self._names[name] = None
        if len(self._names) > self._count_max:
            del self._names[next(iter(self._names))]
