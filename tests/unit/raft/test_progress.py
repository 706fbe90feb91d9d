"""What a leader knows of one follower."""

from clusterd.raft.progress import Inflights, Progress, ProgressState


def replicating(window: int = 2) -> Progress:
    """Return a follower that has 5 entries and gets more."""
    progress = Progress(next=6, match=5, inflights=Inflights(window))
    progress.become_replicate()
    return progress


def test_full_window_pauses_the_stream() -> None:
    """A slow follower does not fill the network with entries."""
    progress = replicating(window=2)

    progress.sent_entries(1, 10)
    after_one = progress.is_paused
    progress.sent_entries(3, 10)

    assert not after_one
    assert progress.is_paused
    assert progress.next == 10


def test_acknowledgement_opens_the_window() -> None:
    """For the messages it covers, and no others."""
    progress = replicating(window=2)
    progress.sent_entries(1, 10)
    progress.sent_entries(1, 10)

    is_news = progress.acknowledge(6)
    progress.inflights.free_up_to(6)

    assert is_news
    assert not progress.is_paused
    assert len(progress.inflights) == 1


def test_window_may_be_limited_in_bytes() -> None:
    """The message that crosses the limit is the last."""
    inflights = Inflights(10, 15)

    inflights.add(1, 10)
    before = inflights.is_full
    inflights.add(2, 10)

    assert not before
    assert inflights.is_full


def test_probe_waits_for_its_answer() -> None:
    """One message at a time, until the logs are known to agree."""
    progress = Progress(next=6, inflights=Inflights(9))

    progress.sent_entries(1, 10)

    assert progress.is_paused
    assert progress.next == 6


def test_rejected_probe_goes_back_to_the_hint() -> None:
    """And may be sent again at once."""
    progress = Progress(next=9, match=2, inflights=Inflights(9))
    progress.sent_entries(1, 10)

    is_news = progress.step_back(rejected=8, hint=4)

    assert is_news
    assert progress.next == 5
    assert not progress.is_paused


def test_rejection_never_goes_behind_what_was_acknowledged() -> None:
    """A hint may come from before the acknowledgement."""
    progress = Progress(next=9, match=6, inflights=Inflights(9))

    progress.step_back(rejected=8, hint=1)

    assert progress.next == 7


def test_stale_rejection_is_ignored() -> None:
    """An answer to an older probe, or to entries acknowledged since."""
    probing = Progress(next=9, match=2, inflights=Inflights(9))
    streaming = replicating()

    assert not probing.step_back(rejected=5, hint=3)
    assert not streaming.step_back(rejected=5, hint=3)


def test_probe_after_a_snapshot_begins_behind_it() -> None:
    """It is assumed to have arrived."""
    progress = Progress(next=2, match=1, inflights=Inflights(9))
    progress.become_snapshot(20)

    progress.become_probe()

    assert progress.next == 21
    assert progress.state is ProgressState.PROBE


def test_commit_is_told_only_where_it_helps() -> None:
    """Not twice, and not beyond what the follower has been sent."""
    progress = replicating()
    progress.sent_commit = 3

    can_bump_first = progress.can_bump_commit(4)
    progress.sent_commit = 5

    assert can_bump_first
    assert not progress.can_bump_commit(5)
    assert not progress.can_bump_commit(9)
