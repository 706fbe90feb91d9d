"""What both ends of a stream do."""

import asyncio
import time

import pytest

from clusterd.net.streams import await_silence, first_of, frames_of
from clusterd.raft.message import Message, MessageKind
from clusterd.wire.frame import Ping, RaftBatch

VOTE = Message(kind=MessageKind.VOTE, to=1, sender=2, term=3)
BEAT = Message(kind=MessageKind.HEARTBEAT, to=1, sender=2, term=3)


def test_consensus_messages_that_wait_together_share_a_frame_in_order() -> None:
    """One frame costs as much as one message."""
    frames = frames_of([VOTE, Ping(1.0), BEAT])

    assert frames == [Ping(1.0), RaftBatch((VOTE, BEAT))]


def test_a_quiet_stream_is_silent_after_its_time() -> None:
    """And at most one tick later."""

    async def scene() -> float:
        clock = asyncio.get_running_loop()
        began = clock.time()
        await await_silence(lambda: began, 0.2)
        return clock.time() - began

    assert 0.2 < asyncio.run(scene()) < 2.0


def test_a_stall_of_our_own_is_not_held_against_the_peer() -> None:
    """What came meanwhile waits in the socket, and is read right after."""

    async def scene() -> bool:
        clock = asyncio.get_running_loop()
        heard = [clock.time()]
        watching = asyncio.create_task(await_silence(lambda: heard[0], 0.2))
        await asyncio.sleep(0.05)
        time.sleep(0.5)  # noqa: ASYNC251  # The stall.
        await asyncio.sleep(0)  # The timers run first ...
        await asyncio.sleep(0)
        heard[0] = clock.time()  # ... and then what came is read.
        await asyncio.sleep(0.06)
        accused = watching.done()
        watching.cancel()
        return accused

    assert not asyncio.run(scene())


def test_the_first_that_ends_ends_the_others() -> None:
    """Reading, writing and watching belong together."""

    async def scene() -> list[str]:
        ended: list[str] = []

        async def lasts() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("lasts")

        async def fails() -> None:
            await asyncio.sleep(0)
            raise LookupError("gone")

        with pytest.raises(LookupError, match="gone"):
            await first_of(lasts(), fails())
        return ended

    assert asyncio.run(scene()) == ["lasts"]
