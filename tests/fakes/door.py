"""A daemon for the service, without network, disk and agents.

State and planning are the real ones (`state.apply`, `policy.plan`); the world is
a set of what runs where. A proposal is committed at once, then a coordinator made
of one loop plans and carries out until nothing is left to do.
"""

import asyncio
from dataclasses import dataclass, field, replace

from clusterd.api.door import Belonging, Founding, IssuedToken, Joining
from clusterd.api.faults import RequestRefused
from clusterd.api.protocol import Exit, Fault
from clusterd.config.loader import Loaded, load
from clusterd.model.agent import AgentMetadata, AgentName, OperationAdvice, Parameter
from clusterd.model.cluster import ClusterState
from clusterd.model.membership import Proof
from clusterd.model.names import NodeName, history_name
from clusterd.model.result import ExitCode, OperationResult
from clusterd.model.status import Operation
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.policy.plan import plan
from clusterd.state.apply import apply
from clusterd.state.command import (
    AddMember,
    Admit,
    Command,
    Configure,
    Evict,
    Forget,
    Found,
    Intend,
    IssueToken,
    Proposal,
    Record,
    Release,
    RemoveMember,
    TakeOver,
)
from clusterd.state.live import Live
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply

START_WALL = 1_700_000_000.0
ROUNDS_MAX = 100
FIRST = NodeName("n1")

CONFIGURATION = """\
cluster:
  name: prod
resources:
  vip:
    agent: clusterd:VIP
    params: {ip: 203.0.113.10}
    operations:
      monitor: {interval: 10s}
    meta: {release: kernel}
  haproxy:
    agent: clusterd:HAProxy
    operations:
      monitor: {interval: 10s}
    meta: {on-doubt: keep}
clones:
  haproxy-clone:
    resource: haproxy
constraints:
  colocation:
    - {resource: vip, with: haproxy-clone, score: mandatory}
"""

VIP = AgentMetadata(
    name=AgentName("ocf", "clusterd", "VIP"),
    version="1.0",
    summary="An address",
    parameters=(Parameter(name="ip", required=True, summary="The address"),),
    operations=(
        OperationAdvice(name="start", timeout=20.0),
        OperationAdvice(name="monitor", timeout=20.0, interval=10.0),
    ),
)


