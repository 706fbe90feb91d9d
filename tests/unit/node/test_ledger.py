"""Applying what is committed, and knowing the evictions that are not yet."""

from clusterd.daemon.codec import WireCodec
from clusterd.model.names import NodeName
from clusterd.node.ledger import Ledger
from clusterd.raft.entry import Entry, EntryKind
from clusterd.state.command import Command, Evict, Found, IssueToken
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted

N1 = NodeName("n1")
FOUND = Found(cluster="demo", node=N1, address="n1:7447", raft_id=1, wall=0.0)
EVICT = Evict(node=N1, session=3, reason="silent")


def _ledger() -> Ledger:
    return Ledger(WireCodec(), Replicated())


def _entry(ledger: Ledger, index: int, command: Command, request: str = "") -> Entry:
    return Entry(term=1, index=index, data=ledger.encode(request, command))


def test_a_committed_command_changes_the_state_and_answers_its_request() -> None:
    """What was encoded is what is applied, with the reply for whoever waits."""
    ledger = _ledger()

    applied = ledger.apply(_entry(ledger, 1, FOUND, request="n1/a/1"))

    assert applied is not None
    assert applied.request == "n1/a/1"
    assert applied.command == FOUND
    assert isinstance(applied.reply, Accepted)
    assert applied.before.members == ()
    assert applied.after is ledger.state
    assert ledger.state.member(N1) is not None


def test_entries_without_a_command_only_move_the_index() -> None:
    """A new leader's mark and a voter change are for raft alone."""
    ledger = _ledger()
    change = Entry(term=1, index=2, kind=EntryKind.CONF_CHANGE_V2, data=b"\x01")

    assert ledger.apply(Entry(term=1, index=1)) is None
    assert ledger.apply(change) is None

    assert ledger.state == Replicated(index=2)


def test_an_entry_below_the_state_is_not_applied_again() -> None:
    """After a restart the log may begin before the snapshot's end."""
    ledger = _ledger()
    ledger.apply(_entry(ledger, 5, FOUND))
    before = ledger.state

    assert ledger.apply(_entry(ledger, 4, EVICT)) is None
    assert ledger.state is before


def test_an_appended_eviction_counts_before_it_is_committed() -> None:
    """A voter refuses the session from the append on: the wait is computed so."""
    ledger = _ledger()

    ledger.append((_entry(ledger, 8, EVICT),))

    assert ledger.evicted() == {(N1, 3): 8}


def test_an_eviction_that_was_overwritten_counts_no_more() -> None:
    """Another leader's entries replace the tail: that eviction never was."""
    ledger = _ledger()
    token = IssueToken(digest="d", expires_wall=1.0)
    ledger.append((_entry(ledger, 7, token), _entry(ledger, 8, EVICT)))

    ledger.append((_entry(ledger, 8, token),))

    assert ledger.evicted() == {}


def test_entries_behind_an_eviction_leave_it_alone() -> None:
    """Only what is replaced is forgotten."""
    ledger = _ledger()
    ledger.append((_entry(ledger, 8, EVICT),))

    ledger.append((_entry(ledger, 9, FOUND),))
    ledger.append(())

    assert ledger.evicted() == {(N1, 3): 8}


def test_an_applied_eviction_is_the_states_business() -> None:
    """From then on the member itself says that its session is closed."""
    ledger = _ledger()
    entry = _entry(ledger, 8, EVICT)
    ledger.append((entry,))

    ledger.apply(entry)

    assert ledger.evicted() == {}


def test_a_leaders_snapshot_replaces_everything_up_to_its_index() -> None:
    """Evictions beyond it still stand in the tail."""
    source = _ledger()
    source.apply(_entry(source, 8, FOUND))
    ledger = _ledger()
    later = Evict(node=N1, session=4, reason="silent")
    ledger.append((_entry(ledger, 8, EVICT), _entry(ledger, 9, later)))

    ledger.restore(source.snapshot())

    assert ledger.state == source.state
    assert ledger.evicted() == {(N1, 4): 9}
