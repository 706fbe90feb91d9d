"""What waits to be sent, and what is lost."""

import asyncio

from clusterd.net.mailbox import Mailbox, Overflow


def filled(overflow: Overflow, *, items: int = 3, weight: int = 100) -> Mailbox[int]:
    """Make a mailbox that 1 to `items` were put into."""
    box: Mailbox[int] = Mailbox(items=items, weight=weight, overflow=overflow)
    for each in range(1, items + 1):
        box.put(each, 10)
    return box


def everything(box: Mailbox[int]) -> list[int]:
    """Take all that waits."""
    return asyncio.run(box.take(1000))


def test_a_full_box_of_heartbeats_loses_its_oldest() -> None:
    """The newest says all that matters."""
    box = filled(Overflow.OLDEST)

    lost = box.put(4, 10)

    assert lost == 1
    assert everything(box) == [2, 3, 4]


def test_a_full_box_of_consensus_takes_no_more() -> None:
    """What is in it is still in order and without a hole."""
    box = filled(Overflow.NEWEST)

    lost = box.put(4, 10)

    assert lost == 1
    assert everything(box) == [1, 2, 3]


def test_weight_fills_a_box_as_well() -> None:
    """A thousand large entries must not eat the memory."""
    box = filled(Overflow.NEWEST, weight=30)
    box.clear()

    assert [box.put(each, 20) for each in (1, 2)] == [0, 1]


def test_one_item_always_fits() -> None:
    """Or something larger than the box could never be sent."""
    box = filled(Overflow.NEWEST, weight=30)
    box.clear()

    assert box.put(1, 500) == 0
    assert everything(box) == [1]


def test_taking_stops_at_the_weight() -> None:
    """A frame has a bound; the rest goes with the next."""
    box = filled(Overflow.NEWEST)

    first = asyncio.run(box.take(20))

    assert first == [1, 2]
    assert everything(box) == [3]


def test_clearing_counts_what_is_lost() -> None:
    """Statistics must not hide it."""
    box = filled(Overflow.OLDEST)

    assert box.clear() == 3
    assert len(box) == 0


def test_a_reader_waits_for_the_first_item() -> None:
    """An empty box is not an empty frame."""

    async def scene() -> list[int]:
        box: Mailbox[int] = Mailbox(items=3, weight=100, overflow=Overflow.OLDEST)
        reader = asyncio.create_task(box.take(100))
        await asyncio.sleep(0)
        assert not reader.done()
        box.put(7)
        return await reader

    assert asyncio.run(scene()) == [7]