@dataclass
class FakeDoor:
    """Keeps the contract of `api.door.Door`; the fields steer it."""

    node: NodeName = FIRST
    has_quorum: bool = True
    freshness: float | None = 0.0
    wall: float = START_WALL
    is_working: bool = True
    """The coordinator carries out; False: it plans nothing by itself."""
    is_committing: bool = True
    """A majority answers; False: proposals are never confirmed."""
    is_planning: bool = True
    """The planner answers; False: it hangs."""
    failing: set[tuple[str, str, str]] = field(default_factory=set)
    """(node, primitive, operation) that fail."""
    running: set[tuple[str, str]] = field(default_factory=set)
    """(node, primitive): the truth that agents find."""
    replicated: Replicated = field(default_factory=Replicated)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: int = 0

    @classmethod
    def with_nodes(cls, *names: str, text: str = CONFIGURATION) -> "FakeDoor":
        """Return the door of the first node of a settled cluster."""
        door = cls(node=NodeName(names[0]))
        for command in _founding(*names):
            door.commit(command)
        if text:
            loaded = load(text, file="test.yaml", metadata=None)
            assert loaded.configuration is not None, loaded.diagnostics
            configured = Configure(
                text=text,
                configuration=loaded.configuration,
                author="alice",
                wall=door.wall,
            )
            door.commit(configured)
            door.settle()
        return door

    def lose(self, node: str) -> None:
        """Evict a node, as the coordinator does after silence."""
        member = self.replicated.member(NodeName(node))
        assert member is not None, node
        lost = Evict(
            node=member.name, session=member.session, reason="silent", wall=self.wall
        )
        self.commit(lost)

    def commit(self, command: Command) -> Reply:
        """Apply a command as the next entry of the log."""
        self.wall += 0.1
        index = self.replicated.index + 1
        proposal = Proposal(request=f"r{index}", command=command)
        self.replicated, reply = apply(self.replicated, index, proposal)
        self._changed.set()
        self._changed = asyncio.Event()
        return reply

    def settle(self) -> None:
        """Plan and carry out until nothing is left to do."""
        for _ in range(ROUNDS_MAX):
            view = self.replicated.view(has_quorum=True, now_wall=self.wall)
            actions = plan(view).actions
            if not actions:
                return
            done: set[int] = set()
            numbers = {each.number for each in actions}
            for action in actions:
                waits = numbers.intersection(action.after)
                if waits <= done and self._do(action):
                    done.add(action.number)
        raise AssertionError("the plan never comes to rest")

    def state(self) -> Replicated:
        """See Door."""
        return self.replicated

    def live(self) -> Live:
        """See Door."""
        names = frozenset(each.name for each in self.replicated.members)
        others = names - {self.node} if self.has_quorum else frozenset[NodeName]()
        return Live(
            node=self.node,
            has_quorum=self.has_quorum,
            freshness=self.freshness,
            heard=dict.fromkeys(others, 0.1),
            voters=names,
            lease_valid=self.has_quorum,
            enforcement="nft",
        )

    def now_wall(self) -> float:
        """See Door."""
        return self.wall

    async def changed(self, since: int) -> None:
        """See Door."""
        while self.replicated.index <= since:
            await self._changed.wait()

    async def propose(self, command: Command) -> Reply:
        """See Door. Without quorum nothing is ever committed."""
        if not (self.has_quorum and self.is_committing):
            await asyncio.Event().wait()
        reply = self.commit(command)
        if self.is_working:
            asyncio.get_running_loop().call_soon(self.settle)
        return reply

    async def plan(self, state: ClusterState) -> Transition:
        """See Door."""
        if not self.is_planning:
            await asyncio.Event().wait()
        return plan(state)

    async def load_configuration(self, text: str, file: str) -> Loaded:
        """See Door; without metadata, so any agent will do."""
        return load(text, file=file, metadata=None)

    async def agents(self) -> tuple[AgentMetadata, ...]:
        """See Door."""
        return (VIP,)

    async def cluster_init(self, founding: Founding) -> Belonging:
        """See Door."""
        for command in _founding(founding.node or self.node, name=founding.cluster):
            self.commit(command)
        return self._belonging()

    async def cluster_join(self, joining: Joining) -> Belonging:
        """See Door; knows one token only."""
        if joining.token != "good-token":  # noqa: S105  # The fake's one.
            fault = Fault(code="E-TOKEN", text="unknown token", exit=Exit.REFUSED)
            raise RequestRefused(fault)
        for command in _founding("n9", joining.node or self.node):
            self.commit(command)
        return self._belonging()

    async def cluster_leave(self, author: str) -> Reply:
        """See Door."""
        left = RemoveMember(node=self.node, author=author, wall=self.wall)
        return await self.propose(left)

    async def token(self, valid_for: float, author: str) -> IssuedToken:
        """See Door."""
        expires = self.wall + valid_for
        self.commit(IssueToken(digest="d", expires_wall=expires, author=author))
        return IssuedToken(text="good-token", expires_wall=expires)

    def _belonging(self) -> Belonging:
        members = tuple(each.name for each in self.replicated.members)
        return Belonging(
            cluster=self.replicated.cluster,
            node=self.node,
            fingerprint="ab:cd",
            members=members,
        )

    def _do(self, action: Action) -> bool:
        """Carry out one action and tell whether it went well."""
        if action.kind is ActionKind.FENCE:
            self._release(action.node)
        elif action.kind is ActionKind.FORGET:
            assert action.instance is not None, action
            self.commit(Forget(node=action.node, instance=action.instance))
        elif action.operation is not None:
            return self._operate(action.kind, action.operation)
        return True

    def _release(self, node: NodeName) -> None:
        member = self.replicated.member(node)
        assert member is not None, node
        released = Release(
            node=node, session=member.session, proof=Proof.LEASE, wall=self.wall
        )
        self.running = {each for each in self.running if each[0] != node}
        self.commit(released)

    def _operate(self, kind: ActionKind, planned: Operation) -> bool:
        member = self.replicated.member(planned.node)
        assert member is not None, planned
        self._numbers += 1
        told = replace(
            planned, operation_id=f"op{self._numbers}", session=member.session
        )
        if kind is ActionKind.CANCEL:
            self.commit(Intend(cancels=(told,), wall=self.wall))
            return True
        reply = self.commit(Intend(operations=(told,), wall=self.wall))
        if not (isinstance(reply, Accepted) and reply.detail):
            return False
        result = self._result(told)
        self.commit(Record(results=(result,)))
        return not result.is_failure

    def _result(self, told: Operation) -> OperationResult:
        name = history_name(told.instance)
        key = (told.node, name)
        code, reason = ExitCode.SUCCESS, ""
        if (told.node, name, told.operation) in self.failing:
            code, reason = ExitCode.GENERIC_ERROR, "cannot bind :443"
        elif told.operation == "monitor":
            code = ExitCode.SUCCESS if key in self.running else ExitCode.NOT_RUNNING
        elif told.operation == "start":
            self.running.add(key)
        elif told.operation == "stop":
            self.running.discard(key)
        return OperationResult(
            operation_id=told.operation_id,
            node=told.node,
            instance=told.instance,
            operation=told.operation,
            interval=told.interval,
            code=code,
            expected=ExitCode(told.expected),
            reason=reason,
            finished_wall=self.wall,
            duration=0.2,
            digest=told.digest,
        )


def _founding(*names: str, name: str = "prod") -> list[Command]:
    """Return the commands that make a cluster of these nodes, all online."""
    first, *others = (NodeName(each) for each in names)
    wall = START_WALL
    commands: list[Command] = [
        Found(cluster=name, node=first, address=_address(1), raft_id=1, wall=wall),
        TakeOver(node=first, term=1, wall=wall),
        Admit(node=first, boot="b", wall=wall, version="0.1.0"),
    ]
    for number, other in enumerate(others, start=2):
        digest = f"token{number}"
        commands += [
            IssueToken(digest=digest, expires_wall=wall + 3600, wall=wall),
            AddMember(
                token_digest=digest, node=other, address=_address(number), wall=wall
            ),
            Admit(node=other, boot="b", wall=wall, version="0.1.0"),
        ]
    return commands


def _address(number: int) -> str:
    return f"10.0.0.{number}:7400"
