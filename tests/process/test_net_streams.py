"""Streams between members on loopback: what arrives, what is lost, what returns."""

import asyncio
import time

import pytest

from clusterd.membership.heartbeat import Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.net.faults import PeerUnreachable
from clusterd.raft.entry import Entry, Snapshot
from clusterd.raft.message import Message, MessageKind
from tests.process.net_cluster import N1, N2, N3, Station, Wire, meshed, run, running

pytestmark = pytest.mark.process


def renew(sender: NodeName, sequence: int = 1) -> Renew:
    """Make a renewal."""
    return Renew(
        sender=sender, session=1, sequence=sequence, sent_at=float(sequence), boot="b"
    )


def ack(sender: NodeName, sequence: int = 1) -> RenewAck:
    """Make the answer to a renewal."""
    return RenewAck(
        sender=sender, session=1, sequence=sequence, sent_at=1.0, granted=True
    )


def append(index: int, data: bytes = b"x") -> Message:
    """Make a consensus message that carries one entry."""
    entry = Entry(term=1, index=index, data=data)
    return Message(kind=MessageKind.APP, to=2, sender=1, index=index, entries=(entry,))


def snapshot(size: int) -> Message:
    """Make a consensus message that carries a snapshot of `size` bytes."""
    content = Snapshot(index=1, term=1, data=b"s" * size)
    return Message(kind=MessageKind.SNAP, to=2, sender=1, snapshot=content)


def test_streams_carry_heartbeats_and_consensus_with_the_proven_sender() -> None:
    """Three members, everybody to everybody."""

    async def scene() -> None:
        one, two, three = Station(N1), Station(N2), Station(N3)
        async with meshed(one, two, three):
            one.network.send_link(N2, renew(N1))
            three.network.send_link(N2, renew(N3))
            one.network.send_raft(N2, append(1))
            await two.until(lambda: len(two.links) == 2 and len(two.rafts) == 1)

        assert sorted(two.links) == [(N1, renew(N1)), (N3, renew(N3))]
        assert two.rafts == [(N1, append(1))]

    run(scene)


def test_consensus_messages_arrive_in_order() -> None:
    """Raft tolerates disorder, but pays for it."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            for index in range(2000):
                one.network.send_raft(N2, append(index))
            await two.until(lambda: len(two.rafts) == 2000)

        assert [message.index for _, message in two.rafts] == list(range(2000))

    run(scene)


def test_answers_return_on_the_stream_of_the_question() -> None:
    """Where the asker is known to be reachable: it may not be dialled at all."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one, two):
            one.network.set_peers({N2: two.address})  # Two does not dial one.
            await one.connected(N2)
            one.network.send_link(N2, renew(N1))
            await two.until(lambda: bool(two.links))
            two.network.send_link(N1, ack(N2))
            await one.until(lambda: bool(one.links))

        assert one.links == [(N2, ack(N2))]

    run(scene)


def test_heartbeats_use_the_peers_stream_while_ours_is_down() -> None:
    """One direction of dialling suffices for both directions of heartbeats."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one, two):
            one.network.set_peers({N2: two.address})
            two.network.set_peers({N1: "127.0.0.1:1"})
            await one.connected(N2)
            two.network.send_link(N1, renew(N2))
            await one.until(lambda: bool(one.links))

        assert one.links == [(N2, renew(N2))]

    run(scene)


def test_a_request_is_answered_by_the_other_node() -> None:
    """The API forwards to the coordinator."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            answer = await one.network.ask(N2, b"status", 2.0)

        assert answer == b"status for node1"

    run(scene)


def test_a_request_that_cannot_be_answered_says_why() -> None:
    """Nothing listens; nobody of that name; no answer in time."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            one.network.set_peers({N2: two.address, N3: "127.0.0.1:1"})
            with pytest.raises(PeerUnreachable, match="connection refused"):
                await one.network.ask(N3, b"status", 2.0)
            with pytest.raises(PeerUnreachable, match="not a member"):
                await one.network.ask(NodeName("node9"), b"status", 2.0)
            with pytest.raises(PeerUnreachable, match="no answer in time"):
                await one.network.ask(N2, b"never", 0.2)

    run(scene)


async def answered(station: Station, peer: NodeName) -> bytes:
    """Ask until there is an answer."""
    while True:
        try:
            return await station.network.ask(peer, b"status", 0.5)
        except PeerUnreachable:
            await asyncio.sleep(0.1)


def test_requests_work_again_soon_after_the_peer_is_back() -> None:
    """Not after the two minutes that gRPC allows itself."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one):
            async with running(two):
                one.network.set_peers({N2: two.address})
                await answered(one, N2)
                port = two.network.port
            with pytest.raises(PeerUnreachable):
                await one.network.ask(N2, b"status", 1.0)
            again = Station(N2, port=port)
            async with running(again):
                began = time.monotonic()
                await answered(one, N2)
                seconds = time.monotonic() - began

        assert seconds < 3.0

    run(scene)


