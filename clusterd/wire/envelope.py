"""A format version before the bytes, so that neighbours can tell (D18).

`1.0 {"command":...}`: major, dot, minor, space, canonical JSON. Readable in a
database shell, and unmistakable: JSON never begins with a digit and a dot that
is followed by an object.
"""

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from clusterd.wire.codec import Codec
from clusterd.wire.faults import DecodeFault, ForeignVersion

T = TypeVar("T")

_HEAD = re.compile(rb"([0-9]{1,4})\.([0-9]{1,4}) ")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A format: a new major cannot be read by older code, a new minor can."""

    major: int
    minor: int

    def __str__(self) -> str:
        """Return `major.minor`."""
        return f"{self.major}.{self.minor}"


class Envelope(Generic[T]):
    """Values of one type as versioned bytes.

    `tolerant`: skip fields that a newer minor version added. Only where losing
    one is harmless (answers for people). Never for what replicas compute on: two
    nodes that skip different things no longer agree, so there an unknown field
    is a fault, and newer versions write none before the upgrade is finalized.
    """

    def __init__(
        self, kind: object, *, subject: str, version: Version, tolerant: bool = False
    ) -> None:
        self._codec = Codec[T](kind)
        self._subject = subject
        self._version = version
        self._tolerant = tolerant
        self._head = f"{version} ".encode()

    def pack(self, value: T) -> bytes:
        """Return the value with this program's version before it."""
        return self._head + self._codec.encode(value)

    def unpack(self, data: bytes) -> T:
        """Return the value. Raises DecodeFault, or ForeignVersion."""
        head = _HEAD.match(data)
        if head is None:
            raise DecodeFault(f"{self._subject} does not begin with its version")
        found = Version(int(head[1]), int(head[2]))
        if found.major != self._version.major:
            raise self._foreign(found)
        is_newer = found > self._version
        try:
            return self._codec.decode(
                data[head.end() :], tolerant=is_newer and self._tolerant
            )
        except DecodeFault as fault:
            if is_newer:
                raise self._foreign(found) from fault
            raise

    def _foreign(self, found: Version) -> ForeignVersion:
        major, minor = self._version.major, self._version.minor
        return ForeignVersion(
            self._subject, str(found), f"{major}.0 to {major}.{minor}"
        )
