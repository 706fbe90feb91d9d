"""A replicated state that grows by commands, as the log makes it grow."""

from dataclasses import replace

from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.exclusive import release_of
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName, history_name
from clusterd.model.resource import Clone, Meta, OperationSpec, Primitive, Release
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.model.status import NodeHistory, Operation
from clusterd.state.apply import apply
from clusterd.state.command import (
    AddMember,
    Admit,
    Command,
    Configure,
    Found,
    Intend,
    IssueToken,
    Proposal,
    Record,
)
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Refused, Reply

N1, N2, N3 = NodeName("n1"), NodeName("n2"), NodeName("n3")
VIP, WEB, DB = ResourceName("vip"), ResourceName("web"), ResourceName("db")


def a_primitive(name: ResourceName, release: Release | None = None) -> Primitive:
    """Return a primitive with a monitor every 10 s."""
    return Primitive(
        name=name,
        agent=AgentName("ocf", "test", "Dummy"),
        operations=(OperationSpec(name="monitor", interval=10.0),),
        meta=Meta(release=release),
    )


CONFIGURATION = Configuration(
    resources=(
        a_primitive(VIP, Release.KERNEL),
        a_primitive(DB),
        Clone(name=ResourceName("webs"), child=a_primitive(WEB)),
    )
)


class Log:
    """Applies commands one after another; `state` is what came of them."""

    def __init__(self) -> None:
        self.state = Replicated()
        self._numbers = 0

    def put(self, command: Command, request: str = "") -> Reply:
        """Apply a command at the next index."""
        proposal = Proposal(request=request, command=command)
        self.state, reply = apply(self.state, self.state.index + 1, proposal)
        return reply

    def accepted(self, command: Command) -> Accepted:
        """Apply a command that must be accepted."""
        reply = self.put(command)
        assert isinstance(reply, Accepted), reply
        return reply

    def refused(self, command: Command) -> Refused:
        """Apply a command that must be refused and change nothing."""
        before = self.state
        reply = self.put(command)
        assert isinstance(reply, Refused), reply
        assert replace(self.state, index=before.index) == before
        return reply

    def member(self, name: NodeName) -> Member:
        """Return a member that must be there."""
        member = self.state.member(name)
        assert member is not None
        return member

    def history(self, node: NodeName, name: ResourceName) -> NodeHistory:
        """Return what is known of a primitive on a node; something must be."""
        history = self.state.status.of(node, name)
        assert history is not None
        return history

    def order(self, node: NodeName, what: str, name: str, **more: object) -> Operation:
        """Order an operation of the node's present session; it may be dropped."""
        self._numbers += 1
        release = release_of(self.state.configuration, history_name(InstanceName(name)))
        facts: dict[str, object] = {
            "session": self.member(node).session,
            "exclusive": release is not None and what == "start",
            "release": release.value if release else "",
            **more,
        }
        operation = Operation(
            operation_id=f"op-{self._numbers}",
            node=node,
            instance=InstanceName(name),
            operation=what,
            **facts,  # type: ignore[arg-type]  # Named by the tests.
        )
        self.put(Intend(operations=(operation,)))
        return operation

    def is_ordered(self, operation: Operation) -> bool:
        """Tell whether the operation was admitted and still stands."""
        name = history_name(operation.instance)
        history = self.state.status.of(operation.node, name)
        if history is None:
            return False
        known = (*history.pending, *history.recurring.values())
        return any(p.operation_id == operation.operation_id for p in known)

    def answer(
        self, operation: Operation, code: ExitCode = ExitCode.SUCCESS, **more: object
    ) -> None:
        """Record the result of an operation."""
        self.put(Record(results=(a_result(operation, code, **more),)))

    def do(self, node: NodeName, what: str, name: str) -> Operation:
        """Order an operation and let it succeed."""
        operation = self.order(node, what, name)
        self.answer(operation)
        return operation

    def probe(self, *names: ResourceName) -> None:
        """Let every online member find that nothing of these runs."""
        for member in self.state.members:
            if member.state is MemberState.ONLINE:
                for name in names or (VIP, DB):
                    self.answer(
                        self.order(member.name, "monitor", name, expected=7),
                        ExitCode.NOT_RUNNING,
                    )


def a_result(
    operation: Operation, code: ExitCode = ExitCode.SUCCESS, **more: object
) -> OperationResult:
    """Return what a node answers to an operation."""
    facts: dict[str, object] = {"outcome": Outcome.DONE, "finished_wall": 10.0, **more}
    return OperationResult(
        operation_id=operation.operation_id,
        node=operation.node,
        instance=operation.instance,
        operation=operation.operation,
        interval=operation.interval,
        code=code,
        expected=ExitCode(operation.expected),
        **facts,  # type: ignore[arg-type]  # Named by the tests.
    )


def joined(*nodes: NodeName) -> Log:
    """Return a log in which these nodes are members; none is admitted."""
    log = Log()
    first, *others = nodes
    log.put(Found(cluster="c", node=first, address="a:1", raft_id=1, wall=0.0))
    for node in others:
        log.put(IssueToken(digest=f"d-{node}", expires_wall=100.0))
        log.put(AddMember(token_digest=f"d-{node}", node=node, address="b:1"))
    return log


def admitted(*nodes: NodeName) -> Log:
    """Return a log with a configuration in which these nodes are online."""
    log = joined(*nodes)
    log.put(Configure(text="text", configuration=CONFIGURATION))
    for node in nodes:
        log.put(Admit(node=node, boot=f"{node}-boot"))
    return log
