"""Joining a cluster on loopback: the way in, and everything that bars it."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator

import grpc
import pytest

from clusterd.model.note import Note
from clusterd.net.enrol import Enrolled, join
from clusterd.net.enrol_server import ENROL_SERVICE, EnrolServer
from clusterd.net.faults import (
    CertificateFault,
    JoinFault,
    NobodyReached,
    Refused,
    WrongFingerprint,
)
from clusterd.net.tls import Authority, common_name, fingerprint, issue
from clusterd.net.token import Token, create_secret, parse_token, token_text
from clusterd.wire.enrol import (
    JoinAnswer,
    JoinRefused,
    JoinReply,
    JoinRequest,
    Neighbour,
)
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


class Registrar:
    """A cluster of one that admits machines; keeps the contract of the daemon's."""

    def __init__(self, authority: Authority = AUTHORITY) -> None:
        self.authority = authority
        self.members = [Neighbour(node=N1, raft_id=1, address="127.0.0.1:7600")]
        self.secrets: set[bytes] = set()
        self.notes: list[Note] = []
        self.server = EnrolServer(
            credentials(N1, authority),
            f"{LOOPBACK}:0",
            on_join=self.admit,
            tell=self.notes.append,
        )

    async def admit(self, request: JoinRequest) -> JoinAnswer:
        """Admit whoever has an unused secret."""
        if request.secret not in self.secrets:
            return JoinRefused(reason="the token was used", hint="make a new one")
        self.secrets.discard(request.secret)
        raft_id = len(self.members) + 1
        newcomer = Neighbour(
            node=request.node, raft_id=raft_id, address=request.address
        )
        self.members.append(newcomer)
        names = [request.address.rpartition(":")[0]]
        return JoinReply(
            cluster="blue",
            timing="fast",
            raft_id=raft_id,
            certificate=issue(
                self.authority, request.request, request.node, names, NOW
            ),
            authority_certificate=self.authority.certificate,
            authority_key=self.authority.key,
            members=tuple(self.members),
        )

    def token(self, *addresses: str) -> Token:
        """Make a token, by way of its text."""
        secret = create_secret()
        self.secrets.add(secret)
        known = addresses or (f"{LOOPBACK}:{self.server.port}",)
        mark = fingerprint(self.authority.certificate)
        token = Token(addresses=known, fingerprint=mark, secret=secret)
        return parse_token(token_text(token))


@contextlib.asynccontextmanager
async def open_door(
    authority: Authority = AUTHORITY,
) -> AsyncIterator[Registrar]:
    """Run a registrar."""
    registrar = Registrar(authority)
    await registrar.server.start()
    try:
        yield registrar
    finally:
        await registrar.server.stop()


async def enter(token: Token, now_wall: float = NOW) -> Enrolled:
    """Join as node2."""
    return await join(token, N2, "127.0.0.1:7700", now_wall=now_wall, version="0.1.0")


def test_a_token_is_enough_to_become_a_member() -> None:
    """Certificate, authority with its key, members: all it needs, in one answer."""

    async def scene() -> None:
        async with open_door() as registrar:
            enrolled = await enter(registrar.token())

        assert common_name(enrolled.credentials.certificate) == N2
        assert enrolled.reply.cluster == "blue"
        assert enrolled.reply.timing == "fast"
        assert enrolled.reply.raft_id == 2
        assert enrolled.reply.authority_key == AUTHORITY.key
        assert [each.node for each in enrolled.reply.members] == [N1, N2]

    run(scene)


def test_the_new_member_speaks_with_the_old_one() -> None:
    """The certificate it was given is the one the others believe."""

    async def scene() -> None:
        async with open_door() as registrar:
            enrolled = await enter(registrar.token())
        one, two = Station(N1), Station(N2, enrolled.credentials)
        async with meshed(one, two):
            assert one.is_connected(N2)
            assert two.is_connected(N1)

    run(scene)


def test_a_token_works_once() -> None:
    """A line left in a chat must not admit a second machine."""

    async def scene() -> None:
        async with open_door() as registrar:
            token = registrar.token()
            await enter(token)
            with pytest.raises(Refused) as caught:
                await enter(token)

        assert str(caught.value) == "the token was used; hint: make a new one"
        assert registrar.notes[0].name == "join-refused"
        assert "the token was used" in registrar.notes[0].text

    run(scene)


