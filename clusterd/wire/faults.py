"""What can be wrong with bytes we were given.

WireFault
├── DecodeFault      they do not say what they should
└── ForeignVersion   another version wrote them
"""


class WireFault(Exception):
    """Somebody else's bytes cannot be used."""


class DecodeFault(WireFault):
    """The data do not fit the type.

    `path` leads from the root to the place: `resources[2].meta.priority`.
    """

    def __init__(self, cause: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(cause, path)
        self.cause = cause
        self.path = path

    def within(self, step: str | int) -> "DecodeFault":
        """Return the same fault as seen from one level further out."""
        return DecodeFault(self.cause, (step, *self.path))

    @property
    def place(self) -> str:
        """Return the path as people write it; `the root` if it is empty."""
        if not self.path:
            return "the root"
        text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.path)
        return text.removeprefix(".")

    def __str__(self) -> str:
        """Return place and cause in one line."""
        return f"{self.place}: {self.cause}"


class ForeignVersion(WireFault):
    """The bytes were written in a format this program does not read."""

    def __init__(self, subject: str, found: str, understood: str) -> None:
        super().__init__(subject, found, understood)
        self.subject = subject
        self.found = found
        self.understood = understood

    def __str__(self) -> str:
        """Return what was found, what is understood, and the way out."""
        return (
            f"{self.subject} has format {self.found}, this version reads "
            f"{self.understood}; hint: run the newer of the two versions here"
        )
