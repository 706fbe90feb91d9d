"""(state, proposal) -> (state, reply): the only way the replicated state changes.

Every node applies the same proposals in the same order and must get the same
state: nothing here may look at anything but its arguments.
"""

from dataclasses import replace
from typing import assert_never

from clusterd.state.command import (
    AddMember,
    Admit,
    CleanUp,
    Clear,
    ClearHold,
    Command,
    Configure,
    EndMove,
    Evict,
    Forget,
    Found,
    Intend,
    IssueToken,
    Proposal,
    Record,
    Release,
    RemoveMember,
    SetHold,
    StartMove,
    TakeOver,
)
from clusterd.state.configuring import (
    clear_hold,
    configure,
    end_move,
    set_hold,
    start_move,
)
from clusterd.state.intent import intend
from clusterd.state.membership import (
    add_member,
    admit,
    clear,
    evict,
    found,
    issue_token,
    release,
    remove_member,
    take_over,
)
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply
from clusterd.state.result import clean_up, forget, record

REQUESTS_KEPT = 200


def apply(
    state: Replicated, index: int, proposal: Proposal
) -> tuple[Replicated, Reply]:
    """Apply the committed entry at `index`; a request seen before does nothing."""
    state = replace(state, index=index)
    if proposal.request in state.done:
        return state, Accepted(index=index)
    changed, reply = _dispatch(state, proposal.command)
    if proposal.request:
        done = (*changed.done, proposal.request)[-REQUESTS_KEPT:]
        changed = replace(changed, done=done)
    return changed, reply


def skip(state: Replicated, index: int) -> Replicated:
    """Pass over an entry without a command (a new leader's, a voter change)."""
    return replace(state, index=index)


def _dispatch(  # noqa: C901, PLR0911, PLR0912  # A table, one line a command.
    state: Replicated, command: Command
) -> tuple[Replicated, Reply]:
    match command:
        case Intend():
            return intend(state, command)
        case Record():
            return record(state, command)
        case Configure():
            return configure(state, command)
        case SetHold():
            return set_hold(state, command)
        case ClearHold():
            return clear_hold(state, command)
        case StartMove():
            return start_move(state, command)
        case EndMove():
            return end_move(state, command)
        case CleanUp():
            return clean_up(state, command)
        case Forget():
            return forget(state, command)
        case Found():
            return found(state, command)
        case IssueToken():
            return issue_token(state, command)
        case AddMember():
            return add_member(state, command)
        case RemoveMember():
            return remove_member(state, command)
        case Admit():
            return admit(state, command)
        case Evict():
            return evict(state, command)
        case Clear():
            return clear(state, command)
        case Release():
            return release(state, command)
        case TakeOver():
            return take_over(state, command)
        case _:
            assert_never(command)