def test_requests_do_not_hang_on_a_connection_that_died() -> None:
    """Heartbeats notice a cut within a second; requests learn it from them."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one, two), Wire(two.network.port) as wire:
            one.network.set_peers({N2: wire.address})
            await one.connected(N2)
            await answered(one, N2)
            wire.cut()
            await one.told("peer-unreachable")
            wire.heal()
            async with asyncio.timeout(5):
                answer = await answered(one, N2)

        assert answer == b"status for node1"

    run(scene)


def test_a_snapshot_of_any_size_arrives_and_heartbeats_overtake_it() -> None:
    """It has a connection of its own."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        large = snapshot(24 * 1024 * 1024)
        async with meshed(one, two):
            one.network.send_raft(N2, large)
            for sequence in range(10):
                one.network.send_link(N2, renew(N1, sequence))
            await two.until(lambda: len(two.links) == 10)
            came_first = not two.rafts
            await two.until(lambda: bool(two.rafts), 30)

        assert came_first
        assert two.rafts == [(N1, large)]

    run(scene)


def test_a_second_snapshot_is_dropped_while_one_is_on_its_way() -> None:
    """Two would only be slower; Raft sends again."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            one.network.send_raft(N2, snapshot(2_000_000))
            one.network.send_raft(N2, snapshot(2_000_001))
            await two.until(lambda: bool(two.rafts))

            assert one.network.statistics()[N2].dropped == 1

    run(scene)


def test_a_restarted_peer_is_back_within_a_second_and_a_half() -> None:
    """Refused connections cost little, so the back-off is short."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one):
            async with running(two):
                one.network.set_peers({N2: two.address})
                two.network.set_peers({N1: one.address})
                await one.connected(N2)
                port = two.network.port
            lost = await one.told("peer-unreachable")
            again = Station(N2, port=port)
            async with running(again):
                again.network.set_peers({N1: one.address})
                seconds = await one.connected(N2)
                one.network.send_link(N2, renew(N1))
                await again.until(lambda: bool(again.links))

        assert lost.fields["peer"] == N2
        assert seconds < 1.5

    run(scene)


def test_silence_tears_the_stream_down_and_a_healed_wire_is_found() -> None:
    """TCP alone would wait for its own time-outs, up to half a minute."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one, two), Wire(two.network.port) as wire:
            one.network.set_peers({N2: wire.address})
            await one.connected(N2)
            wire.cut()
            began = time.monotonic()
            note = await one.told("peer-unreachable")
            silence = time.monotonic() - began
            wire.heal()
            healed = await one.connected(N2)

        assert "silent for 1.0 s" in note.text
        assert 0.7 < silence < 2.0
        assert healed < 4.0

    run(scene)


def test_the_server_ends_a_silent_stream_as_well() -> None:
    """Else a node that lost its power would keep its name, and its replacement out."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with running(one, two), Wire(two.network.port) as wire:
            one.network.set_peers({N2: wire.address})
            await one.connected(N2)
            wire.cut()
            reborn = Station(N1)
            async with running(reborn):
                reborn.network.set_peers({N2: two.address})
                seconds = await reborn.connected(N2)

        assert seconds < 3.5

    run(scene)


def test_sending_to_nobody_never_waits_and_is_counted() -> None:
    """A dead peer costs nothing but a number."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one):
            one.network.set_peers({N2: "127.0.0.1:1"})
            began = time.monotonic()
            for sequence in range(1000):
                one.network.send_link(N2, renew(N1, sequence))
                one.network.send_link(N3, renew(N1, sequence))
            took = time.monotonic() - began
            await one.told("peer-unreachable")
            counted = one.network.statistics()

        assert took < 0.5
        assert counted[N2].dropped >= 1000 - 16
        assert counted[N3].dropped == 1000
        assert "connection refused" in counted[N2].trouble

    run(scene)


def test_a_peer_that_is_not_named_any_more_is_left_alone() -> None:
    """Who left the cluster is not dialled."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            one.network.set_peers({})
            await two.until(lambda: not one.is_connected(N2))
            one.network.send_link(N2, renew(N1))

            assert two.is_connected(N1)

    run(scene)


def test_an_unchanged_peer_keeps_its_streams() -> None:
    """Telling the same members again must not cost a heartbeat."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            one.network.set_peers({N1: one.address, N2: two.address})

            assert one.is_connected(N2)

        assert [note.name for note in one.notes].count("peer-connected") == 1

    run(scene)


def test_the_round_trip_is_measured() -> None:
    """In seconds, by the first ping already."""

    async def scene() -> None:
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            await one.until(lambda: one.network.statistics()[N2].rtt is not None)
            rtt = one.network.statistics()[N2].rtt

        assert rtt is not None
        assert 0 < rtt < 1

    run(scene)


def test_a_stopped_network_leaves_nothing_behind() -> None:
    """No task, no port."""

    async def scene() -> None:
        before = asyncio.all_tasks()
        one, two = Station(N1), Station(N2)
        async with meshed(one, two):
            port = one.network.port
        again = Station(N1, port=port)
        async with running(again):
            pass

        assert asyncio.all_tasks() <= before

    run(scene)
