"""A tiny cluster in values: carries out plans and files the results as the log does.

`running` is the truth on the machines; the status is only what was reported. So a
test can see what a plan does, not only what it says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from clusterd.model.agent import AgentName
from clusterd.model.cluster import ClusterState
from clusterd.model.configuration import Configuration, NodeSettings, Properties
from clusterd.model.constraint import Colocation, Constraint, Location, Order, OrderKind
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import (
    ConstraintName,
    InstanceName,
    NodeName,
    ResourceName,
    history_name,
)
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OnDoubt,
    OperationSpec,
    Primitive,
    Resource,
)
from clusterd.model.result import ExitCode, FailCount, OperationResult, Outcome
from clusterd.model.score import INFINITY
from clusterd.model.status import (
    Hold,
    Move,
    NodeHistory,
    Operation,
    Status,
    history_key,
    monitor_key,
)
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.policy.plan import plan

Fault = Callable[[Operation], ExitCode | None]
CHANGES = ("start", "stop", "promote", "demote")


def primitive(name: str, *operations: OperationSpec, **params: str) -> Primitive:
    """Return a primitive of the test agent."""
    return Primitive(
        name=ResourceName(name),
        agent=AgentName("ocf", "test", "Dummy"),
        params=params,
        operations=operations,
    )


def with_meta(resource: Primitive, meta: Meta) -> Primitive:
    """Return the primitive with these meta attributes."""
    return replace(resource, meta=meta)


def group(name: str, *members: Primitive, meta: Meta | None = None) -> Group:
    """Return a group."""
    return Group(name=ResourceName(name), members=members, meta=meta or Meta())


def clone(
    name: str,
    child: Primitive | Group,
    *,
    maximum: int | None = None,
    interleave: bool = False,
    ordered: bool = False,
    meta: Meta | None = None,
) -> Clone:
    """Return an anonymous clone."""
    return Clone(
        name=ResourceName(name),
        child=child,
        maximum=maximum,
        interleave=interleave,
        ordered=ordered,
        meta=meta or Meta(),
    )


def monitor(interval: float = 10.0, timeout: float = 20.0) -> OperationSpec:
    """Return a recurring monitor."""
    return OperationSpec(name="monitor", interval=interval, timeout=timeout)


def location(resource: str, node: str, score: int = INFINITY) -> Location:
    """Return a location constraint with a name made of its parts."""
    return Location(
        name=ConstraintName(f"{resource}-{node}"),
        resource=ResourceName(resource),
        node=NodeName(node),
        score=score,
    )


def together(resource: str, other: str, score: int = INFINITY) -> Colocation:
    """Return a colocation."""
    return Colocation(
        name=ConstraintName(f"{resource}-with-{other}"),
        resource=ResourceName(resource),
        with_resource=ResourceName(other),
        score=score,
    )


def order(
    first: str,
    then: str,
    kind: OrderKind = OrderKind.MANDATORY,
    *,
    symmetrical: bool = True,
) -> Order:
    """Return an order of starts."""
    return Order(
        name=ConstraintName(f"{first}-then-{then}"),
        first=ResourceName(first),
        then=ResourceName(then),
        kind=kind,
        symmetrical=symmetrical,
    )


def no_fault(_operation: Operation) -> ExitCode | None:
    """Let every operation succeed."""
    return None


@dataclass(slots=True, kw_only=True, repr=False)
class Cluster:
    """Nodes, a configuration and what is known of them."""

    configuration: Configuration = field(default_factory=Configuration)
    members: dict[str, MemberState] = field(default_factory=dict)
    status: Status = field(default_factory=Status)
    running: set[tuple[NodeName, str]] = field(default_factory=set)
    has_quorum: bool = True
    now_wall: float = 1000.0
    fault: Fault = no_fault
    shared: set[str] = field(default_factory=set)
    """Primitives that may run more than once: copies of clones."""
    told: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return what a failing law needs to be understood."""
        nodes = {name: state.value for name, state in self.members.items()}
        known = [
            f"{key}: last {_brief(h.last)} failure {_brief(h.failure)} "
            f"monitors {sorted(h.monitors)} pending {[p.operation for p in h.pending]}"
            for key, h in self.status.history.items()
        ]
        parts = [f"nodes {nodes}", *map(repr, self.configuration.resources)]
        parts += [*map(repr, self.configuration.constraints), *known]
        parts += [*map(repr, self.status.holds), *map(repr, self.status.fail_counts)]
        return "\n".join([*parts, f"told {self.told}"])

    def state(self) -> ClusterState:
        """Return what the policy sees."""
        members = tuple(
            Member(
                name=NodeName(name), raft_id=number, address="", session=1, state=state
            )
            for number, (name, state) in enumerate(self.members.items(), start=1)
        )
        return ClusterState(
            index=1,
            configuration=self.configuration,
            version=1,
            members=members,
            status=self.status,
            has_quorum=self.has_quorum,
            now_wall=self.now_wall,
        )

    def plan(self) -> Transition:
        """Plan for what is known now."""
        return plan(self.state())

    def settle(self, rounds: int = 20) -> "Cluster":
        """Carry out plans until one is empty; fail the test if none ever is."""
        for _ in range(rounds):
            transition = self.plan()
            if not transition.actions:
                return self
            self.carry_out(transition)
        raise AssertionError(f"still busy after {rounds} plans: {self.told[-10:]}")

    def carry_out(self, transition: Transition) -> None:
        """Do every action whose predecessors succeeded."""
        done: set[int] = set()
        for action in transition.actions:
            if set(action.after) <= done and self.do(action):
                done.add(action.number)

    def do(self, action: Action) -> bool:
        """Carry out one action; tell whether it succeeded."""
        self.told.append(f"{action.kind.value} {action.instance or ''} {action.node}")
        match action.kind:
            case ActionKind.FENCE:
                self.release(action.node)
                return True
            case ActionKind.FORGET:
                assert action.instance is not None
                self._forget(action.node, action.instance)
                return True
            case ActionKind.CANCEL:
                assert action.operation is not None
                self._cancel(action.operation)
                return True
            case _:
                assert action.operation is not None
                self.begin(action.operation)
                return self.finish(action.operation)

    def begin(self, operation: Operation) -> None:
        """File that a node was told to do this."""
        old = self._history(operation)
        if operation.interval:
            key = monitor_key(operation.operation, operation.interval)
            waits = _result(operation, ExitCode.SUCCESS, self.now_wall, Outcome.PENDING)
            new = replace(
                old,
                recurring={**old.recurring, key: operation},
                monitors={**old.monitors, key: waits},
            )
        else:
            new = replace(old, pending=(*old.pending, operation))
            if operation.operation in CHANGES:
                new = replace(new, recurring={}, monitors={})
        self._file(replace(new, instance=operation.instance))

    def finish(self, operation: Operation) -> bool:
        """Let the node answer; tell whether it is what was expected."""
        code = self.fault(operation)
        result = _result(
            operation,
            self._carry_out(operation) if code is None else code,
            self.now_wall,
        )
        self.record(result)
        return not result.is_failure

    def record(self, result: OperationResult) -> None:
        """File a result as the replicated state does."""
        old = self._history(result)
        key = monitor_key(result.operation, result.interval)
        found = _is_discovery(result)
        failed = result.is_failure and not found
        if result.interval:
            new = replace(old, monitors={**old.monitors, key: result})
            failure = old.failure
            if failure is not None and failure.interval == result.interval:
                new = replace(new, failure=None)  # It got better by itself.
        else:
            pending = tuple(p for p in old.pending if p.operation != result.operation)
            new = replace(old, pending=pending, last=result, failure=None)
            if result.operation == "start" or (
                found and result.code is ExitCode.SUCCESS
            ):
                new = new if failed else replace(new, last_start=result)
        if failed:
            new = replace(new, failure=result, last_failure=result)
            self._count(result)
        self._file(new)

    def release(self, node: NodeName) -> None:
        """File that a lost node holds nothing any more."""
        self.members[node] = MemberState.OFFLINE
        self.running = {each for each in self.running if each[0] != node}
        kept = {k: h for k, h in self.status.history.items() if h.node != node}
        self.status = replace(self.status, history=kept)

    def places(self, name: str) -> list[str]:
        """Return the nodes where a primitive truly runs, sorted."""
        return sorted(node for node, each in self.running if each == name)

    def _carry_out(self, operation: Operation) -> ExitCode:
        name = str(history_name(operation.instance))
        place = (operation.node, name)
        if operation.operation == "start":
            others = [node for node in self.places(name) if node != operation.node]
            may = name in self.shared or name in self._kept()
            assert may or not others, f"{name} runs on {others} already"
            self.running.add(place)
        elif operation.operation == "stop":
            self.running.discard(place)
        elif place not in self.running:
            return ExitCode.NOT_RUNNING
        return ExitCode.SUCCESS

    def _kept(self) -> set[str]:
        """Return the primitives that would rather run twice than not at all."""
        return {
            each.name
            for each in self.configuration.primitives()
            if each.meta.on_doubt is OnDoubt.KEEP
        }

    def _cancel(self, operation: Operation) -> None:
        old = self._history(operation)
        key = monitor_key(operation.operation, operation.interval)
        recurring = {k: v for k, v in old.recurring.items() if k != key}
        monitors = {k: v for k, v in old.monitors.items() if k != key}
        self._file(replace(old, recurring=recurring, monitors=monitors))

    def _forget(self, node: NodeName, instance: InstanceName) -> None:
        counts = tuple(
            count
            for count in self.status.fail_counts
            if (count.node, history_name(count.instance))
            != (node, history_name(instance))
        )
        self.status = replace(self.status, fail_counts=counts)
        old = self.status.of(node, history_name(instance))
        if old is not None:
            self._file(replace(old, last_failure=old.failure))

    def _count(self, result: OperationResult) -> None:
        name = InstanceName(history_name(result.instance))
        kept = [
            c
            for c in self.status.fail_counts
            if (c.node, c.instance) != (result.node, name)
        ]
        old = next((c.count for c in self.status.fail_counts if c not in kept), 0)
        fatal = result.operation == "stop" or (
            result.operation == "start"
            and self.configuration.properties.start_failure_is_fatal
        )
        count = INFINITY if fatal else old + 1
        new = FailCount(
            node=result.node, instance=name, count=count, last_wall=self.now_wall
        )
        self.status = replace(self.status, fail_counts=(*kept, new))

    def _history(self, of: Operation | OperationResult) -> NodeHistory:
        known = self.status.of(of.node, history_name(of.instance))
        return known or NodeHistory(node=of.node, instance=of.instance)

    def _file(self, history: NodeHistory) -> None:
        key = history_key(history.node, history_name(history.instance))
        self.status = replace(
            self.status, history={**self.status.history, key: history}
        )


