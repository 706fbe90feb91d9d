"""What happened, as a table a human can read, and its fingerprint."""

import hashlib
from collections import deque
from dataclasses import dataclass

KEPT = 4000
"""Lines kept for reading; the fingerprint covers all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, at `at` real seconds; `node` empty: to nobody."""

    at: float
    node: str
    text: str

    def __str__(self) -> str:
        """Return the line of the table."""
        return f"{self.at:10.4f}  {self.node:<4}  {self.text}"


class Story:
    """Collects lines; `tell` is called by everybody, `lines` by the reader."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._sum = hashlib.sha256()
        self.count = 0

    def tell(self, at: float, node: str, text: str) -> None:
        """Add a line."""
        line = Line(at, node, text)
        self._lines.append(line)
        self._sum.update(f"{line}\n".encode())
        self.count += 1

    @property
    def fingerprint(self) -> str:
        """Equal for equal stories."""
        return self._sum.hexdigest()

    def lines(self) -> list[str]:
        """Return the table: a head, then the newest lines."""
        left_out = self.count - len(self._lines)
        head = [f"{'seconds':>10}  node  what"]
        if left_out:
            head.append(f"{'':10}        ({left_out} earlier lines left out)")
        return [*head, *(str(each) for each in self._lines)]
