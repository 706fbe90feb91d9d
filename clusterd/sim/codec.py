"""The product's codec, remembering what it has decoded.

All nodes of a run read the same entries, and values are frozen: decoding them
once is enough, and was a third of the time of a run.
"""

from clusterd.state.command import Proposal
from clusterd.state.replicated import Replicated
from clusterd.wire import command as wire

REMEMBERED = 2000


class SharedCodec:
    """Fulfils the node's `Codec` contract for all nodes of one run."""

    def __init__(self) -> None:
        self._proposals: dict[bytes, Proposal] = {}

    def proposal_to_bytes(self, proposal: Proposal) -> bytes:
        """Return the entry's data."""
        return wire.command_to_bytes(proposal)

    def proposal_from_bytes(self, data: bytes) -> Proposal:
        """Return what `proposal_to_bytes` was given."""
        known = self._proposals.get(data)
        if known is None:
            known = self._proposals[data] = wire.command_from_bytes(data)
            if len(self._proposals) > REMEMBERED:
                del self._proposals[next(iter(self._proposals))]
        return known

    def state_to_bytes(self, state: Replicated) -> bytes:
        """Return a snapshot's data."""
        return wire.state_to_bytes(state)

    def state_from_bytes(self, data: bytes) -> Replicated:
        """Return what `state_to_bytes` was given."""
        return wire.state_from_bytes(data)
