"""The guard's socket: who speaks, in what order, and who is the daemon.

Whoever attaches or sends a lease is the daemon; the newest one counts, and an
earlier one is not heard any more: a daemon that wakes after its successor started
must not end the successor's lease. Messages are read before clocks are looked at,
and of several leases in a row only the last one counts.
"""

import os
import selectors
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

from clusterd.guard.grip import Grip
from clusterd.guard.switch import Switch
from clusterd.host.guard_protocol import (
    LARGEST,
    Attach,
    End,
    Lease,
    MalformedMessage,
    Object,
    Request,
    encode,
    parse_request,
)
from clusterd.host.netlink import AddressEvents
from clusterd.host.realtime import BootTimer

_PEERS_MAX = 64
_UNHEARD_MAX = 16
_BATCH_MAX = 256
_CREDENTIALS = struct.Struct("=iII")


def listen(path: Path) -> socket.socket:
    """Return a listening socket at `path`, in place of a stale one."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.settimeout(0)
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        listener.bind(str(beside))
    finally:
        os.umask(before)
    listener.listen(_PEERS_MAX)
    # Who connects finds a socket that listens, never half of one.
    beside.replace(path)
    return listener


class Server:
    """Feeds the switch from the socket, the timer and the kernel's notices."""

    def __init__(
        self,
        *,
        listener: socket.socket,
        switch: Switch,
        grip: Grip,
        notices: AddressEvents,
    ) -> None:
        self._listener = listener
        self._switch = switch
        self._grip = grip
        self._notices = notices
        self._timer = BootTimer()
        self._peers: set[socket.socket] = set()
        self._daemon: socket.socket | None = None
        self._former: set[socket.socket] = set()
        self._unheard: list[Object] = []
        self._is_over = False
        self._selector = selectors.DefaultSelector()
        for each in (listener, self._timer, notices):
            self._selector.register(each, selectors.EVENT_READ)

    def run(self, stop: socket.socket) -> None:
        """Serve until `stop` becomes readable."""
        self._selector.register(stop, selectors.EVENT_READ)
        while not self._is_over and self._step(stop):
            pass

    def _step(self, stop: socket.socket) -> bool:
        """Wait and do what is due; False when it is time to end."""
        self._timer.set(self._switch.deadline())
        ready = [key.fileobj for key, _ in self._selector.select()]
        if stop in ready:
            return False
        # Before any renewal: it must not bring back what somebody took away.
        self._switch.removed(self._grip.notice(self._notices.removals()))
        for source in ready:
            if source is self._listener:
                self._accept()
            elif isinstance(source, socket.socket):
                self._hear(source)
        self._switch.keep_time()
        self._tell_daemon()
        return True

    def _accept(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        peer.settimeout(0)
        refusal = self._refusal(peer)
        if refusal:
            _send(peer, {"ok": False, "reason": refusal})
            peer.close()
            return
        self._peers.add(peer)
        self._selector.register(peer, selectors.EVENT_READ)
        self._hear(peer)

    def _refusal(self, peer: socket.socket) -> str:
        """Return why `peer` may not speak here; empty when it may."""
        if not _is_trusted(peer):
            return "only root may speak to the guard"
        if len(self._peers) >= _PEERS_MAX:
            return f"{_PEERS_MAX} connections are open already"
        return ""

    def _hear(self, peer: socket.socket) -> None:
        """Read all that `peer` has sent so far, and answer."""
        lease: Lease | None = None
        for datagram in self._read(peer):
            try:
                request = parse_request(datagram)
            except MalformedMessage as error:
                _send(peer, {"ok": False, "reason": str(error)})
                continue
            if isinstance(request, Lease):
                lease = request
                continue
            self._renew(peer, lease)
            lease = None
            self._serve(peer, request)
        self._renew(peer, lease)

    def _serve(self, peer: socket.socket, request: Request) -> None:
        if isinstance(request, Attach):
            self._become_daemon(peer)
            return
        answer = self._switch.answer(request)
        if answer is not None:
            _send(peer, answer)
        self._is_over = self._is_over or isinstance(request, End)

    def _renew(self, peer: socket.socket, lease: Lease | None) -> None:
        if lease is None:
            return
        if peer in self._former:
            _send(peer, {"event": "superseded"})
            return
        if peer is not self._daemon and peer in self._peers:
            self._become_daemon(peer)
        self._switch.answer(lease)

    def _become_daemon(self, peer: socket.socket) -> None:
        if self._daemon is not None and self._daemon is not peer:
            self._former.add(self._daemon)
        self._former.discard(peer)
        self._daemon = peer
        _send(peer, self._switch.introduce())

    def _read(self, peer: socket.socket) -> Sequence[bytes]:
        found: list[bytes] = []
        try:
            while len(found) < _BATCH_MAX:
                datagram = peer.recv(LARGEST)
                if not datagram:
                    self._drop(peer)
                    break
                found.append(datagram)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(peer)
        return found

    def _drop(self, peer: socket.socket) -> None:
        if peer not in self._peers:
            return
        self._selector.unregister(peer)
        self._peers.discard(peer)
        self._former.discard(peer)
        if peer is self._daemon:
            self._daemon = None
        peer.close()

    def _tell_daemon(self) -> None:
        """Pass on what happened; what nobody hears now is told to the next daemon."""
        self._unheard += self._switch.events
        self._switch.events.clear()
        while self._daemon is not None and self._unheard:
            if not _send(self._daemon, self._unheard[0]):
                break
            del self._unheard[0]
        del self._unheard[:-_UNHEARD_MAX]


def _send(peer: socket.socket, message: Object) -> bool:
    """Send without waiting; False when the peer does not read or is gone."""
    try:
        peer.send(encode(message))
    except OSError:
        return False
    return True


def _is_trusted(peer: socket.socket) -> bool:
    """Root, or whoever runs the guard (without root it protects nothing anyway)."""
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return user in {0, os.geteuid()}
