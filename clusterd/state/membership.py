"""Who belongs to the cluster, and who may run resources."""

from dataclasses import replace

from clusterd.model.membership import Member, MemberState, Proof
from clusterd.model.names import NodeName
from clusterd.state.chronicle import entry, remember
from clusterd.state.command import (
    AddMember,
    Admit,
    Clear,
    Evict,
    Found,
    IssueToken,
    Release,
    RemoveMember,
    TakeOver,
)
from clusterd.state.replicated import JoinToken, Replicated
from clusterd.state.reply import Accepted, Refusal, Refused, Reply

TOKENS_KEPT = 50


def found(state: Replicated, command: Found) -> tuple[Replicated, Reply]:
    """Begin a cluster with one member."""
    member = Member(
        name=command.node,
        raft_id=command.raft_id,
        address=command.address,
        since_wall=command.wall,
    )
    begun = replace(
        state,
        cluster=command.cluster,
        members=(member,),
        next_raft_id=command.raft_id + 1,
    )
    told = entry(
        "founded",
        f"cluster {command.cluster} begins on {command.node}",
        command.wall,
        node=command.node,
    )
    return remember(begun, told), Accepted(index=state.index, detail=command.raft_id)


def issue_token(state: Replicated, command: IssueToken) -> tuple[Replicated, Reply]:
    """Remember the digest of a token; forget used and expired ones."""
    live = [t for t in state.tokens if t.expires_wall > command.wall]
    token = JoinToken(digest=command.digest, expires_wall=command.expires_wall)
    changed = replace(state, tokens=(*live, token)[-TOKENS_KEPT:])
    return changed, Accepted(index=state.index)


def add_member(state: Replicated, command: AddMember) -> tuple[Replicated, Reply]:
    """Let a machine in. Asked again by the same machine, answer the same."""
    token = next((t for t in state.tokens if t.digest == command.token_digest), None)
    known = state.member(command.node)
    if token is None or token.expires_wall < command.wall:
        text = "this token is unknown or has expired"
        return state, _bad_token(text)
    if token.used_by and token.used_by != command.node:
        return state, _bad_token(f"this token was used by {token.used_by}")
    if known is not None:
        if token.used_by == command.node:
            return state, Accepted(index=state.index, detail=known.raft_id)
        return state, Refused(
            why=Refusal.NAME_TAKEN,
            text=f'a node named "{command.node}" ({known.address}) is a member',
            hint=f"choose another name, or clusterctl node remove {command.node}",
        )
    return _let_in(state, command, token)


def _let_in(
    state: Replicated, command: AddMember, token: JoinToken
) -> tuple[Replicated, Reply]:
    member = Member(
        name=command.node,
        raft_id=state.next_raft_id,
        address=command.address,
        since_wall=command.wall,
        version=command.version,
    )
    used = replace(token, used_by=command.node)
    changed = replace(
        state,
        members=(*state.members, member),
        next_raft_id=state.next_raft_id + 1,
        tokens=tuple(used if t is token else t for t in state.tokens),
    )
    told = entry(
        "joined",
        f"{command.node} joined ({command.address})",
        command.wall,
        node=command.node,
    )
    return remember(changed, told), Accepted(index=state.index, detail=member.raft_id)


def remove_member(state: Replicated, command: RemoveMember) -> tuple[Replicated, Reply]:
    """Let a machine go, with everything that was known of it."""
    member = state.member(command.node)
    if member is None:
        text = f'no node "{command.node}"'
        return state, Refused(why=Refusal.UNKNOWN_NODE, text=text)
    if member.state is MemberState.LOST:
        return state, Refused(
            why=Refusal.NOT_SAFE,
            text=f"{member.name} is lost and may still run resources",
            hint=f"clusterctl node confirm-off {member.name}",
        )
    kept = tuple(m for m in state.members if m.name != command.node)
    forgotten = _forget_node(replace(state, members=kept), command.node, fails=True)
    status = forgotten.status
    holds = tuple(h for h in status.holds if h.node != command.node)
    moves = tuple(m for m in status.moves if command.node not in (m.node, m.source))
    changed = replace(forgotten, status=replace(status, holds=holds, moves=moves))
    told = entry(
        "left",
        f"{command.node} left",
        command.wall,
        node=command.node,
        author=command.author,
    )
    return remember(changed, told), Accepted(index=state.index)


def admit(state: Replicated, command: Admit) -> tuple[Replicated, Reply]:
    """Open a new session; what the node ran before must be probed again."""
    member = state.member(command.node)
    if member is None or member.state is MemberState.LOST:
        return state, Refused(
            why=Refusal.NOT_SAFE, text=f"{command.node} cannot be admitted now"
        )
    if member.state is MemberState.ONLINE:
        return _look_anew(state, member, command)
    rebooted = member.boot != command.boot
    admitted = replace(
        member,
        state=MemberState.ONLINE,
        session=member.session + 1,
        boot=command.boot,
        since_wall=command.wall,
        reason="",
        proof=None,
        version=command.version,
        has_filter=command.has_filter,
    )
    changed = _forget_node(_with_member(state, admitted), member.name, fails=rebooted)
    told = entry(
        "node-online", f"{member.name} is online", command.wall, node=member.name
    )
    return remember(changed, told), Accepted(index=state.index, detail=admitted.session)


