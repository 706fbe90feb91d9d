"""Reads that wait for a proof of leadership."""

from clusterd.raft.read_only import PendingRead, ReadQueue


def queue_of(*names: bytes) -> ReadQueue:
    """Return a queue of reads with these names."""
    queue = ReadQueue()
    for index, name in enumerate(names):
        queue.add(PendingRead(reader=1, context=name, index=index))
    return queue


def test_proof_of_a_read_proves_all_before_it() -> None:
    """They were asked earlier, so they may see as much."""
    queue = queue_of(b"a", b"b", b"c")

    released = queue.release(b"b")

    assert [read.context for read in released] == [b"a", b"b"]
    assert queue.last_context == b"c"


def test_unknown_read_releases_nothing() -> None:
    """A late answer of a round that is over."""
    queue = queue_of(b"a")

    assert queue.release(b"z") == []
    assert queue.acknowledge(1, b"z") == {}


def test_asking_again_keeps_the_first_index() -> None:
    """The read is the same; its round is under way."""
    queue = queue_of(b"a")

    queue.add(PendingRead(reader=1, context=b"a", index=9))

    assert [read.index for read in queue.release(b"a")] == [0]


def test_empty_queue_has_no_name() -> None:
    """Heartbeats then carry nothing."""
    assert ReadQueue().last_context == b""
