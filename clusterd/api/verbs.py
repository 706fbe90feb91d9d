"""Changing verbs: a request and the state become commands, or a refusal. Pure.

Each function returns a `Change` whose commands are empty when everything is as
wanted already, or raises RequestRefused. What the change leads to is worked out
afterwards (`api.preview`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from clusterd.api.arguments import Arguments, known_node
from clusterd.api.faults import RequestRefused, usage
from clusterd.api.homes import refuse_last_home
from clusterd.api.protocol import Exit, Fault, Request
from clusterd.model.membership import MemberState, Proof
from clusterd.model.names import NodeName
from clusterd.model.resource import Clone
from clusterd.model.status import Hold, HoldKind, Move
from clusterd.state.command import (
    CleanUp,
    ClearHold,
    Command,
    Release,
    RemoveMember,
    SetHold,
    StartMove,
)
from clusterd.state.presence import in_standby
from clusterd.state.replicated import Replicated
from clusterd.state.resource_view import resource_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a request comes to: commands, and what was asked in plain words."""

    commands: tuple[Command, ...] = ()
    summary: tuple[str, ...] = ()


Verb: TypeAlias = Callable[[Request, Replicated, float], Change]


def standby(request: Request, state: Replicated, now_wall: float) -> Change:
    """Empty these nodes and keep them empty."""
    arguments = Arguments(request.args)
    nodes = _nodes(arguments, state)
    fresh = [n for n in nodes if _hold_of(HoldKind.STANDBY, n, state) is None]
    if "last-home" not in arguments.texts("override"):
        refuse_last_home(frozenset(fresh), state)
    commands = [
        SetHold(
            hold=Hold(
                kind=HoldKind.STANDBY,
                node=node,
                author=request.author,
                message=arguments.message(),
                since_wall=now_wall,
                until_wall=arguments.until(now_wall),
            )
        )
        for node in fresh
    ]
    summary = [
        f"{node} goes to standby" if node in fresh else f"{node} is in standby already"
        for node in nodes
    ]
    return Change(commands=tuple(commands), summary=tuple(summary))


def online(request: Request, state: Replicated, now_wall: float) -> Change:
    """End standby and maintenance of these nodes."""
    commands: list[Command] = []
    summary: list[str] = []
    for node in _nodes(Arguments(request.args), state):
        held = [h for h in state.status.holds if h.node == node and not h.resource]
        if held:
            clear = ClearHold(node=node, author=request.author, wall=now_wall)
            commands.append(clear)
            words = " and ".join(sorted(each.kind.value for each in held))
            summary.append(f"{words} of {node} ends")
        elif in_standby(node, state):
            raise _configured(node)
        else:
            summary.append(f"{node} is neither in standby nor in maintenance")
    return Change(commands=tuple(commands), summary=tuple(summary))


def maintenance(request: Request, state: Replicated, now_wall: float) -> Change:
    """Take the cluster's hands off a node, a resource or everything; or back on."""
    arguments = Arguments(request.args)
    node = arguments.node("node", state)
    resource = arguments.resource("resource", state)
    if node is not None and resource is not None:
        raise usage("maintenance is for a node or for a resource, not for both")
    where = node or resource or "the whole cluster"
    held = next(
        (
            each
            for each in state.status.holds
            if each.kind is HoldKind.MAINTENANCE
            and (each.node, each.resource) == (node, resource)
        ),
        None,
    )
    if not arguments.flag("on", default=True):
        return _maintenance_off(request, held, where, now_wall)
    if held is not None:
        return Change(summary=(f"{where} is in maintenance already",))
    hold = Hold(
        kind=HoldKind.MAINTENANCE,
        node=node,
        resource=resource,
        author=request.author,
        message=arguments.message(),
        since_wall=now_wall,
        until_wall=arguments.until(now_wall),
    )
    words = f"maintenance of {where}: the cluster starts, stops and monitors nothing"
    return Change(commands=(SetHold(hold=hold),), summary=(words,))


def _maintenance_off(
    request: Request, held: Hold | None, where: str, now_wall: float
) -> Change:
    if held is None:
        return Change(summary=(f"{where} is not in maintenance",))
    clear = ClearHold(
        kind=HoldKind.MAINTENANCE,
        node=held.node,
        resource=held.resource,
        author=request.author,
        wall=now_wall,
    )
    return Change(commands=(clear,), summary=(f"maintenance of {where} ends",))


