"""What entries and snapshots of the log carry, as versioned bytes."""

from clusterd.state.command import Proposal
from clusterd.state.replicated import Replicated
from clusterd.wire.envelope import Envelope, Version

_PROPOSALS: Envelope[Proposal] = Envelope(
    Proposal, subject="a command of the log", version=Version(1, 0)
)
_STATES: Envelope[Replicated] = Envelope(
    Replicated, subject="a snapshot", version=Version(1, 0)
)


def command_to_bytes(proposal: Proposal) -> bytes:
    """Return a command as the log stores and replicates it."""
    return _PROPOSALS.pack(proposal)


def command_from_bytes(data: bytes) -> Proposal:
    """Return the command. Raises DecodeFault or ForeignVersion."""
    return _PROPOSALS.unpack(data)


def state_to_bytes(state: Replicated) -> bytes:
    """Return the whole replicated state as a snapshot stores it."""
    return _STATES.pack(state)


def state_from_bytes(data: bytes) -> Replicated:
    """Return the state. Raises DecodeFault or ForeignVersion."""
    return _STATES.unpack(data)