def cluster(
    nodes: Iterable[str],
    resources: Iterable[Resource],
    constraints: Iterable[Constraint] = (),
    *,
    properties: Properties | None = None,
    defaults: Meta | None = None,
    settings: Iterable[NodeSettings] = (),
) -> Cluster:
    """Return a cluster of online nodes about which nothing is known yet."""
    listed = tuple(resources)
    return Cluster(
        configuration=Configuration(
            properties=properties or Properties(),
            nodes=tuple(settings),
            resource_defaults=defaults or Meta(),
            resources=listed,
            constraints=tuple(constraints),
        ),
        members=dict.fromkeys(nodes, MemberState.ONLINE),
        shared=shared_names(listed),
    )


def shared_names(resources: Iterable[Resource]) -> set[str]:
    """Return the primitives below clones."""
    names: set[str] = set()
    for resource in resources:
        if isinstance(resource, Clone):
            child = resource.child
            members = child.members if isinstance(child, Group) else (child,)
            names.update(member.name for member in members)
    return names


def lines(transition: Transition) -> list[str]:
    """Return `start vip n1 after 1`, one for each action."""
    return [
        " ".join(
            [
                action.kind.value,
                *([action.instance] if action.instance else []),
                action.node,
                *(
                    ["after", *(str(number) for number in action.after)]
                    if action.after
                    else []
                ),
            ]
        )
        for action in transition.actions
    ]


