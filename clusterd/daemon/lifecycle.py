"""From a lone machine to a member and back: founding, joining, leaving."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

from clusterd import __version__
from clusterd.api.door import Belonging, Founding, IssuedToken, Joining
from clusterd.api.faults import RequestRefused
from clusterd.api.protocol import Exit, Fault
from clusterd.daemon.addresses import AddressFault, own_address
from clusterd.daemon.codec import WireCodec
from clusterd.daemon.departure import depart
from clusterd.daemon.disk import begin_log
from clusterd.daemon.engine import Engine
from clusterd.daemon.identity import NodeIdentity, load_identity, save_identity
from clusterd.daemon.paths import Paths
from clusterd.daemon.rejoin import LogLost
from clusterd.daemon.welcome import Welcome
from clusterd.host.clock import wall_time
from clusterd.host.storage_fault import CorruptedLog, MissingLog
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName
from clusterd.model.note import Note
from clusterd.net import tls
from clusterd.net.addresses import enrol_address
from clusterd.net.enrol import join
from clusterd.net.enrol_server import EnrolServer
from clusterd.net.faults import NetFault
from clusterd.net.keyring import (
    load_authority,
    load_credentials,
    save_authority,
    save_credentials,
)
from clusterd.net.token import (
    Token,
    create_secret,
    parse_token,
    secret_digest,
    token_text,
)
from clusterd.node.effects import Stop
from clusterd.safety.timing import DEFAULT, FAST, PROFILES
from clusterd.state.apply import apply
from clusterd.state.command import Found, IssueToken, Proposal
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Refused, Reply

FIRST_RAFT_ID = 1


class Lifecycle:
    """Holds the engine while this machine is a member; None otherwise."""

    def __init__(
        self,
        paths: Paths,
        tell: Callable[[Note], None],
        on_stop: Callable[[Stop], None],
        *,
        is_punctual: bool,
    ) -> None:
        """`is_punctual`: real-time priority was granted, so short timers are safe."""
        self._paths = paths
        self._tell = tell
        self._on_stop = on_stop
        self._is_punctual = is_punctual
        self._busy = asyncio.Lock()
        self._enrol: EnrolServer | None = None
        self.engine: Engine | None = None

    async def start(self) -> None:
        """Go on as a member, if this machine is one. Raises LogLost."""
        identity = load_identity(self._paths.identity)
        if identity is None:
            return
        try:
            await self._begin(identity)
        except (CorruptedLog, MissingLog) as fault:
            raise LogLost(fault, identity, self._paths.data) from fault

    async def stop(self) -> None:
        """Stop being active; the resources go on."""
        if self._enrol is not None:
            await self._enrol.stop()
            self._enrol = None
        if self.engine is not None:
            await self.engine.stop()

    async def found(self, founding: Founding) -> Belonging:
        """Make the authority, the first log and the identity; begin."""
        async with self._busy:
            self._refuse_member()
            name = founding.node or _host_name()
            timing = self._timing(founding.timing)
            address = _address(founding.address, None)
            now = wall_time()
            authority = tls.create_authority(founding.cluster, now)
            credentials = tls.issue_to(authority, name, [address], now)
            save_authority(self._paths.keys, authority)
            save_credentials(self._paths.keys, credentials)
            command = Found(
                cluster=founding.cluster,
                node=name,
                address=address,
                raft_id=FIRST_RAFT_ID,
                wall=now,
            )
            state, _ = apply(Replicated(), 1, Proposal(request="", command=command))
            begin_log(self._paths.log, WireCodec().state_to_bytes(state))
            identity = NodeIdentity(
                cluster=founding.cluster,
                name=name,
                raft_id=FIRST_RAFT_ID,
                address=address,
                timing=timing,
            )
            save_identity(self._paths.identity, identity)
            engine = await self._begin(identity)
            await _until_online(engine)
            return self._belonging(identity, (name,))

    async def join(self, joining: Joining) -> Belonging:
        """Ask a member to let this machine in; begin."""
        async with self._busy:
            self._refuse_member()
            try:
                return await self._join(joining)
            except NetFault as fault:
                raise _refused("E-JOIN", str(fault)) from fault

    async def _join(self, joining: Joining) -> Belonging:
        token = parse_token(joining.token)
        name = joining.node or _host_name()
        address = _address(joining.address, token.addresses[0])
        enrolled = await join(
            token, name, address, now_wall=wall_time(), version=__version__
        )
        reply = enrolled.reply
        authority = tls.Authority(
            certificate=reply.authority_certificate, key=reply.authority_key
        )
        save_authority(self._paths.keys, authority)
        save_credentials(self._paths.keys, enrolled.credentials)
        begin_log(self._paths.log, None)
        identity = NodeIdentity(
            cluster=reply.cluster,
            name=name,
            raft_id=reply.raft_id,
            address=address,
            timing=reply.timing,
            seeds=tuple((m.raft_id, m.node, m.address) for m in reply.members),
        )
        save_identity(self._paths.identity, identity)
        await self._begin(identity)
        return self._belonging(identity, tuple(m.node for m in reply.members))

    async def leave(self, author: str) -> Reply:
        """Drain, leave the voters, and forget the cluster."""
        async with self._busy:
            engine = self.engine
            assert engine is not None, "the service refuses `leave` outside a cluster"
            reply = await depart(engine, author)
            if isinstance(reply, Refused):
                return reply
            engine.end_companions()
            await self.stop()
            self.engine = None
            _forget(self._paths)
            return reply

    async def token(self, valid_for: float, author: str) -> IssuedToken:
        """Make a token; the log keeps only the hash of its secret."""
        engine = self.engine
        assert engine is not None, "the service refuses `token` outside a cluster"
        secret = create_secret()
        now = wall_time()
        command = IssueToken(
            digest=secret_digest(secret),
            expires_wall=now + valid_for,
            author=author,
            wall=now,
        )
        reply = await engine.propose(command)
        if isinstance(reply, Refused):
            raise _refused(reply.why.value, reply.text)
        own = engine.identity.name
        members = sorted(engine.state().members, key=lambda m: m.name != own)
        token = Token(
            addresses=tuple(enrol_address(each.address) for each in members),
            fingerprint=tls.fingerprint(load_authority(self._paths.keys).certificate),
            secret=secret,
        )
        return IssuedToken(text=token_text(token), expires_wall=command.expires_wall)

    async def _begin(self, identity: NodeIdentity) -> Engine:
        engine = Engine(self._paths, identity, self._tell, self._on_stop)
        await engine.start()
        self.engine = engine
        welcome = Welcome(engine, load_authority(self._paths.keys))
        self._enrol = EnrolServer(
            load_credentials(self._paths.keys),
            enrol_address(identity.address),
            on_join=welcome.on_join,
            tell=self._tell,
        )
        await self._enrol.start()
        return engine

    def _refuse_member(self) -> None:
        if self.engine is not None:
            cluster = self.engine.identity.cluster
            raise _refused("E-IN-CLUSTER", f"this node is a member of {cluster}")

    def _timing(self, asked: str) -> str:
        if not asked:
            return (FAST if self._is_punctual else DEFAULT).name
        if asked not in PROFILES:
            known = ", ".join(PROFILES)
            raise _refused("E-USAGE", f'no timing profile "{asked}"; there are {known}')
        return asked

    def _belonging(
        self, identity: NodeIdentity, members: tuple[NodeName, ...]
    ) -> Belonging:
        authority = load_authority(self._paths.keys)
        return Belonging(
            cluster=identity.cluster,
            node=identity.name,
            fingerprint=tls.fingerprint(authority.certificate),
            members=members,
        )


async def _until_online(engine: Engine) -> None:
    """Return when the founder leads its cluster of one: now it can admit others."""
    own = engine.own()
    while own is None or own.state is not MemberState.ONLINE:
        await engine.runtime.changed(engine.state().index)
        own = engine.own()


def _address(asked: str, towards: str | None) -> str:
    try:
        return own_address(asked, towards)
    except AddressFault as fault:
        raise _refused("E-ADDRESS", str(fault)) from fault


def _host_name() -> NodeName:
    return NodeName(socket.gethostname().partition(".")[0])


def _refused(code: str, text: str) -> RequestRefused:
    return RequestRefused(Fault(code=code, text=text, hint="", exit=Exit.REFUSED))


def _forget(paths: Paths) -> None:
    """Remove what made this machine a member: the identity first."""
    for file in (paths.identity, *_all_files(paths.keys), *_log_files(paths.log)):
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


def _all_files(folder: Path) -> list[Path]:
    return [each for each in folder.glob("*") if each.is_file()]


def _log_files(log: Path) -> list[Path]:
    return list(log.parent.glob(log.name + "*"))
