"""Which raft id is whom, and where: also for members that have just left.

A voter that is no member any more must be reached until the voters have agreed
to go on without it, so this forgets nothing while the node runs.
"""

from collections.abc import Iterable, Mapping

from clusterd.model.membership import Member
from clusterd.model.names import NodeName


class Directory:
    """Names and addresses by raft id."""

    def __init__(self, seeds: Mapping[int, tuple[NodeName, str]]) -> None:
        """Begin with what joining told."""
        self._known = dict(seeds)

    def learn(self, members: Iterable[Member]) -> None:
        """Take in the members as the log has them now."""
        for each in members:
            self._known[each.raft_id] = (each.name, each.address)

    def name(self, raft_id: int) -> NodeName | None:
        """Return whose number that is, or None."""
        known = self._known.get(raft_id)
        return None if known is None else known[0]

    def addresses(self, raft_ids: Iterable[int]) -> dict[NodeName, str]:
        """Return name and address (`host:port`) of each of these that is known."""
        found = (self._known.get(each) for each in sorted(set(raft_ids)))
        return dict(each for each in found if each is not None)
