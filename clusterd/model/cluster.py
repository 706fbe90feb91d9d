"""All the policy may look at."""

from dataclasses import dataclass

from clusterd.model.configuration import Configuration
from clusterd.model.membership import Member
from clusterd.model.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """The input of `policy.plan`: wanted, observed, members, at one log index.

    `now_wall` is the coordinator's wall clock (seconds): it decides only what
    users express in dates (expiry of failures and holds), never safety.
    """

    index: int
    configuration: Configuration
    version: int
    """Number of the configuration: 0 before the first one."""
    members: tuple[Member, ...]
    status: Status
    has_quorum: bool
    now_wall: float