def starts_and_stops(transition: Transition) -> list[str]:
    """Return the changes only, in the order of the plan."""
    wanted = (ActionKind.START, ActionKind.STOP, ActionKind.FENCE)
    return [
        " ".join(
            [
                action.kind.value,
                *([action.instance] if action.instance else []),
                action.node,
            ]
        )
        for action in transition.actions
        if action.kind in wanted
    ]


def hold(status: Status, *holds: Hold) -> Status:
    """Return the status with these holds in force."""
    return replace(status, holds=holds)


def moving(status: Status, *moves: Move) -> Status:
    """Return the status with these moves under way."""
    return replace(status, moves=moves)


def params_of(operation: Operation) -> Mapping[str, str]:
    """Return the parameters of an operation as a plain mapping."""
    return dict(operation.params)


def _result(
    operation: Operation, code: ExitCode, now: float, outcome: Outcome = Outcome.DONE
) -> OperationResult:
    return OperationResult(
        operation_id=operation.operation_id,
        node=operation.node,
        instance=operation.instance,
        operation=operation.operation,
        interval=operation.interval,
        outcome=outcome,
        code=code,
        expected=ExitCode(operation.expected),
        finished_wall=now,
        digest=operation.digest,
    )


def _brief(result: OperationResult | None) -> str:
    if result is None:
        return "-"
    return f"{result.operation}={result.code.name}/{result.outcome.value}"


def _is_discovery(result: OperationResult) -> bool:
    return (
        result.operation == "monitor"
        and not result.interval
        and result.code.value in (0, 7, 8, 190, 191)
    )
