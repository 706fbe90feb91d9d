"""Resources as users see them: one word, where, how many, and why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clusterd.model.constraint import Location
from clusterd.model.exclusive import release_of
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName
from clusterd.model.resource import Clone, Group, Primitive, Resource, primitives_of
from clusterd.model.score import INFINITY
from clusterd.model.status import HoldKind
from clusterd.state.documents import ReleaseWord, ResourceDocument, ResourceWord
from clusterd.state.presence import (
    Presence,
    Wish,
    active_since,
    by,
    in_maintenance,
    in_standby,
    names_within,
    presence,
    wish,
)
from clusterd.state.replicated import Replicated

_ADDRESS_PARAMETERS = ("ip", "address")
_WORDS: tuple[tuple[Presence, ResourceWord], ...] = (
    (Presence.BLOCKED, "blocked"),
    (Presence.STOPPING, "stopping"),
    (Presence.STARTING, "starting"),
    (Presence.ACTIVE, "started"),
    (Presence.FAILED, "failed"),
)
_LOUD: tuple[ResourceWord, ...] = ("blocked", "failed", "stopping", "starting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One primitive on one node."""

    node: NodeName
    presence: Presence
    since_wall: float | None


def sightings(primitive: Primitive, state: Replicated) -> tuple[Sighting, ...]:
    """Return how the primitive is present on each member, in member order."""
    return tuple(_sighting(primitive, member, state) for member in state.members)


def _sighting(primitive: Primitive, member: Member, state: Replicated) -> Sighting:
    history = state.status.of(member.name, primitive.name)
    return Sighting(
        node=member.name,
        presence=presence(history, member),
        since_wall=active_since(history),
    )


def resource_document(resource: Resource, state: Replicated) -> ResourceDocument:
    """Return what users see of one top-level resource."""
    wanted = wish(resource, state)
    return _judged(_observed(resource, state), resource, wanted, state)


def _observed(resource: Resource, state: Replicated) -> ResourceDocument:
    match resource:
        case Primitive():
            return _primitive(resource, sightings(resource, state), state)
        case Group():
            return _group(resource, resource.name, None, state)
        case Clone():
            return _clone(resource, state)


def _judged(
    document: ResourceDocument, resource: Resource, wanted: Wish, state: Replicated
) -> ResourceDocument:
    if wanted.is_stopped:
        document["expected"] = 0
        if document["state"] == "partial":
            document["state"] = "stopping"
    if not wanted.is_managed or _hands_off(document["nodes"], state):
        document["state"] = "unmanaged"
    document["note"] = _note(resource, document, wanted, state)
    return document


def _hands_off(nodes: Sequence[str], state: Replicated) -> bool:
    return bool(nodes) and all(in_maintenance(NodeName(n), state) for n in nodes)


def _primitive(
    primitive: Primitive, seen: Sequence[Sighting], state: Replicated
) -> ResourceDocument:
    active = [each for each in seen if each.presence is Presence.ACTIVE]
    since = [each.since_wall for each in active if each.since_wall is not None]
    return {
        "name": primitive.name,
        "kind": "primitive",
        "agent": str(primitive.agent),
        "state": _word([each.presence for each in seen]),
        "nodes": [each.node for each in active],
        "expected": 1,
        "running": min(1, len(active)),
        "address": _address(primitive),
        "since_wall": max(since, default=None),
        "note": "",
        "release": _release(primitive, state),
        "members": [],
    }


def _group(
    group: Group, name: str, node: NodeName | None, state: Replicated
) -> ResourceDocument:
    """Describe a group; `node`: only its copy there (below a clone)."""
    members = [
        _primitive(each, _on(node, sightings(each, state)), state)
        for each in group.members
    ]
    complete = all(each["state"] == "started" for each in members)
    nodes = [n for each in members for n in each["nodes"]]
    return {
        "name": name,
        "kind": "group",
        "agent": "",
        "state": _joint([each["state"] for each in members]),
        "nodes": list(dict.fromkeys(nodes)),
        "expected": 1,
        "running": int(complete),
        "address": next((e["address"] for e in members if e["address"]), None),
        "since_wall": _latest(members),
        "note": "",
        "release": members[0]["release"] if members else "none",
        "members": members,
    }


