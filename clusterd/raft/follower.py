"""The rules of a follower: take the leader's log, forward what is for the leader.

A candidate that hears the leader of its term follows the same rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from clusterd.raft.candidate import Campaign, try_campaign
from clusterd.raft.entry import NOBODY, Snapshot
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.read_only import ReadState
from clusterd.raft.replica import ProposalDropped, Replica, Role
from clusterd.raft.snapshot import take_snapshot

Rule = Callable[[Replica, Message], None]


def on_append(replica: Replica, message: Message) -> None:
    """Take entries, or say where the logs may agree."""
    log = replica.log
    answer = Message(kind=MessageKind.APP_RESP, to=message.sender)
    if message.index < log.committed:
        replica.send(replace(answer, index=log.committed))
        return
    if log.accept((message.log_term, message.index), message.entries):
        last = message.index + len(message.entries)
        # Only what this message proved to be the leader's may be committed.
        log.commit_to(min(message.commit, last))
        replica.send(replace(answer, index=last))
        return
    hint = min(message.index, log.last_index)
    hint, hint_term = log.agreement(hint, message.log_term)
    replica.send(
        replace(
            answer,
            index=message.index,
            reject=True,
            reject_hint=hint,
            log_term=hint_term,
        )
    )


def on_heartbeat(replica: Replica, message: Message) -> None:
    """Learn the commit index and answer."""
    replica.log.commit_to(message.commit)
    answer = Message(
        kind=MessageKind.HEARTBEAT_RESP, to=message.sender, context=message.context
    )
    replica.send(answer)


def on_snapshot(replica: Replica, message: Message) -> None:
    """Take a snapshot in place of the log, if it says more."""
    log = replica.log
    is_taken = take_snapshot(replica, message.snapshot or Snapshot())
    index = log.last_index if is_taken else log.committed
    replica.send(Message(kind=MessageKind.APP_RESP, to=message.sender, index=index))


def _heard_leader(rule: Rule) -> Rule:
    def obey(replica: Replica, message: Message) -> None:
        if replica.role is not Role.FOLLOWER:
            replica.become_follower(message.term, message.sender)
        replica.election_elapsed = 0
        replica.leader = message.sender
        rule(replica, message)

    return obey


def on_proposal(replica: Replica, message: Message) -> None:
    """Forward proposals to the leader.

    Raises ProposalDropped if none is known or forwarding is off.
    """
    if replica.leader == NOBODY:
        raise ProposalDropped("no leader is known")
    if not replica.config.forward_proposals:
        raise ProposalDropped(f"not the leader; that is {replica.leader}")
    _forward(replica, message)


def on_for_leader(replica: Replica, message: Message) -> None:
    """Forward to the leader; without one it is lost, as on the network."""
    if replica.leader != NOBODY:
        _forward(replica, message)


def _forward(replica: Replica, message: Message) -> None:
    replica.send(replace(message, to=replica.leader))


def on_timeout_now(replica: Replica, _message: Message) -> None:
    """Campaign at once: the leader wants us to.

    Without pre-vote, even if it is on: we know that the group is well.
    """
    try_campaign(replica, Campaign.TRANSFER)


def on_read_index_response(replica: Replica, message: Message) -> None:
    """Hand the leader's answer to the reader."""
    state = ReadState(index=message.index, context=message.context)
    replica.read_states.append(state)


def on_forget_leader(replica: Replica, _message: Message) -> None:
    """Forget who leads, so that others may be elected before the lease ends.

    Not with leased reads, whose safety is that lease.
    """
    if not replica.config.read_only_lease:
        replica.leader = NOBODY


LEADER_SPEAKS: Mapping[MessageKind, Rule] = {
    MessageKind.APP: _heard_leader(on_append),
    MessageKind.HEARTBEAT: _heard_leader(on_heartbeat),
    MessageKind.SNAP: _heard_leader(on_snapshot),
}
"""What only the leader of the term says; it ends every candidacy."""

RULES: Mapping[MessageKind, Rule] = {
    **LEADER_SPEAKS,
    MessageKind.PROP: on_proposal,
    MessageKind.READ_INDEX: on_for_leader,
    MessageKind.READ_INDEX_RESP: on_read_index_response,
    MessageKind.TRANSFER_LEADER: on_for_leader,
    MessageKind.TIMEOUT_NOW: on_timeout_now,
    MessageKind.FORGET_LEADER: on_forget_leader,
}
