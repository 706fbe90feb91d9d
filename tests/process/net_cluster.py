"""Some networks of members in one process, and a wire that can be cut."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from clusterd.membership.heartbeat import LinkMessage
from clusterd.model.names import NodeName
from clusterd.model.note import Note
from clusterd.net.peers import PeerNetwork
from clusterd.net.tls import Authority, Credentials, create_authority, issue_to
from clusterd.raft.message import Message

N1, N2, N3 = NodeName("node1"), NodeName("node2"), NodeName("node_3")
LOOPBACK = "127.0.0.1"
NOW = time.time()  # noqa: TID251  # Certificates of these tests live today.
AUTHORITY = create_authority("blue", NOW)
FOREIGN = create_authority("blue", NOW)
PATIENCE = 10.0


def wall() -> float:
    """Return the wall clock: it decides about certificates only."""
    return NOW


def credentials(
    name: NodeName, authority: Authority = AUTHORITY, at_wall: float = NOW
) -> Credentials:
    """Issue a certificate for `name`."""
    return issue_to(authority, name, [LOOPBACK], at_wall)


class Station:
    """One PeerNetwork, and everything it heard."""

    def __init__(
        self,
        name: NodeName,
        shown: Credentials | None = None,
        *,
        port: int = 0,
        clock: Callable[[], float] = wall,
    ) -> None:
        self.name = name
        self.links: list[tuple[NodeName, LinkMessage]] = []
        self.rafts: list[tuple[NodeName, Message]] = []
        self.notes: list[Note] = []
        self._changed = asyncio.Event()
        self.network = PeerNetwork(
            name,
            shown or credentials(name),
            f"{LOOPBACK}:{port}",
            on_raft=self._on_raft,
            on_link=self._on_link,
            on_ask=self.answer,
            tell=self._tell,
            wall=clock,
        )

    @property
    def address(self) -> str:
        """Return where others reach it."""
        return f"{LOOPBACK}:{self.network.port}"

    async def answer(self, sender: NodeName, body: bytes) -> bytes:
        """Answer a request: with what was asked, and by whom."""
        if body == b"never":
            await asyncio.Event().wait()
        return body + b" for " + sender.encode()

    async def until(
        self, is_so: Callable[[], bool], patience: float = PATIENCE
    ) -> float:
        """Wait until it is so; return the seconds that took."""
        began = time.monotonic()
        async with asyncio.timeout(patience):
            while not is_so():
                self._changed.clear()
                # Counters change without a call: look again soon.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)
        return time.monotonic() - began

    async def told(self, name: str, patience: float = PATIENCE) -> Note:
        """Wait for a note of that name; return the first."""
        await self.until(lambda: any(n.name == name for n in self.notes), patience)
        return next(each for each in self.notes if each.name == name)

    def is_connected(self, peer: NodeName) -> bool:
        """Tell whether the heartbeat stream to `peer` is up."""
        found = self.network.statistics().get(peer)
        return found is not None and found.connected

    async def connected(self, peer: NodeName, patience: float = PATIENCE) -> float:
        """Wait for the heartbeat stream to `peer`; return the seconds that took."""
        return await self.until(lambda: self.is_connected(peer), patience)

    def _on_raft(self, sender: NodeName, message: Message) -> None:
        self.rafts.append((sender, message))
        self._changed.set()

    def _on_link(self, sender: NodeName, message: LinkMessage) -> None:
        self.links.append((sender, message))
        self._changed.set()

    def _tell(self, note: Note) -> None:
        self.notes.append(note)
        self._changed.set()


@contextlib.asynccontextmanager
async def running(*stations: Station) -> AsyncIterator[None]:
    """Start these, and stop them whatever happens."""
    for each in stations:
        await each.network.start()
    try:
        yield
    finally:
        await asyncio.gather(*(each.network.stop() for each in stations))


@contextlib.asynccontextmanager
async def meshed(*stations: Station) -> AsyncIterator[None]:
    """Start these, introduce everybody to everybody, and wait for the streams."""
    async with running(*stations):
        peers = {each.name: each.address for each in stations}
        for each in stations:
            each.network.set_peers(peers)
        for one in stations:
            for other in stations:
                if one is not other:
                    await one.connected(other.name)
        yield


class Wire:
    """A TCP proxy before one port. Cut, it swallows everything and says nothing."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._is_cut = False
        self._flows: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.address = ""

    async def __aenter__(self) -> "Wire":
        """Listen."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end all connections."""
        assert self._server is not None
        self._server.close()
        for flow in self._flows:
            flow.cancel()
        await asyncio.gather(*self._flows, return_exceptions=True)

    def cut(self) -> None:
        """Swallow everything; what was connected stays so, and dead for ever."""
        self._is_cut = True

    def heal(self) -> None:
        """Let new connections through."""
        self._is_cut = False

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        task.add_done_callback(self._flows.discard)
        if self._is_cut:
            await self._swallow(reader, writer)
            return
        far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target)
        await asyncio.gather(
            self._pump(reader, far_writer), self._pump(far_reader, writer)
        )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await reader.read(65536):
                if self._is_cut:
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _swallow(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass
        finally:
            writer.close()


def run(scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene in a loop of its own."""

    async def play() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(play())
