"""Read models: what users are told of the replicated state. Pure.

`status_document` answers "is everything fine?" from what this node has, also
without quorum; how fresh that is, it says itself.
"""

from collections.abc import Iterable

from clusterd.model.history import HistoryEntry
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName
from clusterd.model.status import Hold, HoldKind
from clusterd.state.documents import (
    ConfigDocument,
    Health,
    HistoryDocument,
    HoldDocument,
    NodeDocument,
    NodeWord,
    ProblemDocument,
    QuorumDocument,
    ResourceDocument,
    StatusDocument,
)
from clusterd.state.live import Live
from clusterd.state.presence import in_maintenance, in_standby
from clusterd.state.problem_view import (
    STALE_AFTER,
    failure_document,
    failures,
    problems,
)
from clusterd.state.replicated import Replicated
from clusterd.state.resource_view import resource_document

_WORDS: dict[MemberState, NodeWord] = {
    MemberState.PENDING: "pending",
    MemberState.ONLINE: "online",
    MemberState.LOST: "lost",
    MemberState.OFFLINE: "offline",
}


def status_document(
    replicated: Replicated, live: Live, now_wall: float
) -> StatusDocument:
    """Return the status document of `api/README.md`."""
    resources = [
        resource_document(each, replicated)
        for each in replicated.configuration.resources
    ]
    found = problems(replicated, live, resources)
    return {
        "apiVersion": "clusterd/v1",
        "kind": "Status",
        "cluster": replicated.cluster,
        "node": live.node,
        "now_wall": now_wall,
        "freshness": {"age": live.freshness, "source": "replica"},
        "health": _health(live, resources, found),
        "quorum": _quorum(live),
        "coordinator": _coordinator(replicated, live),
        "term": replicated.term,
        "index": replicated.index,
        "activity": "recovering" if is_recovering(replicated, live) else "stable",
        "stable_since_wall": _stable_since(replicated, live),
        "config": _config(replicated),
        "nodes": [_node(m, replicated, live, resources) for m in replicated.members],
        "holds": [hold_document(each) for each in replicated.status.holds],
        "resources": resources,
        "problems": found,
        "failures": [failure_document(each) for each in failures(replicated)],
    }


def _health(
    live: Live, resources: list[ResourceDocument], found: list[ProblemDocument]
) -> Health:
    if not live.has_quorum:
        return "FAILED"
    if live.freshness is None or live.freshness > STALE_AFTER:
        return "UNKNOWN"
    if any(_is_down(each) for each in resources):
        return "FAILED"
    return "DEGRADED" if found else "OK"


def _is_down(resource: ResourceDocument) -> bool:
    """Tell whether nothing of a wanted resource runs, and nobody is at it."""
    idle = resource["state"] in ("stopped", "failed", "blocked")
    return idle and resource["expected"] > 0 and resource["running"] == 0


def is_recovering(replicated: Replicated, live: Live) -> bool:
    """Tell whether the cluster still has something to do that it knows of."""
    return (
        bool(live.transition)
        or bool(replicated.status.moves)
        or any(each.pending for each in replicated.status.history.values())
        or any(each.state is MemberState.LOST for each in replicated.members)
    )


def _stable_since(replicated: Replicated, live: Live) -> float | None:
    if is_recovering(replicated, live):
        return None
    return max((each.at_wall for each in replicated.history), default=None)


def _coordinator(replicated: Replicated, live: Live) -> NodeName | None:
    """Return who coordinates now: nobody that this node knows of without quorum."""
    return replicated.coordinator if live.has_quorum else None


def _quorum(live: Live) -> QuorumDocument:
    reachable = live.reachable_voters()
    return {
        "has": live.has_quorum,
        "votes": len(reachable),
        "expected": len(live.voters),
        "reachable": list(reachable),
    }


def _config(replicated: Replicated) -> ConfigDocument:
    if not replicated.versions:
        return {"version": 0, "author": "", "message": "", "wall": None}
    newest = replicated.versions[-1]
    return {
        "version": newest.version,
        "author": newest.author,
        "message": newest.message,
        "wall": newest.wall,
    }


def _node(
    member: Member,
    replicated: Replicated,
    live: Live,
    resources: list[ResourceDocument],
) -> NodeDocument:
    name = member.name
    is_here = name == live.node
    return {
        "name": name,
        "state": node_word(member, replicated),
        "member_state": member.state.value,
        "address": member.address,
        "reason": member.reason,
        "since_wall": member.since_wall,
        "resources": sum(each == name for each in _homes(resources)),
        "heard_age": 0.0 if is_here else live.heard.get(name),
        "coordinator": name == _coordinator(replicated, live),
        "voter": name in live.voters,
        "version": member.version,
        "lease": (
            {"valid": live.lease_valid, "enforcement": live.enforcement}
            if is_here
            else None
        ),
    }


def node_word(member: Member, replicated: Replicated) -> NodeWord:
    """Return the one word for a node; a wish shows only while the node is there."""
    if member.state is not MemberState.ONLINE:
        return _WORDS[member.state]
    if in_maintenance(member.name, replicated):
        return "maintenance"
    return "standby" if in_standby(member.name, replicated) else "online"


def _homes(resources: Iterable[ResourceDocument]) -> list[str]:
    """Return one node name for each running primitive copy."""
    homes: list[str] = []
    for each in resources:
        inner = each["members"]
        homes.extend(_homes(inner) if inner else each["nodes"])
    return homes


def hold_document(hold: Hold) -> HoldDocument:
    """Return one hold with the command that ends it (empty: none exists)."""
    return {
        "kind": hold.kind.value,
        "node": hold.node,
        "resource": hold.resource,
        "author": hold.author,
        "message": hold.message,
        "since_wall": hold.since_wall,
        "until_wall": hold.until_wall,
        "undo": _undo(hold),
    }


def _undo(hold: Hold) -> str:
    match hold.kind:
        case HoldKind.STANDBY:
            return f"clusterctl online {hold.node}"
        case HoldKind.MAINTENANCE:
            where = f" --node {hold.node}" if hold.node else ""
            what = f" --resource {hold.resource}" if hold.resource else ""
            return f"clusterctl maintenance off{where}{what}"
        case HoldKind.BAN | HoldKind.PIN:
            return ""


def history_document(entry: HistoryEntry) -> HistoryDocument:
    """Return one history entry with all its keys."""
    return {
        "index": entry.index,
        "at_wall": entry.at_wall,
        "kind": entry.kind,
        "text": entry.text,
        "node": entry.node,
        "resource": entry.resource,
        "author": entry.author,
        "cause": entry.cause,
        "transition": entry.transition,
        "duration": entry.duration,
    }


def history_since(
    replicated: Replicated,
    *,
    since_wall: float | None = None,
    resource: str | None = None,
    node: str | None = None,
    limit: int = 100,
) -> list[HistoryDocument]:
    """Return the newest `limit` matching entries, oldest first.

    `resource` also matches the copies of a clone (`haproxy` finds `haproxy:1`).
    """
    kept = [
        history_document(each)
        for each in replicated.history
        if (since_wall is None or each.at_wall >= since_wall)
        and (resource is None or each.resource.partition(":")[0] == resource)
        and (node is None or each.node == node)
    ]
    return kept[-limit:] if limit > 0 else []
