"""What nodes say to each other several times a second.

A renewal is heartbeat and lease renewal in one: each node sends it to every
voter, and each voter answers. Times named `sent_at` are the sender's boot-time
clock in seconds and mean nothing to anybody else; ages are differences and do.
Source: CONSENSUS 2.2 and 2.4 (see docs/explanation/leases.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from clusterd.model.names import NodeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A voter no longer acknowledges this session of `node`.

    `index`: the log entry of the eviction: it tells this one from an earlier
    attempt that was never committed. `ack_age`: seconds since it last did; a voter
    that restarted counts from its own start, because it cannot know better.
    """

    node: NodeName
    session: int
    index: int
    ack_age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """A node asks a voter to acknowledge that it lives."""

    sender: NodeName
    session: int
    sequence: int
    sent_at: float
    boot: str
    """Changes when the machine (its runner) started anew."""
    instance: str = ""
    """Changes when the daemon started anew; a second live one is refused."""
    heard: Mapping[NodeName, float] = field(default_factory=dict)
    """Seconds since the sender last heard a renewal of each other member."""
    refusals: tuple[Refusal, ...] = ()
    released: int = 0
    """The newest session of which the sender holds nothing exclusive any more."""
    has_filter: bool = False
    """Its guard can filter addresses to the millisecond (`safety.timing`)."""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewAck:
    """A voter's answer; `sent_at` and `sequence` are echoed.

    `granted` False: the session was evicted (or is not known yet).
    """

    sender: NodeName
    session: int
    sequence: int
    sent_at: float
    granted: bool


LinkMessage: TypeAlias = Renew | RenewAck
