"""What can go wrong with other machines.

NetFault
├── CertificateFault    a certificate or key cannot be used
├── PeerUnreachable     a member did not answer a request
├── BadToken            what was pasted is no token
└── JoinFault           this machine could not join
    ├── NobodyReached       no address of the token answered
    ├── WrongFingerprint    somebody else answered
    └── Refused             the cluster said no
"""

from collections.abc import Mapping

from clusterd.model.names import NodeName


class NetFault(Exception):
    """Another machine, or what it showed us, is not as it should be.

    `hint` is the likely way out, or empty.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text, hint)
        self.text = text
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence, then the hint."""
        return f"{self.text}; hint: {self.hint}" if self.hint else self.text


class CertificateFault(NetFault):
    """A certificate or key is expired, foreign, unreadable or not private."""


class PeerUnreachable(NetFault):
    """A member did not answer a request; whether it acted on it is unknown."""

    def __init__(self, peer: NodeName, cause: str) -> None:
        super().__init__(f"`{peer}` did not answer: {cause}")
        self.peer = peer
        self.cause = cause


class BadToken(NetFault):
    """What was pasted is not, or not all of, a join token."""


class JoinFault(NetFault):
    """This machine could not join the cluster."""


class NobodyReached(JoinFault):
    """No address of the token could be reached; `causes` says why for each."""

    def __init__(self, causes: Mapping[str, str]) -> None:
        lines = "; ".join(f"{address}: {cause}" for address, cause in causes.items())
        super().__init__(
            f"no member could be reached ({lines})",
            "check that a member runs and that its enrol port is open to this machine",
        )
        self.causes = causes


class WrongFingerprint(JoinFault):
    """Whoever answered does not hold the authority the token was made with."""

    def __init__(self, address: str, expected: str, found: str) -> None:
        super().__init__(
            f"{address} belongs to another cluster: its authority is {found[:16]}, "
            f"the token says {expected[:16]}",
            "make a new token on a member, and check that nobody is in between",
        )
        self.expected = expected
        self.found = found


class Refused(JoinFault):
    """The cluster said no, for this reason."""
