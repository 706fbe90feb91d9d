"""A look at a machine from outside, for people, metrics and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clusterd.raft.entry import ConfState
from clusterd.raft.progress import Progress, ProgressState
from clusterd.raft.replica import Replica, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatus:
    """What a leader knows of one member; see Progress."""

    match: int
    next: int
    state: ProgressState
    recent_active: bool
    is_learner: bool
    is_paused: bool
    pending_snapshot: int
    inflight: int
    is_inflight_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One node at one moment; `progress` (sorted by id) is empty unless it leads."""

    id: int
    role: Role
    term: int
    vote: int
    leader: int
    commit: int
    applied: int
    first_index: int
    last_index: int
    conf_state: ConfState
    transfer_to: int
    progress: Mapping[int, PeerStatus]


def status_of(replica: Replica) -> Status:
    """Return a copy of what matters."""
    progress = {}
    if replica.role is Role.LEADER:
        for node in replica.peers.members():
            peer = replica.peers.get(node)
            assert peer is not None, "members are tracked"
            progress[node] = peer_status_of(peer)
    return Status(
        id=replica.id,
        role=replica.role,
        term=replica.term,
        vote=replica.vote,
        leader=replica.leader,
        commit=replica.log.committed,
        applied=replica.log.applied,
        first_index=replica.log.first_index,
        last_index=replica.log.last_index,
        conf_state=replica.peers.conf_state,
        transfer_to=replica.transfer_to,
        progress=MappingProxyType(progress),
    )


def peer_status_of(peer: Progress) -> PeerStatus:
    """Return a copy of what is known of a member."""
    return PeerStatus(
        match=peer.match,
        next=peer.next,
        state=peer.state,
        recent_active=peer.recent_active,
        is_learner=peer.is_learner,
        is_paused=peer.is_paused,
        pending_snapshot=peer.pending_snapshot,
        inflight=len(peer.inflights),
        is_inflight_full=peer.inflights.is_full,
    )
