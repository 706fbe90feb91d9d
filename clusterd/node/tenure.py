"""This node's own lease: how long it may hold what must exist only once."""

from collections.abc import Mapping

from clusterd.membership.machine import MembershipMachine
from clusterd.model.names import InstanceName, NodeName
from clusterd.node.effects import HoldLease
from clusterd.safety.lease import Voters, lease_base
from clusterd.safety.timing import Timing
from clusterd.state.holdings import holdings
from clusterd.state.replicated import Replicated


def exclusive_on(state: Replicated, node: NodeName) -> dict[InstanceName, str]:
    """Return what `node` may hold exclusively, each with its release class."""
    held = holdings(state, node)
    return {InstanceName(name): release.value for name, release in held.items()}


class Tenure:
    """Follows the own lease and tells the guard.

    `forfeited`: the newest session whose lease ended and whose resources the
    guard took away. It never comes back to life; the node needs a new session.

    `until` is on the boot-time clock; before the first lease it is minus
    infinity, so that nothing exclusive can begin.
    """

    def __init__(self, node: NodeName, timing: Timing) -> None:
        """Begin without a lease."""
        self._node = node
        self._timing = timing
        self._session = 0
        self.forfeited = 0
        self.is_guarded = False
        """The guard has said what it forfeited: before, it may know better than we
        that the session is over."""
        self._told: Mapping[InstanceName, str] = {}
        self.until = float("-inf")

    @property
    def is_forfeited(self) -> bool:
        """Tell whether the present session can never hold anything again."""
        return 0 < self._session <= self.forfeited

    def is_valid(self, now: float) -> bool:
        """Tell whether the lease is in force."""
        return now < self.until

    def renew(
        self,
        membership: MembershipMachine,
        voters: Voters,
        state: Replicated,
        now: float,
    ) -> list[HoldLease]:
        """Prolong the lease by what the voters have acknowledged by now.

        One that has ended stays ended: the guard keeps to that, so do we.
        """
        ids = {each.name: each.raft_id for each in state.members}
        if membership.session != self._session:
            released = self._change_session(membership.session, now)
            if released:
                return released
        if float("-inf") < self.until <= now:
            self.forfeited = max(self.forfeited, self._session)
        if self._session <= self.forfeited or not self.is_guarded:
            self.until = float("-inf")
            return []
        acked = {ids[n]: at for n, at in membership.acked.items() if n in ids}
        base = lease_base(voters, acked)
        if base is None:
            return []
        until = base + self._timing.lease
        exclusive = exclusive_on(state, self._node)
        if until <= self.until and exclusive == self._told:
            return []
        self.until = max(until, self.until)
        self._told = exclusive
        return [HoldLease(until=self.until, session=self._session, exclusive=exclusive)]

    def _change_session(self, session: int, now: float) -> list[HoldLease]:
        """Begin a new session: what the old one held is let go at once.

        The guard would do it anyway with the first lease of the new session; but
        then a probe in between would find what is about to vanish.
        """
        ended, held = self._session, self._told
        had_a_lease = self.until > float("-inf")
        self._session = session
        self.until = float("-inf")
        self._told = {}
        if not ended or not had_a_lease:
            return []
        return [HoldLease(until=now - 1.0, session=ended, exclusive=held)]