def _on(node: NodeName | None, seen: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    return tuple(each for each in seen if node in (None, each.node))


def _clone(clone: Clone, state: Replicated) -> ResourceDocument:
    copy = _copier(clone, state)
    copies = [copy(number, m) for number, m in enumerate(_hosts(clone, state))]
    started = [each for each in copies if each["state"] == "started"]
    expected = expected_copies(clone, state)
    first = next(primitives_of(clone))
    return {
        "name": clone.name,
        "kind": "clone",
        "agent": str(first.agent) if isinstance(clone.child, Primitive) else "",
        "state": _clone_word([each["state"] for each in copies], expected),
        "nodes": [n for each in started for n in each["nodes"]],
        "expected": expected,
        "running": len(started),
        "address": None,
        "since_wall": _latest(copies),
        "note": "",
        "release": _release(first, state),
        "members": copies,
    }


def _copier(
    clone: Clone, state: Replicated
) -> Callable[[int, NodeName], ResourceDocument]:
    def copy(number: int, node: NodeName) -> ResourceDocument:
        match clone.child:
            case Primitive() as child:
                document = _primitive(child, _on(node, sightings(child, state)), state)
                history = state.status.of(node, child.name)
                instance = history.instance if history else f"{child.name}:{number}"
                return {**document, "name": instance}
            case Group() as child:
                return _group(child, f"{child.name}:{number}", node, state)

    return copy


def _hosts(clone: Clone, state: Replicated) -> list[NodeName]:
    """Return the members where a copy belongs or is known, in member order."""
    parts = list(primitives_of(clone))

    def known(node: NodeName) -> bool:
        return any(
            each.node == node and each.presence is not Presence.INACTIVE
            for part in parts
            for each in sightings(part, state)
        )

    return [
        m.name for m in state.members if _may_host(clone, m, state) or known(m.name)
    ]


def expected_copies(clone: Clone, state: Replicated) -> int:
    """Return how many copies should run: lost and offline nodes still count.

    Nodes in standby and nodes that a constraint forbids do not: that is somebody's
    wish and no defect.
    """
    homes = sum(_may_host(clone, member, state) for member in state.members)
    room = homes * clone.maximum_per_node
    return room if clone.maximum is None else min(room, clone.maximum)


def _may_host(resource: Resource, member: Member, state: Replicated) -> bool:
    if member.state is MemberState.PENDING or in_standby(member.name, state):
        return False
    return not is_banned(resource, member.name, state)


def is_banned(resource: Resource, node: NodeName, state: Replicated) -> bool:
    """Tell whether a location constraint or a ban keeps `resource` off `node`."""
    names = names_within(resource)
    for hold in state.status.holds:
        if hold.kind is HoldKind.BAN and hold.node == node and hold.resource in names:
            return True
    scores = [
        each.score
        for each in state.configuration.constraints
        if isinstance(each, Location) and each.resource in names and each.node == node
    ]
    if any(score <= -INFINITY for score in scores):
        return True
    symmetric = state.configuration.properties.symmetric
    return not symmetric and not any(score >= 0 for score in scores)


def _word(seen: Sequence[Presence]) -> ResourceWord:
    for found, word in _WORDS:
        if found in seen:
            return word
    return "stopped"


def _joint(words: Sequence[ResourceWord]) -> ResourceWord:
    """Return the one word for several members of which all are needed."""
    if len(set(words)) == 1:
        return words[0]
    return next((loud for loud in _LOUD if loud in words), "partial")


def _clone_word(words: Sequence[ResourceWord], expected: int) -> ResourceWord:
    running = words.count("started")
    if running and running >= expected:
        return "started"
    if running:
        return "partial"
    return next((loud for loud in _LOUD if loud in words), "stopped")


def _latest(documents: Sequence[ResourceDocument]) -> float | None:
    known = [each["since_wall"] for each in documents]
    return max((wall for wall in known if wall is not None), default=None)


def _address(primitive: Primitive) -> str | None:
    named = (primitive.params.get(each) for each in _ADDRESS_PARAMETERS)
    return next((value for value in named if value), None)


def _release(primitive: Primitive, state: Replicated) -> ReleaseWord:
    release = release_of(state.configuration, primitive.name)
    return "none" if release is None else release.value


def _note(
    resource: Resource, document: ResourceDocument, wanted: Wish, state: Replicated
) -> str:
    if wanted.why_unmanaged:
        return wanted.why_unmanaged
    move = next((m for m in state.status.moves if m.resource == resource.name), None)
    if move is not None:
        whom = f" by {move.author}" if move.author else ""
        return f"moving {move.source or '?'} → {move.node or 'elsewhere'}{whom}"
    if wanted.is_stopped:
        return "disabled (target role stopped)"
    if document["state"] == "unmanaged":
        return "its node is in maintenance"
    held = [
        f"{hold.kind.value} {hold.node}{by(hold)}"
        for hold in state.status.holds
        if hold.resource in names_within(resource)
        and hold.kind in (HoldKind.BAN, HoldKind.PIN)
    ]
    return "; ".join(held) or _moved_note(resource, document, state)


def _moved_note(
    resource: Resource, document: ResourceDocument, state: Replicated
) -> str:
    """Say who moved it here, if a move was the last thing asked of it."""
    since = document["since_wall"]
    for told in reversed(state.history):
        if told.kind == "move" and told.resource == resource.name:
            is_current = since is not None and since >= told.at_wall
            message = f' "{told.cause}"' if told.cause else ""
            here = not told.node or document["nodes"] == [told.node]
            return f"moved by {told.author}{message}" if is_current and here else ""
    return ""
