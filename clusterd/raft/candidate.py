"""How a node becomes leader: pre-vote, vote, and the rules of a candidate."""

from collections.abc import Callable, Mapping
from enum import Enum

from clusterd.raft.entry import NOBODY
from clusterd.raft.message import TRANSFER_CONTEXT, Message, MessageKind
from clusterd.raft.quorum import VoteResult
from clusterd.raft.replica import ProposalDropped, Replica, Role
from clusterd.raft.replication import broadcast_append


class Campaign(Enum):
    """Why and how a node asks for votes.

    PRE_ELECTION asks without disturbing anybody (thesis, 9.6); TRANSFER was
    asked for by the leader, so that it overrides the leader's lease.
    """

    PRE_ELECTION = "pre-election"
    ELECTION = "election"
    TRANSFER = "transfer"


def answer_kind(vote: MessageKind) -> MessageKind:
    """Return the kind that answers a kind of vote."""
    if vote is MessageKind.PRE_VOTE:
        return MessageKind.PRE_VOTE_RESP
    return MessageKind.VOTE_RESP


def rise(replica: Replica) -> None:
    """Campaign because the election timeout has passed."""
    pre_vote = replica.config.pre_vote
    try_campaign(replica, Campaign.PRE_ELECTION if pre_vote else Campaign.ELECTION)


def try_campaign(replica: Replica, campaign: Campaign) -> None:
    """Campaign, if this node may: it votes, and its view of who votes is current."""
    may_lead = replica.role is not Role.LEADER and replica.is_promotable
    # With an unapplied change it would not know whose votes to count.
    if may_lead and not replica.log.has_unapplied_change():
        _campaign(replica, campaign)


def _campaign(replica: Replica, campaign: Campaign) -> None:
    if campaign is Campaign.PRE_ELECTION:
        replica.become_pre_candidate()
        kind, term = MessageKind.PRE_VOTE, replica.term + 1
    else:
        replica.become_candidate()
        kind, term = MessageKind.VOTE, replica.term
    context = TRANSFER_CONTEXT if campaign is Campaign.TRANSFER else b""
    for voter in replica.peers.voters():
        if voter == replica.id:
            # Counted only when our own disk has it, like everybody's vote.
            replica.send(Message(kind=answer_kind(kind), to=voter, term=term))
            continue
        request = Message(
            kind=kind,
            to=voter,
            term=term,
            index=replica.log.last_index,
            log_term=replica.log.last_term,
            context=context,
        )
        replica.send(request)


def on_vote(replica: Replica, message: Message) -> None:
    """Answer a (pre-)vote request, whatever our role is.

    Learners answer too: a candidate asks only those it takes for voters, and it
    may know of their promotion earlier than they do.
    """
    is_pre_vote = message.kind is MessageKind.PRE_VOTE
    is_free = replica.vote == NOBODY and replica.leader == NOBODY
    may_vote = (
        replica.vote == message.sender
        or is_free
        or (is_pre_vote and message.term > replica.term)
    )
    kind = answer_kind(message.kind)
    if may_vote and replica.log.is_up_to_date(message.log_term, message.index):
        # The term of the request: a pre-vote is granted for a term to come.
        replica.send(Message(kind=kind, to=message.sender, term=message.term))
        if not is_pre_vote:
            replica.election_elapsed = 0
            replica.vote = message.sender
        return
    refusal = Message(kind=kind, to=message.sender, term=replica.term, reject=True)
    replica.send(refusal)


def on_pre_vote_response(replica: Replica, message: Message) -> None:
    """Count an answer of the pre-campaign; a majority makes it a real one."""
    if replica.role is not Role.PRE_CANDIDATE:
        return
    match replica.peers.count_vote(message.sender, granted=not message.reject):
        case VoteResult.WON:
            _campaign(replica, Campaign.ELECTION)
        case VoteResult.LOST:
            # In our own term: that of the answer may be one to come.
            replica.become_follower(replica.term, NOBODY)
        case VoteResult.PENDING:
            pass


def on_vote_response(replica: Replica, message: Message) -> None:
    """Count an answer of the campaign; a majority makes a leader."""
    if replica.role is not Role.CANDIDATE:
        return
    match replica.peers.count_vote(message.sender, granted=not message.reject):
        case VoteResult.WON:
            replica.become_leader()
            broadcast_append(replica)
        case VoteResult.LOST:
            replica.become_follower(replica.term, NOBODY)
        case VoteResult.PENDING:
            pass


def on_proposal(_replica: Replica, _message: Message) -> None:
    """Raise ProposalDropped: there is no leader."""
    raise ProposalDropped("an election is under way; try again when there is a leader")


RULES: Mapping[MessageKind, Callable[[Replica, Message], None]] = {
    MessageKind.PROP: on_proposal,
    MessageKind.VOTE_RESP: on_vote_response,
    MessageKind.PRE_VOTE_RESP: on_pre_vote_response,
}
