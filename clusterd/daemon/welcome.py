"""Letting a machine in: check the token, sign its certificate, add the member."""

from clusterd.daemon.engine import Engine
from clusterd.host.clock import boot_time, wall_time
from clusterd.net import tls
from clusterd.net.token import secret_digest
from clusterd.state.command import AddMember
from clusterd.state.reply import Refused
from clusterd.wire.enrol import (
    JoinAnswer,
    JoinRefused,
    JoinReply,
    JoinRequest,
    Neighbour,
)


class Welcome:
    """Answers requests to join on behalf of the cluster."""

    def __init__(self, engine: Engine, authority: tls.Authority) -> None:
        """Begin; `authority` signs, but the log decides whom to let in."""
        self._engine = engine
        self._authority = authority

    async def on_join(self, request: JoinRequest) -> JoinAnswer:
        """Add the member, or say why not. Safe to be asked twice."""
        if self._engine.machine.facts(boot_time()).leader is None:
            # Asking the log now would let the machine in once it has given up.
            name = self._engine.identity.name
            return JoinRefused(
                reason=f"{name} reaches no majority of the cluster, which decides",
                hint="look at `clusterctl status` there; the token stays good",
            )
        now = wall_time()
        reply = await self._engine.propose(
            AddMember(
                token_digest=secret_digest(request.secret),
                node=request.node,
                address=request.address,
                version=request.version,
                wall=now,
            )
        )
        if isinstance(reply, Refused):
            return JoinRefused(reason=reply.text, hint=reply.hint)
        certificate = tls.issue(
            self._authority, request.request, request.node, [request.address], now
        )
        members = self._engine.state().members
        return JoinReply(
            cluster=self._engine.identity.cluster,
            timing=self._engine.identity.timing,
            raft_id=reply.detail,
            certificate=certificate,
            authority_certificate=self._authority.certificate,
            authority_key=self._authority.key,
            members=tuple(
                Neighbour(node=m.name, raft_id=m.raft_id, address=m.address)
                for m in members
            ),
        )
