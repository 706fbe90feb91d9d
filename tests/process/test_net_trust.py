"""Who is let in, who is not, and what they are told."""

import asyncio

import grpc
import pytest

from clusterd.membership.heartbeat import Renew
from clusterd.model.note import Level
from clusterd.net.channels import open_channel
from clusterd.net.faults import CertificateFault, NetFault
from clusterd.net.streams import Purpose
from clusterd.net.tls import Credentials, create_authority
from clusterd.wire.frame import Frame, Hello, Ping, frame_to_bytes
from tests.process.net_cluster import (
    AUTHORITY,
    FOREIGN,
    LOOPBACK,
    N1,
    N2,
    NOW,
    Station,
    credentials,
    meshed,
    run,
    running,
)

pytestmark = pytest.mark.process

YEAR = 365 * 86_400.0


async def refused(station: Station, *frames: Frame) -> grpc.aio.AioRpcError:
    """Dial as node2 with a good certificate, say these, and return the refusal."""
    channel = open_channel(station.address, station.name, credentials(N2))
    async with channel:
        call = channel.stream_stream(Purpose.LINK.method, None, None)(None)
        for frame in frames:
            await call.write(frame_to_bytes(frame))
        try:
            while isinstance(await call.read(), bytes):
                pass
        except grpc.aio.AioRpcError as error:
            return error
    raise AssertionError("it was not refused")


def test_a_foreign_cluster_is_recognised_by_both() -> None:
    """Same name, same addresses, another authority: two clusters on one network."""

    async def scene() -> None:
        one, other = Station(N1), Station(N2, credentials(N2, FOREIGN))
        async with running(one, other):
            one.network.set_peers({N2: other.address})
            other.network.set_peers({N1: one.address})
            ours = await one.told("peer-unreachable")
            theirs = await other.told("peer-unreachable")

        assert "issued by another cluster's authority" in ours.text
        assert "issued by another cluster's authority" in theirs.text

    run(scene)


def test_a_certificate_of_another_authority_is_not_let_in() -> None:
    """Knowing our authority's certificate is not enough: it is public."""

    async def scene() -> None:
        stranger = credentials(N2, FOREIGN)
        shown = Credentials(
            certificate=stranger.certificate,
            key=stranger.key,
            authority=AUTHORITY.certificate,
        )
        one = Station(N1)
        async with running(one):
            channel = open_channel(one.address, N1, shown)
            async with channel:
                ask = channel.unary_unary("/clusterd.wire.v1.Peers/Ask", None, None)
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await ask(b"", timeout=2.0)

        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

    run(scene)


def test_an_expired_certificate_is_refused_and_both_are_told() -> None:
    """The one that dials says whose it is; its owner says until when it was good."""

    async def scene() -> None:
        founded = NOW - 3 * YEAR
        authority = create_authority("blue", founded)
        one = Station(N1, credentials(N1, authority))
        # Good when its daemon started, a year and more ago.
        clock = iter([NOW - 2 * YEAR])
        old = credentials(N2, authority, founded)
        two = Station(N2, old, clock=lambda: next(clock, NOW))
        async with running(one, two):
            one.network.set_peers({N2: two.address})
            two.network.set_peers({N1: one.address})
            from_one = await one.told("peer-unreachable")
            from_two = await two.told("peer-unreachable")

        assert "its certificate has expired" in from_one.text
        assert "it rejects our certificate" in from_two.text
        assert "the certificate of `node2` expired on" in from_two.text

    run(scene)


def test_a_node_with_expired_credentials_does_not_start() -> None:
    """It could reach nobody; better said at once than after a night of retries."""

    async def scene() -> None:
        later = Station(N1, clock=lambda: NOW + 3 * YEAR)
        with pytest.raises(CertificateFault, match="expired on"):
            await later.network.start()

    run(scene)


def test_a_node_with_anothers_certificate_does_not_start() -> None:
    """A copied data folder."""

    async def scene() -> None:
        copied = Station(N1, credentials(N2))
        with pytest.raises(CertificateFault, match="belongs to `node2`"):
            await copied.network.start()

    run(scene)


def test_another_node_at_the_address_is_recognised() -> None:
    """Addresses were swapped: nothing may be said to the wrong node."""

    async def scene() -> None:
        one, three = Station(N1), Station(N2)
        async with running(one, three):
            one.network.set_peers({N2: one.address})
            note = await one.told("peer-unreachable")

        assert "another node answers there" in note.text

    run(scene)


def test_plain_text_is_not_answered() -> None:
    """No fallback, whatever a client offers."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one), grpc.aio.insecure_channel(one.address) as channel:
            ask = channel.unary_unary("/clusterd.wire.v1.Peers/Ask", None, None)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ask(b"", timeout=2.0)

        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE

    run(scene)


def test_a_server_without_tls_is_named_as_such() -> None:
    """Something else took the port."""

    async def scene() -> None:
        async def chat(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(chat, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        one = Station(N1)
        async with running(one), server:
            one.network.set_peers({N2: f"{LOOPBACK}:{port}"})
            note = await one.told("peer-unreachable")

        assert "does not speak TLS" in note.text

    run(scene)


def test_a_hello_in_anothers_name_is_refused() -> None:
    """The certificate says who it is, not the message."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one):
            error = await refused(one, Hello(node=N1, instance="x"))
            note = await one.told("peer-refused")

        assert error.code() is grpc.StatusCode.PERMISSION_DENIED
        assert error.details() == "this is `node2` by its certificate, not `node1`"
        assert note.level is Level.ERROR

    run(scene)


def test_a_heartbeat_in_anothers_name_is_refused() -> None:
    """Or one node could keep the lease of another alive."""

    async def scene() -> None:
        one = Station(N1)
        false = Renew(sender=N1, session=1, sequence=1, sent_at=1.0, boot="b")
        async with running(one):
            error = await refused(one, Hello(node=N2, instance="x"), false)

        assert error.details() == "this is `node2` by its certificate, not `node1`"
        assert one.links == []

    run(scene)


def test_a_stream_without_hello_is_refused() -> None:
    """Nothing is heard before it is known who speaks."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one):
            error = await refused(one, Ping(1.0))

        assert error.details() == "a stream begins with Hello"

    run(scene)


def test_a_protocol_from_the_future_is_refused_with_both_ranges() -> None:
    """Two versions apart: the upgrade skipped one."""

    async def scene() -> None:
        one = Station(N1)
        hello = Hello(node=N2, instance="x", protocol_min=7, protocol_max=9)
        async with running(one):
            error = await refused(one, hello)

        assert "`node2` speaks 7 to 9, this node 1 to 1" in str(error.details())

    run(scene)


def test_a_second_daemon_of_the_same_name_is_refused_and_the_first_stays() -> None:
    """A cloned machine: the same certificate, the same name, both alive."""

    async def scene() -> None:
        one, first, second = Station(N1), Station(N2), Station(N2)
        async with meshed(one, first), running(second):
            second.network.set_peers({N1: one.address})
            told = await second.told("peer-refuses")
            seen = await one.told("peer-refused")
            one_is_there = first.is_connected(N1)

        assert "another daemon called `node2` is connected" in told.text
        assert told.level is Level.ERROR
        assert "must not share a name" in seen.text
        assert one_is_there
        assert [each.name for each in first.notes] == ["peer-connected"]

    run(scene)


def test_a_taken_port_is_named_at_the_start() -> None:
    """Two daemons on one machine would share the connections by lot."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one):
            two = Station(N2, port=one.network.port)
            with pytest.raises(NetFault, match="cannot listen on"):
                await two.network.start()

    run(scene)
