"""What the coordinator owes the members: evict, release, admit.

Pure questions about one moment: the machine asks them at every heartbeat and
proposes what they answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clusterd.membership.machine import MembershipMachine
from clusterd.model.membership import Member, MemberState, Proof
from clusterd.model.names import NodeName
from clusterd.model.resource import Release as ReleaseClass
from clusterd.safety.lease import Voters, has_majority, released_at
from clusterd.safety.timing import BOUNDS, Timing
from clusterd.state.command import Admit, Clear, Command, Evict, Release
from clusterd.state.holdings import holdings
from clusterd.state.replicated import Replicated


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that the duties look at. `voters` are raft ids; `now` this node's clock."""

    node: NodeName
    state: Replicated
    membership: MembershipMachine
    voters: Voters
    timing: Timing
    now: float
    wall: float


def due(situation: Situation) -> Iterator[Command]:
    """Yield what must be proposed now."""
    for member in situation.state.members:
        command = _due_for(situation, member)
        if command is not None:
            yield command


def _due_for(situation: Situation, member: Member) -> Command | None:
    match member.state:
        case MemberState.ONLINE:
            return eviction(situation, member) or rebirth(situation, member)
        case MemberState.LOST:
            return releasing(situation, member)
        case MemberState.PENDING | MemberState.OFFLINE:
            return admission(situation, member)


def eviction(at: Situation, member: Member) -> Evict | None:
    """Evict a member that a majority of the voters has not heard for `loss`.

    The coordinator's own silence is not enough: then the path is broken, not
    the node (CONSENSUS 2.4.3). A member that had to release everything asks for
    it, since only a new session lets it hold anything again.
    """
    if _released(at, member) >= member.session:
        return Evict(
            node=member.name,
            session=member.session,
            reason="its lease ended and it released everything",
            wall=at.wall,
        )
    if member.name == at.node:
        return None
    ids = {each.name: each.raft_id for each in at.state.members}
    silence = at.membership.silence(member.name, at.now)
    silent = [ids[w] for w, age in silence.items() if age > at.timing.loss and w in ids]
    if not has_majority(at.voters, silent):
        return None
    age = silence[at.node]
    return Evict(
        node=member.name,
        session=member.session,
        reason=f"silent for {age:.1f} s",
        wall=at.wall,
    )


def releasing(at: Situation, member: Member) -> Release | Clear | None:
    """Release a lost node when it says so or when its lease is certainly over.

    Class by class: what the kernel takes away is free before what the guard
    has to kill.
    """
    if _released(at, member) >= member.session:
        return _release(at, member, Proof.RELEASED)
    ends = endings(at, member)
    if ends is None:
        return None
    if all(end is not None and at.now >= end for end in ends.values()):
        return _release(at, member, Proof.LEASE)
    for release, end in ends.items():
        if end is not None and at.now >= end and release not in member.cleared:
            return Clear(
                node=member.name,
                session=member.session,
                release=release,
                wall=at.wall,
            )
    return None


def _released(at: Situation, member: Member) -> int:
    """Return the newest session `member` says it holds nothing of; 0 for none."""
    if member.name == at.node:
        return at.membership.released
    return at.membership.peers.get(member.name).released


def endings(at: Situation, member: Member) -> dict[ReleaseClass, float | None] | None:
    """Return when the lost `member` certainly holds nothing, for each class.

    On this node's clock; only the classes of what may be active there, none if
    nothing exclusive can be. A class that no lease takes away has None. None as a
    whole: not enough voters have reported yet.
    """
    ids = {each.name: each.raft_id for each in at.state.members}
    acks = at.membership.last_acks(member, at.now)
    known = {ids[name]: instant for name, instant in acks.items() if name in ids}
    if released_at(at.voters, known, at.timing, 0.0) is None:
        return None
    held = set(holdings(at.state, member.name).values())
    ends: dict[ReleaseClass, float | None] = {}
    for release in ReleaseClass:
        if release in held:
            bound = BOUNDS.of(release, has_filter=member.has_filter)
            ends[release] = (
                None
                if bound is None
                else released_at(at.voters, known, at.timing, bound)
            )
    return ends


def next_ending(at: Situation, member: Member) -> float | None:
    """Return the next instant at which `releasing` has something to say, or None."""
    ends = endings(at, member) or {}
    coming = [end for end in ends.values() if end is not None and end > at.now]
    return min(coming, default=None)


def admission(at: Situation, member: Member) -> Admit | None:
    """Admit a member that is heard steadily; one that was lost after a while.

    The while keeps a flapping link from admitting and evicting in turn.
    """
    if member.name == at.node:
        return _admit(at, member, at.membership.boot) if at.membership.boot else None
    peer = at.membership.peers.get(member.name)
    steady = 0.0 if member.state is MemberState.PENDING else at.timing.loss
    is_heard = peer.ever_heard and at.now - peer.heard_at <= at.timing.loss
    if not is_heard or at.now - peer.heard_since < steady:
        return None
    return _admit(at, member, peer.boot)


def rebirth(at: Situation, member: Member) -> Admit | None:
    """Have a node probed whose runner began anew before the node was missed."""
    if member.name == at.node:
        boot = at.membership.boot
    else:
        peer = at.membership.peers.get(member.name)
        is_heard = peer.ever_heard and at.now - peer.heard_at <= at.timing.loss
        boot = peer.boot if is_heard else ""
    if not boot or boot == member.boot:
        return None
    return _admit(at, member, boot)


def _admit(at: Situation, member: Member, boot: str) -> Admit:
    own = member.name == at.node
    peer = at.membership.peers.get(member.name)
    return Admit(
        node=member.name,
        boot=boot,
        wall=at.wall,
        version=member.version if own else peer.version,
        has_filter=at.membership.has_filter if own else peer.has_filter,
    )


def _release(at: Situation, member: Member, proof: Proof) -> Release:
    return Release(node=member.name, session=member.session, proof=proof, wall=at.wall)
