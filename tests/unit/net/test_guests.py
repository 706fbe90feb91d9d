"""One live daemon per name: the first stays."""

from clusterd.model.names import NodeName
from clusterd.net.guests import Guests, Visit
from clusterd.net.streams import Purpose, mailbox_for

N1 = NodeName("node1")
SILENCE = 1.0


def visit(purpose: Purpose = Purpose.LINK) -> Visit:
    """Make a stream from somewhere."""
    return Visit(purpose, "ipv4:10.0.0.1:55000", mailbox_for(purpose))


def test_a_second_daemon_of_the_same_name_is_refused() -> None:
    """It holds the same certificate; only its instance differs."""
    guests = Guests(SILENCE)
    guests.enter(N1, "first", visit(), now=10.0)

    refusal = guests.refusal(N1, "second", now=10.5)

    assert "another daemon called `node1`" in refusal
    assert "ipv4:10.0.0.1:55000" in refusal
    assert "heard 0.5 s ago" in refusal


def test_another_stream_of_the_same_daemon_is_welcome() -> None:
    """Heartbeats and consensus are two."""
    guests = Guests(SILENCE)
    guests.enter(N1, "first", visit(), now=10.0)

    assert not guests.refusal(N1, "first", now=10.5)


def test_a_restarted_daemon_comes_in_as_soon_as_the_old_streams_ended() -> None:
    """A killed process is back at once: the kernel closed its streams."""
    guests = Guests(SILENCE)
    old = visit()
    guests.enter(N1, "first", old, now=10.0)

    guests.leave(N1, old)

    assert not guests.refusal(N1, "second", now=10.1)


def test_a_silent_daemon_does_not_keep_its_name() -> None:
    """After a power cut nobody closes the streams."""
    guests = Guests(SILENCE)
    guests.enter(N1, "first", visit(), now=10.0)

    assert guests.refusal(N1, "second", now=10.9)
    assert not guests.refusal(N1, "second", now=11.1)


def test_being_heard_keeps_the_name() -> None:
    """Alive is who speaks."""
    guests = Guests(SILENCE)
    guests.enter(N1, "first", visit(), now=10.0)

    guests.heard(N1, now=15.0)

    assert guests.refusal(N1, "second", now=15.5)


def test_the_end_of_an_old_stream_does_not_touch_the_new_daemon() -> None:
    """Streams of a dead daemon may end after its successor has come."""
    guests = Guests(SILENCE)
    old, new = visit(), visit()
    guests.enter(N1, "first", old, now=10.0)
    guests.enter(N1, "second", new, now=12.0)

    guests.leave(N1, old)

    assert guests.refusal(N1, "third", now=12.5)
    assert guests.way_back(N1, Purpose.LINK) is new.box


def test_the_way_back_is_the_newest_stream_of_that_purpose() -> None:
    """An older one may be dead without our knowing."""
    guests = Guests(SILENCE)
    older, newer = visit(), visit()
    for each in (older, newer, visit(Purpose.RAFT)):
        guests.enter(N1, "first", each, now=10.0)

    assert guests.way_back(N1, Purpose.LINK) is newer.box
    assert guests.way_back(NodeName("node2"), Purpose.LINK) is None
