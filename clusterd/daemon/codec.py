"""The node's `Codec` contract, fulfilled by `wire`."""

from clusterd.state.command import Proposal
from clusterd.state.replicated import Replicated
from clusterd.wire import command as wire


class WireCodec:
    """Bytes for the log and its snapshots, as every node of the cluster writes them."""

    def proposal_to_bytes(self, proposal: Proposal) -> bytes:
        """Return the entry's data."""
        return wire.command_to_bytes(proposal)

    def proposal_from_bytes(self, data: bytes) -> Proposal:
        """Return what `proposal_to_bytes` was given. Raises ValueError."""
        return wire.command_from_bytes(data)

    def state_to_bytes(self, state: Replicated) -> bytes:
        """Return a snapshot's data."""
        return wire.state_to_bytes(state)

    def state_from_bytes(self, data: bytes) -> Replicated:
        """Return what `state_to_bytes` was given. Raises ValueError."""
        return wire.state_from_bytes(data)
