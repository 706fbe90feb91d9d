"""How the node's values become bytes: a contract that `wire` fulfils."""

from typing import Protocol

from clusterd.state.command import Proposal
from clusterd.state.replicated import Replicated


class Codec(Protocol):
    """Bytes for the log and its snapshots. Decoding raises ValueError."""

    def proposal_to_bytes(self, proposal: Proposal) -> bytes:
        """Return the entry's data."""
        ...

    def proposal_from_bytes(self, data: bytes) -> Proposal:
        """Return what `proposal_to_bytes` was given."""
        ...

    def state_to_bytes(self, state: Replicated) -> bytes:
        """Return a snapshot's data."""
        ...

    def state_from_bytes(self, data: bytes) -> Replicated:
        """Return what `state_to_bytes` was given."""
        ...