def move(request: Request, state: Replicated, now_wall: float) -> Change:
    """Begin a move: an action that leaves nothing behind (D11)."""
    arguments = Arguments(request.args)
    name = arguments.resource("resource", state)
    if name is None:
        raise usage("`resource` is missing")
    resource = state.configuration.top_of(name)
    assert resource is not None, "known_resource found it"
    if isinstance(resource, Clone):
        raise _not_movable(
            f"{name} is a clone: its copies run on every node that may run them",
            "clusterctl standby NODE empties a node",
        )
    if resource.name != name:
        raise _not_movable(
            f"{name} is a member of the group {resource.name} and goes where it goes",
            f"clusterctl move {resource.name}",
        )
    seen = resource_document(resource, state)
    if not seen["nodes"]:
        raise _not_movable(
            f"{name} is {seen['state']}: there is nothing to move",
            f"clusterctl explain {name}",
        )
    source, target = NodeName(seen["nodes"][0]), arguments.node("node", state)
    if target is not None and seen["nodes"] == [target]:
        return Change(summary=(f"{name} is on {target} already",))
    if target is not None:
        _refuse_unfit(target, state)
    begun = StartMove(
        move=Move(
            resource=name,
            node=target,
            source=source,
            author=request.author,
            message=arguments.message(),
            since_wall=now_wall,
        )
    )
    words = f"{name}  {source} → {target or 'elsewhere'}"
    return Change(commands=(begun,), summary=(words,))


def _refuse_unfit(node: NodeName, state: Replicated) -> None:
    member = state.member(node)
    assert member is not None, "known_node found it"
    if member.state is not MemberState.ONLINE:
        text = f"{node} is {member.state.value}: nothing can run there"
        raise RequestRefused(
            Fault(code="E-NODE", text=text, hint=f"clusterctl node show {node}")
        )
    if in_standby(node, state):
        text = f"{node} is in standby: nothing may run there"
        raise RequestRefused(
            Fault(code="E-NODE", text=text, hint=f"clusterctl online {node}")
        )


def cleanup(request: Request, state: Replicated, now_wall: float) -> Change:
    """Forget failures, look again, try again."""
    arguments = Arguments(request.args)
    node = arguments.node("node", state)
    resource = arguments.resource("resource", state)
    clean = CleanUp(resource=resource, node=node, author=request.author, wall=now_wall)
    what = resource or "all resources"
    where = f" on {node}" if node else ""
    return Change(commands=(clean,), summary=(f"failures of {what}{where} forgotten",))


def confirm_off(request: Request, state: Replicated, now_wall: float) -> Change:
    """Vouch that a lost node is powered off: what it ran may start elsewhere."""
    arguments = Arguments(request.args)
    node = known_node(arguments.text("node"), state)
    member = state.member(node)
    assert member is not None, "known_node found it"
    if member.state is MemberState.OFFLINE:
        return Change(summary=(f"{node} is known to hold nothing already",))
    if member.state is not MemberState.LOST:
        raise RequestRefused(
            Fault(
                code="E-NOT-SAFE",
                text=f"{node} is {member.state.value}, not lost:"
                " to confirm it off would allow a second copy of what it runs",
                hint=f"clusterctl standby {node} empties it",
                exit=Exit.NOT_SAFE,
            )
        )
    release = Release(
        node=node,
        session=member.session,
        proof=Proof.CONFIRMED,
        author=request.author,
        wall=now_wall,
    )
    words = f"{node} confirmed off: what it ran may start elsewhere"
    return Change(commands=(release,), summary=(words,))


def node_remove(request: Request, state: Replicated, now_wall: float) -> Change:
    """Let a machine that is gone for good be no member any more."""
    arguments = Arguments(request.args)
    node = known_node(arguments.text("node"), state)
    member = state.member(node)
    assert member is not None, "known_node found it"
    if member.state is MemberState.ONLINE:
        raise RequestRefused(
            Fault(
                code="E-NOT-SAFE",
                text=f"{node} is online and may run resources",
                hint=f"on {node}: clusterctl cluster leave",
                exit=Exit.NOT_SAFE,
            )
        )
    remove = RemoveMember(node=node, author=request.author, wall=now_wall)
    words = f"{node} is no member any more; to come back it must join anew"
    return Change(commands=(remove,), summary=(words,))


def _nodes(arguments: Arguments, state: Replicated) -> tuple[NodeName, ...]:
    names = arguments.texts("nodes")
    if not names:
        raise usage("`nodes` is missing")
    return tuple(dict.fromkeys(known_node(each, state) for each in names))


def _hold_of(kind: HoldKind, node: NodeName, state: Replicated) -> Hold | None:
    holds = state.status.holds
    return next((h for h in holds if h.kind is kind and h.node == node), None)


def _not_movable(text: str, hint: str) -> RequestRefused:
    return RequestRefused(Fault(code="E-NOT-MOVABLE", text=text, hint=hint))


def _configured(node: NodeName) -> RequestRefused:
    return RequestRefused(
        Fault(
            code="E-CONFIGURED",
            text=f"{node} is in standby by the configuration, not by a command",
            hint="remove `standby` below `nodes` and apply: clusterctl config show",
        )
    )


CHANGES: dict[str, Verb] = {
    "standby": standby,
    "online": online,
    "maintenance": maintenance,
    "move": move,
    "cleanup": cleanup,
    "confirm-off": confirm_off,
    "node-remove": node_remove,
}
