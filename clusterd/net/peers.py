"""PeerNetwork: everything one node sends to and hears from the other members."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import grpc

from clusterd.membership.heartbeat import LinkMessage, Renew, RenewAck
from clusterd.model.names import NodeName
from clusterd.model.note import Note
from clusterd.net.diagnosis import cause_of
from clusterd.net.faults import PeerUnreachable
from clusterd.net.guests import Guests
from clusterd.net.local import Local
from clusterd.net.peer import Peer
from clusterd.net.server import Doors, PeerServer
from clusterd.net.statistics import PeerStatistics, Tally
from clusterd.net.streams import Purpose
from clusterd.net.tls import Credentials
from clusterd.net.trust import check_credentials
from clusterd.raft.message import Message
from clusterd.wire.faults import WireFault
from clusterd.wire.frame import Frame, RaftBatch

_GRACE = 0.2
"""Seconds a stopping server lets requests finish."""


class PeerNetwork:
    """Streams to all other members, and a server for theirs.

    Callbacks run in the event loop, must not block, and get the sender that the
    certificate proved. `on_raft` must itself refuse a message whose `sender`
    number is not that node's. Sending never blocks and never fails: what cannot
    be sent soon is lost and counted.
    """

    def __init__(  # noqa: PLR0913  # One callback per kind of message.
        self,
        name: NodeName,
        credentials: Credentials,
        bind: str,
        *,
        on_raft: Callable[[NodeName, Message], None],
        on_link: Callable[[NodeName, LinkMessage], None],
        on_ask: Callable[[NodeName, bytes], Awaitable[bytes]],
        tell: Callable[[Note], None],
        wall: Callable[[], float],
        heartbeat: float = 0.25,
        instance: str | None = None,
    ) -> None:
        self._local = Local(
            node=name,
            instance=instance or secrets.token_hex(8),
            credentials=credentials,
            heartbeat=heartbeat,
            wall=wall,
            tell=tell,
        )
        self._bind = bind
        self._on_raft = on_raft
        self._on_link = on_link
        self._peers: dict[NodeName, Peer] = {}
        self._tallies: dict[NodeName, Tally] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._guests = Guests(self._local.silence)
        self._doors = Doors(
            on_frame=self._take,
            on_large=on_raft,
            on_ask=on_ask,
            on_guest=self._hurry,
            tally=self._tally,
        )
        self._server: PeerServer | None = None
        self.port = 0
        """The port in use, once started; of interest when `bind` says 0."""

    async def start(self) -> None:
        """Listen.

        Raises CertificateFault if our own credentials are not good, NetFault if
        the address cannot be had.
        """
        local = self._local
        check_credentials(local.credentials, local.node, local.wall())
        self._server = PeerServer(local, self._guests, self._doors)
        self.port = self._server.listen(self._bind)
        await self._server.start()

    async def stop(self) -> None:
        """Hang up everywhere. Afterwards this object is of no more use."""
        self.set_peers({})
        if self._server is not None:
            await self._server.stop(_GRACE)
        await asyncio.gather(*self._endings, return_exceptions=True)

    def set_peers(self, peers: Mapping[NodeName, str]) -> None:
        """From now on these are the others, with their `host:port`.

        Our own name may be among them and is passed over. Who is not named any
        more is not dialled any more; an unchanged peer keeps its streams.
        """
        wanted = {n: a for n, a in peers.items() if n != self._local.node}
        for name, peer in list(self._peers.items()):
            if wanted.get(name) != peer.address:
                del self._peers[name]
                self._later(peer.stop())
        for name, address in wanted.items():
            if name not in self._peers:
                tally = self._tally(name)
                self._peers[name] = Peer(self._local, name, address, tally, self._take)

    def send_raft(self, to: NodeName, message: Message) -> None:
        """Send a consensus message, or lose it."""
        peer = self._peers.get(to)
        if peer is None:
            self._tally(to).dropped += 1
        else:
            peer.send_raft(message)

    def send_link(self, to: NodeName, message: LinkMessage) -> None:
        """Send a renewal or an answer, or lose it."""
        peer = self._peers.get(to)
        if self._goes_back(peer, message):
            box = self._guests.way_back(to, Purpose.LINK)
            if box is not None:
                self._tally(to).dropped += box.put(message)
                return
        if peer is None:
            self._tally(to).dropped += 1
        else:
            peer.send_link(message)

    def _goes_back(self, peer: Peer | None, message: LinkMessage) -> bool:
        # An answer takes the way of the question: that stream works, or the
        # question would not be here. And while our own attempt to reach a peer
        # is in its back-off, the stream it dialled carries everything.
        return isinstance(message, RenewAck) or peer is None or not peer.is_linked

    async def ask(self, to: NodeName, body: bytes, timeout: float) -> bytes:  # noqa: ASYNC109  # A deadline of gRPC's.
        """Return the other node's answer. Raises PeerUnreachable."""
        peer = self._peers.get(to)
        if peer is None:
            raise PeerUnreachable(to, "it is not a member, or not known here yet")
        try:
            return await peer.ask(body, timeout)
        except grpc.aio.AioRpcError as error:
            cause = cause_of(error, peer.address, self._local)
            raise PeerUnreachable(to, cause) from None
        except WireFault as fault:
            raise PeerUnreachable(to, f"it answers nonsense: {fault}") from None

    def statistics(self) -> Mapping[NodeName, PeerStatistics]:
        """Return the counters of every peer there was since the start."""
        return {name: tally.snapshot() for name, tally in self._tallies.items()}

    def _take(self, sender: NodeName, frame: Frame) -> None:
        match frame:
            case Renew() | RenewAck():
                self._on_link(sender, frame)
            case RaftBatch(messages):
                for message in messages:
                    self._on_raft(sender, message)
            case _:
                pass  # Courtesy out of turn means nothing and harms nobody.

    def _hurry(self, node: NodeName) -> None:
        peer = self._peers.get(node)
        if peer is not None:
            peer.hurry()

    def _tally(self, node: NodeName) -> Tally:
        return self._tallies.setdefault(node, Tally())

    def _later(self, ending: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