def _look_anew(
    state: Replicated, member: Member, command: Admit
) -> tuple[Replicated, Reply]:
    """Forget what a node ran whose runner began anew: it must be probed.

    Its session goes on. Nobody was told that it let go of anything, and if it was
    the runner alone that died, its guard still holds what it held.
    """
    accepted = Accepted(index=state.index, detail=member.session)
    anew = replace(member, boot=command.boot, has_filter=command.has_filter)
    state = _with_member(state, anew)
    if member.boot == command.boot:
        return state, accepted
    # A machine that was booted finds nothing running: no failure of a resource.
    changed = _forget_node(state, member.name, fails=True)
    told = entry(
        "runner-anew",
        f"the runner of {member.name} began anew",
        command.wall,
        node=member.name,
    )
    return remember(changed, told), accepted


def evict(state: Replicated, command: Evict) -> tuple[Replicated, Reply]:
    """Close a session: the node is lost, and unclean until it is released."""
    member = state.member(command.node)
    if (
        member is None
        or member.state is not MemberState.ONLINE
        or member.session != command.session
    ):
        text = f"session {command.session} of {command.node} is not open"
        return state, Refused(why=Refusal.NOT_SAFE, text=text)
    lost = replace(
        member,
        state=MemberState.LOST,
        evicted_at=state.index,
        cleared=(),
        since_wall=command.wall,
        reason=command.reason,
    )
    told = entry(
        "node-lost",
        f"{member.name} is lost: {command.reason}",
        command.wall,
        node=member.name,
        cause=command.reason,
    )
    return remember(_with_member(state, lost), told), Accepted(index=state.index)


def clear(state: Replicated, command: Clear) -> tuple[Replicated, Reply]:
    """Note that a lost node holds nothing of one class any more."""
    member = state.member(command.node)
    if (
        member is None
        or member.state is not MemberState.LOST
        or member.session != command.session
    ):
        text = f"{command.node} is not lost"
        return state, Refused(why=Refusal.NOT_SAFE, text=text)
    if command.release in member.cleared:
        return state, Accepted(index=state.index)
    cleared = replace(member, cleared=(*member.cleared, command.release))
    told = entry(
        "node-cleared",
        f"{member.name} holds nothing of class {command.release.value} any more",
        command.wall,
        node=member.name,
        cause="its lease ran out",
    )
    return remember(_with_member(state, cleared), told), Accepted(index=state.index)


def release(state: Replicated, command: Release) -> tuple[Replicated, Reply]:
    """Note that a lost node certainly holds nothing exclusive: it is offline."""
    member = state.member(command.node)
    if (
        member is None
        or member.state is not MemberState.LOST
        or member.session != command.session
    ):
        text = f"{command.node} is not lost"
        return state, Refused(why=Refusal.NOT_SAFE, text=text)
    offline = replace(
        member,
        state=MemberState.OFFLINE,
        since_wall=command.wall,
        proof=command.proof,
    )
    changed = _forget_node(_with_member(state, offline), member.name, fails=False)
    told = entry(
        "node-released",
        f"{member.name} holds nothing any more ({_because(command.proof)})",
        command.wall,
        node=member.name,
        author=command.author,
        cause=command.proof.value,
    )
    return remember(changed, told), Accepted(index=state.index)


def take_over(state: Replicated, command: TakeOver) -> tuple[Replicated, Reply]:
    """Note who coordinates from now on."""
    changed = replace(state, coordinator=command.node, term=command.term)
    told = entry(
        "coordinator",
        f"{command.node} coordinates (term {command.term})",
        command.wall,
        node=command.node,
    )
    return remember(changed, told), Accepted(index=state.index)


def _because(proof: Proof) -> str:
    match proof:
        case Proof.LEASE:
            return "its lease ran out"
        case Proof.RELEASED:
            return "it said so"
        case Proof.FENCED:
            return "it was fenced"
        case Proof.CONFIRMED:
            return "confirmed by the operator"


def _bad_token(text: str) -> Refused:
    return Refused(
        why=Refusal.BAD_TOKEN,
        text=text,
        hint="make a new one on a member: clusterctl cluster token",
    )


def _with_member(state: Replicated, member: Member) -> Replicated:
    members = tuple(member if m.name == member.name else m for m in state.members)
    return replace(state, members=members)


def _forget_node(state: Replicated, node: NodeName, *, fails: bool) -> Replicated:
    """Drop the history of `node`, and its fail counts too if asked."""
    status = state.status
    history = {k: h for k, h in status.history.items() if h.node != node}
    counts = status.fail_counts
    if fails:
        counts = tuple(c for c in counts if c.node != node)
    return replace(state, status=replace(status, history=history, fail_counts=counts))