def test_another_cluster_at_the_address_hears_no_secret() -> None:
    """Whoever answers must hold the authority the token was made with."""

    async def scene() -> None:
        async with open_door(FOREIGN) as stranger, open_door() as registrar:
            token = registrar.token(f"{LOOPBACK}:{stranger.server.port}")
            with pytest.raises(WrongFingerprint) as caught:
                await enter(token)

        assert caught.value.expected == fingerprint(AUTHORITY.certificate)
        assert caught.value.found == fingerprint(FOREIGN.certificate)
        assert stranger.notes == []

    run(scene)


def test_a_server_that_shows_a_borrowed_authority_hears_no_secret() -> None:
    """The authority's certificate is public; only its signature proves."""

    async def scene() -> None:
        liar = Registrar(FOREIGN)
        borrowed = dataclasses.replace(
            credentials(N1, FOREIGN), authority=AUTHORITY.certificate
        )
        heard: list[JoinRequest] = []

        async def listen(request: JoinRequest) -> JoinAnswer:
            heard.append(request)
            return JoinRefused(reason="thank you")

        server = EnrolServer(
            borrowed, f"{LOOPBACK}:0", on_join=listen, tell=liar.notes.append
        )
        await server.start()
        token = dataclasses.replace(
            liar.token(f"{LOOPBACK}:{server.port}"),
            fingerprint=fingerprint(AUTHORITY.certificate),
        )
        with pytest.raises(CertificateFault, match="not issued by this cluster"):
            await enter(token)
        await server.stop()

        assert heard == []

    run(scene)


def test_members_that_are_down_are_passed_over() -> None:
    """A token names all members: one that answers is enough."""

    async def scene() -> None:
        async with open_door() as registrar:
            alive = f"{LOOPBACK}:{registrar.server.port}"
            enrolled = await enter(registrar.token(f"{LOOPBACK}:1", alive))

        assert enrolled.reply.raft_id == 2

    run(scene)


def test_unreachable_members_are_listed_each_with_its_cause() -> None:
    """A closed port and a wrong port are different troubles."""

    async def scene() -> None:
        one = Station(N1)
        async with running(one), open_door() as registrar:
            token = registrar.token(f"{LOOPBACK}:1", one.address)
            with pytest.raises(NobodyReached) as caught:
                await enter(token)

        assert "refused" in caught.value.causes[f"{LOOPBACK}:1"].lower()
        assert "enrol port" in str(caught.value)
        assert "does not show a cluster's authority" in caught.value.causes[one.address]

    run(scene)


@pytest.mark.parametrize(
    ("offset", "words"), [(-400 * 86_400.0, "valid from"), (8e8, "expired on")]
)
def test_a_wrong_clock_is_named(offset: float, words: str) -> None:
    """A machine without a battery believes it is 1970."""

    async def scene() -> None:
        async with open_door() as registrar:
            with pytest.raises(CertificateFault) as caught:
                await enter(registrar.token(), NOW + offset)

        assert words in str(caught.value)
        assert "clock" in str(caught.value)

    run(scene)


def test_a_version_that_is_too_new_is_refused_by_the_cluster() -> None:
    """Before a member is added that nobody can talk to."""

    async def scene() -> None:
        async with open_door() as registrar:
            request = JoinRequest(
                node=N2,
                address="127.0.0.1:7700",
                request=b"",
                secret=b"",
                protocol_min=8,
                protocol_max=9,
            )
            answer = await registrar.server.answer(request)

        assert isinstance(answer, JoinRefused)
        assert "speaks 8 to 9" in answer.reason

    run(scene)


def test_garbage_at_the_enrol_port_is_refused() -> None:
    """Anybody can reach it."""

    async def scene() -> None:
        async with open_door() as registrar:
            believed = grpc.ssl_channel_credentials(AUTHORITY.certificate)
            options = [("grpc.ssl_target_name_override", N1)]
            address = f"{LOOPBACK}:{registrar.server.port}"
            async with grpc.aio.secure_channel(
                address, believed, options=options
            ) as channel:
                call = channel.unary_unary(f"/{ENROL_SERVICE}/Join", None, None)
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(b"\xff\xff", timeout=2.0)

        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    run(scene)


def test_a_cluster_that_fails_to_decide_is_a_fault_with_a_hint() -> None:
    """A bug in the daemon must not look like a network problem."""

    async def scene() -> None:
        async def fail(_: JoinRequest) -> JoinAnswer:
            raise LookupError("no such thing")

        server = EnrolServer(
            credentials(N1), f"{LOOPBACK}:0", on_join=fail, tell=lambda _: None
        )
        await server.start()
        registrar = Registrar()
        with pytest.raises(JoinFault, match="look into the log of that member"):
            await enter(registrar.token(f"{LOOPBACK}:{server.port}"))
        await server.stop()

    run(scene)
