"""Read a golden case: a cluster in words, then what the policy must say of it.

The words, one subject per line (`#` begins a comment):

    nodes      n1, n2 standby, n3 lost     also: offline, pending, maintenance
    cluster    no quorum; policy freeze; maintenance; stop all; asymmetric
    defaults   stickiness 100              meta attributes, see `_META`
    vip        on n1; monitor every 10s; prefers n1 by 100; stickiness 5
    group web of ip, app
    clone proxies of proxy; maximum 2; interleave
    order proxies then vip                 also: optional, serialize, one way
    together vip with proxies              also: by -100, by -inf
    hold ban vip n1                        also: pin, standby n1, maintenance vip
    move vip to n2                         also: move vip off n1

What a primitive did, where: `on`, `starting on`, `stopping on`, `probing on`,
`unknown on`, `found on`, `changed on` (started with other parameters),
`failed start|stop|monitor|probe [3 times] on n1 [code 5]`, `recovered start on`
`unknown on`, `found on`, `changed on` (started with other parameters), `failed
start|stop|monitor|probe [3 times] on n1 [code 5]`, `recovered start on n1`
(it failed, and was then stopped); or `never probed` at all. On every other node
that is online it is known to be stopped.
Sections follow: `plan`, `summary`, `why NAME`, `recheck`, each above `----`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from clusterd.model.configuration import NodeSettings, NoQuorumPolicy
from clusterd.model.constraint import Constraint, Order, OrderKind
from clusterd.model.membership import MemberState
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OnDoubt,
    OnFail,
    OperationSpec,
    Primitive,
    Resource,
    Role,
)
from clusterd.model.result import ExitCode, FailCount, OperationResult, Outcome
from clusterd.model.score import INFINITY
from clusterd.model.status import (
    Hold,
    HoldKind,
    Move,
    NodeHistory,
    Operation,
    Status,
    history_key,
    monitor_key,
)
from clusterd.policy.digest import digest_of
from tests.unit.policy.cluster import (
    Cluster,
    cluster,
    location,
    order,
    primitive,
    together,
)

FAILED_AT = 900.0
"""When the failures of a case happened; it is 1000 now."""

_META: dict[str, Callable[[Meta, str], Meta]] = {
    "stickiness": lambda meta, word: replace(meta, stickiness=_score(word)),
    "priority": lambda meta, word: replace(meta, priority=int(word)),
    "threshold": lambda meta, word: replace(meta, migration_threshold=int(word)),
    "failures expire after": lambda meta, word: replace(
        meta, failure_timeout=_seconds(word)
    ),
    "target": lambda meta, word: replace(meta, target_role=Role(word)),
    "unmanaged": lambda meta, _: replace(meta, is_managed=False),
    "maintenance": lambda meta, _: replace(meta, maintenance=True),
    "keep": lambda meta, _: replace(meta, on_doubt=OnDoubt.KEEP),
}
_STATES = {
    "lost": MemberState.LOST,
    "offline": MemberState.OFFLINE,
    "pending": MemberState.PENDING,
}


@dataclass(slots=True)
class Story:
    """What has been read so far."""

    members: dict[str, MemberState] = field(default_factory=dict)
    settings: list[NodeSettings] = field(default_factory=list)
    cluster_words: list[str] = field(default_factory=list)
    defaults: Meta = field(default_factory=Meta)
    resources: dict[str, Resource] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    deeds: dict[str, list[str]] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    histories: dict[str, NodeHistory] = field(default_factory=dict)
    counts: list[FailCount] = field(default_factory=list)


def read_cluster(text: str) -> Cluster:
    """Return the cluster that the head of a case describes."""
    story = Story()
    for line in text.splitlines():
        words = line.partition("#")[0].strip()
        if words:
            _read_line(story, words)
    for name, deeds in story.deeds.items():
        _do(story, name, deeds)
    return _build(story)


def _build(story: Story) -> Cluster:
    configured = [
        each for name, each in story.resources.items() if name not in story.removed
    ]
    built = cluster(
        story.members,
        configured,
        story.constraints,
        defaults=story.defaults,
        settings=story.settings,
    )
    built.members = story.members
    for word in story.cluster_words:
        _set(built, word)
    built.status = Status(
        history=story.histories,
        fail_counts=tuple(story.counts),
        holds=tuple(story.holds),
        moves=tuple(story.moves),
    )
    return built


def _set(built: Cluster, word: str) -> None:
    properties = built.configuration.properties
    match word.split():
        case ["no", "quorum"]:
            built.has_quorum = False
        case ["policy", name]:
            properties = replace(properties, no_quorum_policy=NoQuorumPolicy(name))
        case ["maintenance"]:
            properties = replace(properties, maintenance=True)
        case ["stop", "all"]:
            properties = replace(properties, stop_all=True)
        case ["asymmetric"]:
            properties = replace(properties, symmetric=False)
        case _:
            raise ValueError(f"what is `{word}`?")
    built.configuration = replace(built.configuration, properties=properties)


def _read_line(story: Story, line: str) -> None:
    head, _, rest = line.partition(" ")
    rest = rest.strip()
    match head:
        case "nodes":
            _read_nodes(story, rest)
        case "cluster":
            story.cluster_words = _clauses(rest)
        case "defaults":
            for clause in _clauses(rest):
                story.defaults = _meta(story.defaults, clause) or story.defaults
        case "group" | "clone":
            _read_collective(story, head, rest)
        case "order":
            story.constraints.append(_read_order(rest))
        case "together":
            _read_together(story, rest)
        case "hold":
            story.holds.append(_read_hold(rest.split()))
        case "move":
            story.moves.append(_read_move(rest.split()))
        case _:
            _read_primitive(story, head, _clauses(rest))


def _read_nodes(story: Story, text: str) -> None:
    for each in text.split(","):
        name, *words = each.split()
        state = next(
            (_STATES[word] for word in words if word in _STATES), MemberState.ONLINE
        )
        story.members[name] = state
        story.settings.append(
            NodeSettings(
                name=NodeName(name),
                standby="standby" in words,
                maintenance="maintenance" in words,
            )
        )


def _read_primitive(story: Story, name: str, clauses: list[str]) -> None:
    made = primitive(name)
    deeds: list[str] = []
    for clause in clauses:
        meta = _meta(made.meta, clause)
        if meta is not None:
            made = replace(made, meta=meta)
        elif " every " in clause or clause.startswith(("start ", "stop ")):
            made = replace(made, operations=(*made.operations, _operation(clause)))
        elif clause.startswith(("prefers", "avoids")):
            _read_location(story, name, clause.split())
        elif clause.startswith("param "):
            key, _, value = clause[6:].partition("=")
            made = replace(made, params={**made.params, key: value})
        elif clause == "removed":
            story.removed.add(name)
        else:
            deeds.append(clause)
    story.resources[name] = made
    story.deeds[name] = deeds


def _operation(clause: str) -> OperationSpec:
    """Read `monitor every 10s timeout 5s on-fail block` or `start on-fail stop`."""
    name, *words = clause.split()
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    return OperationSpec(
        name=name,
        interval=_seconds(pairs.get("every", "0")),
        timeout=_seconds(pairs.get("timeout", "20")),
        on_fail=OnFail(pairs["on-fail"]) if "on-fail" in pairs else None,
        role=Role(pairs["role"]) if "role" in pairs else None,
    )


def _read_location(story: Story, name: str, words: list[str]) -> None:
    score = _score(words[3]) if len(words) > 3 else INFINITY
    sign = 1 if words[0] == "prefers" else -1
    story.constraints.append(location(name, words[1], sign * score))


def _read_collective(story: Story, kind: str, text: str) -> None:
    clauses = _clauses(text)
    name, _, members = clauses[0].partition(" of ")
    parts = [story.resources.pop(each.strip()) for each in members.split(",")]
    meta = Meta()
    words: list[str] = []
    for clause in clauses[1:]:
        if clause.startswith(("prefers", "avoids")):
            _read_location(story, name, clause.split())
        elif (changed := _meta(meta, clause)) is not None:
            meta = changed
        else:
            words.append(clause)
    if kind == "group":
        members_of = tuple(each for each in parts if isinstance(each, Primitive))
        story.resources[name] = Group(
            name=ResourceName(name), members=members_of, meta=meta
        )
        return
    child = parts[0]
    assert not isinstance(child, Clone)
    limits = [int(each.split()[1]) for each in words if each.startswith("maximum")]
    story.resources[name] = Clone(
        name=ResourceName(name),
        child=child,
        meta=meta,
        maximum=limits[0] if limits else None,
        interleave="interleave" in words,
        ordered="ordered" in words,
    )


def _read_order(text: str) -> Order:
    clauses = _clauses(text)
    first, then = (each.strip() for each in clauses[0].split(" then "))
    kind = next((k for k in OrderKind if k.value in clauses), OrderKind.MANDATORY)
    return order(first, then, kind, symmetrical="one way" not in clauses)


def _read_together(story: Story, text: str) -> None:
    clauses = text.split()
    score = _score(clauses[4]) if len(clauses) > 4 else INFINITY
    story.constraints.append(together(clauses[0], clauses[2], score))


def _read_hold(words: list[str]) -> Hold:
    until = float(words[words.index("until") + 1]) if "until" in words else None
    kind = HoldKind(words[0])
    names = [w for w in words[1:] if not w.isdigit() and w != "until"]
    node = NodeName(names[-1]) if kind is not HoldKind.MAINTENANCE and names else None
    if kind is HoldKind.MAINTENANCE and names[:1] == ["node"]:
        node = NodeName(names[1])
        names = []
    resource = (
        ResourceName(names[0]) if kind is not HoldKind.STANDBY and names else None
    )
    return Hold(kind=kind, node=node, resource=resource, author="ann", until_wall=until)


def _read_move(words: list[str]) -> Move:
    target = NodeName(words[2]) if words[1] == "to" else None
    source = NodeName(words[2]) if words[1] == "off" else None
    return Move(
        resource=ResourceName(words[0]), node=target, source=source, author="ann"
    )


def _do(story: Story, name: str, deeds: list[str]) -> None:
    """File what a primitive did, node by node."""
    made = _find_primitive(story, name)
    if "never probed" in deeds:
        return
    for node, state in story.members.items():
        if state in (MemberState.ONLINE, MemberState.LOST):
            history = NodeHistory(node=NodeName(node), instance=InstanceName(name))
            probed = _result(made, node, "monitor", code=7, expected=7)
            _file(story, replace(history, last=probed))
    for deed in deeds:
        words = deed.split()
        at = words.index("on")
        codes = [int(words[words.index("code") + 1])] if "code" in words else []
        for each in " ".join(words[at + 1 :]).split(","):
            node = each.split()[0]
            key = history_key(NodeName(node), ResourceName(name))
            _do_one(story, made, " ".join(words[:at]), node, codes, key, words)


def _do_one(  # noqa: PLR0913, PLR0917  # A row of the table of deeds.
    story: Story,
    made: Primitive,
    deed: str,
    node: str,
    codes: list[int],
    key: str,
    words: list[str],
) -> None:
    old = story.histories[key]
    code = codes[0] if codes else 1
    match deed.split():
        case []:
            _file(story, _running(made, old))
        case ["found"]:
            found = _result(made, node, "monitor", code=0, expected=7)
            _file(story, replace(old, last=found, last_start=found))
        case ["unknown"]:
            del story.histories[key]
        case ["changed"]:
            running = _running(made, old)
            assert running.last is not None
            start = replace(running.last, digest="another")
            _file(story, replace(running, last=start, last_start=start))
        case ["starting" | "stopping" | "probing" as doing]:
            task = {"starting": "start", "stopping": "stop", "probing": "monitor"}[
                doing
            ]
            if task == "stop":
                old = replace(_running(made, old), monitors={}, recurring={})
            if task == "monitor":
                old = replace(old, last=None)
            _file(story, replace(old, pending=(_pending(made, node, task),)))
        case ["failed", task, *_]:
            _fail(story, made, old, task, code)
            times = int(words[words.index("times") - 1]) if "times" in words else 1
            fatal = task in ("start", "stop")
            _count(story, made, node, INFINITY if fatal else times)
        case ["recovered", task]:
            _fail(story, made, old, task, code)
            _count(story, made, node, INFINITY if task == "start" else 1)
            history = story.histories[key]
            stop = _result(made, node, "stop", code=0)
            _file(
                story,
                replace(history, last=stop, failure=None, monitors={}, recurring={}),
            )
        case _:
            raise ValueError(f"what is `{deed}`?")


def _fail(
    story: Story, made: Primitive, old: NodeHistory, task: str, code: int
) -> None:
    if task == "probe":
        failed = _result(made, old.node, "monitor", code=code, expected=7)
        _file(story, replace(old, last=failed, failure=failed, last_failure=failed))
        return
    if task == "monitor":
        running = _running(made, old)
        interval = next(each.interval for each in made.operations if each.interval)
        failed = _result(made, old.node, "monitor", code=code, interval=interval)
        monitors = {**running.monitors, monitor_key("monitor", interval): failed}
        running = replace(
            running, monitors=monitors, failure=failed, last_failure=failed
        )
        _file(story, running)
        return
    failed = _result(made, old.node, task, code=code)
    start = _running(made, old).last_start if task == "stop" else None
    _file(
        story,
        replace(
            old, last=failed, last_start=start, failure=failed, last_failure=failed
        ),
    )


def _running(made: Primitive, old: NodeHistory) -> NodeHistory:
    start = _result(made, old.node, "start", code=0)
    monitors, recurring = {}, {}
    for spec in made.operations:
        if spec.interval and spec.role is not Role.STOPPED:
            key = monitor_key(spec.name, spec.interval)
            result = _result(made, old.node, spec.name, code=0, interval=spec.interval)
            monitors[key] = replace(result, digest=digest_of(made, spec))
            recurring[key] = replace(
                _pending(made, old.node, spec.name), interval=spec.interval
            )
    return replace(
        old, last=start, last_start=start, monitors=monitors, recurring=recurring
    )


def _result(
    made: Primitive,
    node: str,
    task: str,
    *,
    code: int,
    expected: int = 0,
    interval: float = 0.0,
) -> OperationResult:
    return OperationResult(
        operation_id=f"{task}-{node}-{made.name}-{interval}",
        node=NodeName(node),
        instance=InstanceName(made.name),
        operation=task,
        interval=interval,
        outcome=Outcome.DONE,
        code=ExitCode(code),
        expected=ExitCode(expected),
        finished_wall=FAILED_AT,
        digest="" if interval else digest_of(made),
    )


def _pending(made: Primitive, node: str, task: str) -> Operation:
    return Operation(
        operation_id=f"{task}-{node}-{made.name}",
        node=NodeName(node),
        session=1,
        instance=InstanceName(made.name),
        operation=task,
        agent=str(made.agent),
    )


def _count(story: Story, made: Primitive, node: str, count: int) -> None:
    story.counts.append(
        FailCount(
            node=NodeName(node),
            instance=InstanceName(made.name),
            count=count,
            last_wall=FAILED_AT,
        )
    )


def _find_primitive(story: Story, name: str) -> Primitive:
    for resource in story.resources.values():
        child = resource.child if isinstance(resource, Clone) else resource
        members = child.members if isinstance(child, Group) else (child,)
        for member in members:
            if member.name == name:
                return member
    raise KeyError(name)


def _file(story: Story, history: NodeHistory) -> None:
    key = history_key(history.node, ResourceName(history.instance))
    story.histories[key] = history


def _meta(meta: Meta, clause: str) -> Meta | None:
    for name, change in _META.items():
        if clause == name or clause.startswith(f"{name} "):
            return change(meta, clause[len(name) :].strip())
    return None


def _clauses(text: str) -> list[str]:
    return [clause.strip() for clause in text.split(";") if clause.strip()]


def _score(word: str) -> int:
    sign = -1 if word.startswith("-") else 1
    plain = word.lstrip("-")
    return sign * (INFINITY if plain == "inf" else int(plain))


def _seconds(word: str) -> float:
    return float(word.rstrip("s"))
