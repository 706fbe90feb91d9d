"""The log of one node."""

import pytest

from clusterd.raft.entry import Entry, EntryKind, Snapshot
from clusterd.raft.log import Log, cut


def entries(*terms: int, first: int = 1) -> list[Entry]:
    """Return entries of these terms, from index `first` on."""
    return [
        Entry(term=term, index=index) for index, term in enumerate(terms, start=first)
    ]


def log_of(*terms: int) -> Log:
    """Return a saved log of these terms, from index 1 on."""
    return Log(Snapshot(), entries(*terms))


def terms_of(log: Log) -> list[int]:
    """Return the terms of all entries."""
    everything = log.between(log.first_index, log.last_index + 1)
    return [entry.term for entry in everything]


def test_entries_of_the_leader_replace_those_that_differ() -> None:
    """From the first difference on; what was saved of them counts no more."""
    log = log_of(1, 1, 2, 2)

    is_taken = log.accept((1, 2), entries(3, 3, 3, first=3))

    assert is_taken
    assert terms_of(log) == [1, 1, 3, 3, 3]
    assert [entry.index for entry in log.to_save()] == [3, 4, 5]


def test_old_message_does_not_shorten_the_log() -> None:
    """It may arrive after a newer one whose entries were acknowledged."""
    log = log_of(1, 1, 1)

    is_taken = log.accept((1, 1), entries(1, first=2))

    assert is_taken
    assert terms_of(log) == [1, 1, 1]
    assert log.to_save() == ()


@pytest.mark.parametrize(
    "prev", [pytest.param((2, 2), id="other term"), pytest.param((1, 9), id="gap")]
)
def test_entries_that_do_not_fit_are_refused(prev: tuple[int, int]) -> None:
    """Raft paper, section 5.3: the consistency check."""
    log = log_of(1, 1)

    assert not log.accept(prev, entries(2, first=prev[1] + 1))
    assert terms_of(log) == [1, 1]


def test_committed_entries_cannot_be_replaced() -> None:
    """Whoever asks for it has lost its log: going on would lose ours."""
    log = log_of(1, 1, 1)
    log.commit_to(2)

    with pytest.raises(AssertionError, match="committed is for ever"):
        log.append(entries(2, first=2))


def test_commit_beyond_the_log_means_that_the_log_was_lost() -> None:
    """The leader counted an acknowledgement that we do not remember."""
    with pytest.raises(AssertionError, match="log lost"):
        log_of(1).commit_to(2)


@pytest.mark.parametrize(
    ("term", "index", "is_newer"),
    [
        pytest.param(2, 9, False, id="longer but older"),
        pytest.param(3, 2, False, id="same term, shorter"),
        pytest.param(3, 3, True, id="equal"),
        pytest.param(4, 1, True, id="shorter but newer"),
    ],
)
def test_up_to_date_is_judged_by_term_then_length(
    term: int,
    index: int,
    is_newer: bool,  # noqa: FBT001  # A column of the table.
) -> None:
    """Raft paper, section 5.4.1."""
    assert log_of(1, 2, 3).is_up_to_date(term, index) == is_newer


def test_agreement_skips_whole_terms() -> None:
    """One round trip per term, not per entry (paper, end of section 5.3)."""
    log = log_of(1, 1, 4, 4, 5)

    assert log.agreement(5, 3) == (2, 1)
    assert log.agreement(5, 4) == (4, 4)
    assert log.agreement(0, 4) == (0, 0)


def test_agreement_below_the_snapshot_is_not_known() -> None:
    """Nothing can be said about what is gone."""
    log = Log(Snapshot(index=5, term=3), [])

    assert log.agreement(4, 1) == (4, 0)


def test_entries_are_handed_out_for_saving_once() -> None:
    """Until they are replaced."""
    log = log_of(1)
    log.append(entries(1, 1, first=2))

    first = log.to_save()
    log.handed_to_save()
    log.append(entries(2, first=3))

    assert [entry.index for entry in first] == [2, 3]
    assert [(entry.term, entry.index) for entry in log.to_save()] == [(2, 3)]


def test_save_of_a_replaced_entry_does_not_count_for_its_successor() -> None:
    """The disk still has the old one."""
    log = log_of()
    log.append(entries(1))
    log.handed_to_save()
    log.append(entries(2))

    log.saved(1, 1)

    assert log.unsaved == 1


def test_nothing_is_applied_while_a_snapshot_arrives() -> None:
    """It stands for everything before, so it comes first."""
    log = log_of(1, 1)
    log.restore(Snapshot(index=5, term=2))
    log.append(entries(2, first=6))
    log.commit_to(6)

    during = log.to_apply(None)
    log.snapshot_saved(5)
    log.applied_to(5)

    assert during == ()
    assert [entry.index for entry in log.to_apply(None)] == [6]


def test_snapshot_that_came_later_is_still_to_be_saved() -> None:
    """The save of the first says nothing about the second."""
    log = log_of()
    log.restore(Snapshot(index=5, term=2))
    log.handed_to_save()
    log.restore(Snapshot(index=8, term=2))

    log.snapshot_saved(5)

    assert log.arriving == Snapshot(index=8, term=2)
    assert not log.is_arriving_handed


def test_compaction_keeps_what_is_not_applied() -> None:
    """However little is to be kept."""
    log = log_of(1, 1, 1, 1)
    log.commit_to(4)
    log.applied_to(3)

    log.compact(Snapshot(index=4, term=1), 4)

    assert log.first_index == 4
    assert log.term_at(3) == 1
    assert log.term_at(2) is None


def test_unapplied_change_is_seen() -> None:
    """Until it is applied nobody knows whose votes count."""
    change = Entry(term=1, index=2, kind=EntryKind.CONF_CHANGE_V2)
    log = Log(Snapshot(), [*entries(1), change])
    log.commit_to(2)

    before = log.has_unapplied_change()
    log.applied_to(2)

    assert before
    assert not log.has_unapplied_change()


def test_cut_gives_at_least_one_entry() -> None:
    """Or an entry larger than the limit would stop everything."""
    several = [Entry(term=1, index=index, data=b"x" * 10) for index in range(1, 4)]

    assert len(cut(several, 1)) == 1
    assert len(cut(several, 2 * several[0].size_bytes)) == 2
    assert len(cut(several, None)) == 3
