"""What is not as it should be, worst first, each with the next thing to type."""

from collections.abc import Iterator
from dataclasses import dataclass

from clusterd.model.membership import Member, MemberState, Proof
from clusterd.model.names import NodeName, history_name
from clusterd.model.resource import Clone, Group, Resource, primitives_of
from clusterd.model.result import FailCount, OperationResult
from clusterd.model.score import INFINITY
from clusterd.state.documents import (
    FailureDocument,
    ProblemDocument,
    ResourceDocument,
    Severity,
)
from clusterd.state.live import Live
from clusterd.state.presence import Presence
from clusterd.state.replicated import Replicated
from clusterd.state.resource_view import is_banned, sightings

STALE_AFTER = 5.0
"""Seconds without a leader after which the answer is called old."""
LAST_WORDS_MAX = 200
"""Characters of what an agent said last, where it gave no reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure that is still remembered: the count, and the last result of it."""

    count: FailCount
    result: OperationResult | None
    is_current: bool
    """Nothing has superseded it: the resource is failed there now."""


def failures(state: Replicated) -> tuple[Failure, ...]:
    """Return what failed, the latest first."""
    found = [_failure(each, state) for each in state.status.fail_counts]
    return tuple(sorted(found, key=lambda each: -each.count.last_wall))


def _failure(count: FailCount, state: Replicated) -> Failure:
    history = state.status.of(count.node, history_name(count.instance))
    return Failure(
        count=count,
        result=history.last_failure if history else None,
        is_current=bool(history and history.failure),
    )


def failure_document(failure: Failure) -> FailureDocument:
    """Return one remembered failure as users see it."""
    result, count = failure.result, failure.count
    return {
        "resource": history_name(count.instance),
        "node": count.node,
        "operation": result.operation if result else "",
        "code": result.code.value if result else 0,
        "reason": _reason(result),
        "at_wall": count.last_wall,
        "count": count.count,
    }


def _reason(result: OperationResult | None) -> str:
    if result is None:
        return ""
    if result.reason:
        return result.reason
    code = result.code
    said = f"exit {code.value} ({code.name.lower().replace('_', ' ')})"
    # Without a reason in the standard's form the last thing said is the best guess.
    last = result.output.strip().rpartition("\n")[2]
    words = "".join(filter(str.isprintable, last)).strip()[-LAST_WORDS_MAX:]
    return f"{said}: {words}" if words else said


def problems(
    state: Replicated, live: Live, resources: list[ResourceDocument]
) -> list[ProblemDocument]:
    """Return everything that is wrong, errors before warnings."""
    found = [
        *_voting(live),
        *(each for member in state.members for each in _member(member)),
        *_resources(state, resources),
        *_failed_once(state),
    ]
    return sorted(found, key=lambda each: each["severity"] != "error")


def _problem(
    severity: Severity, what: str, text: str, cause: str = "", hint: str = ""
) -> ProblemDocument:
    return {
        "severity": severity,
        "what": what,
        "text": text,
        "cause": cause,
        "next": hint,
    }


def _voting(live: Live) -> Iterator[ProblemDocument]:
    if not live.has_quorum:
        seen = live.reachable_voters()
        unseen = sorted(set(live.voters) - set(seen))
        cause = f"not reachable: {', '.join(unseen)}" if unseen else ""
        yield _problem(
            "error",
            "quorum",
            f"no quorum: this node sees {len(seen)} of {len(live.voters)} votes"
            f" ({', '.join(seen)})",
            cause,
            "clusterctl node list",
        )
    elif live.freshness is None or live.freshness > STALE_AFTER:
        yield _problem("warning", "freshness", "this view is old: no leader was heard")


def _member(member: Member) -> Iterator[ProblemDocument]:
    name = f"node {member.name}"
    match member.state:
        case MemberState.LOST:
            yield _problem(
                "error",
                name,
                f"{name} is lost",
                member.reason,
                f"clusterctl node show {member.name}",
            )
        case MemberState.OFFLINE:
            released = member.proof is Proof.RELEASED
            yield _problem(
                "warning" if released else "error",
                name,
                f"{name} is offline",
                "it left in good order" if released else member.reason,
                f"clusterctl node show {member.name}",
            )
        case MemberState.PENDING:
            yield _problem("warning", name, f"{name} has joined, but never came online")
        case MemberState.ONLINE:
            pass


def _resources(
    state: Replicated, documents: list[ResourceDocument]
) -> Iterator[ProblemDocument]:
    by_name = {each["name"]: each for each in documents}
    for resource in state.configuration.resources:
        document = by_name[resource.name]
        if document["state"] == "unmanaged":
            continue
        yield from _doubled(resource, state)
        if document["running"] < document["expected"]:
            yield _not_running(resource, document, state)
        elif document["state"] == "blocked":
            yield _blocked(resource, document, state)


def _not_running(
    resource: Resource, document: ResourceDocument, state: Replicated
) -> ProblemDocument:
    word = document["state"]
    share = f"{document['running']} of {document['expected']} copies"
    text = f"{resource.name} {word}"
    if isinstance(resource, Clone):
        text = f"{resource.name}: {share} running"
    return _problem(
        "error" if word not in ("starting", "stopping") else "warning",
        resource.name,
        text,
        _cause(resource, state),
        f"clusterctl explain {resource.name}",
    )


def _blocked(
    resource: Resource, document: ResourceDocument, state: Replicated
) -> ProblemDocument:
    text = f"{resource.name} is blocked on {', '.join(document['nodes']) or 'a node'}"
    cause = _cause(resource, state)
    return _problem(
        "error", resource.name, text, cause, f"clusterctl cleanup {resource.name}"
    )


def _doubled(resource: Resource, state: Replicated) -> Iterator[ProblemDocument]:
    if isinstance(resource, Clone):
        return
    for part in primitives_of(resource):
        seen = sightings(part, state)
        nodes = [each.node for each in seen if each.presence is Presence.ACTIVE]
        if len(nodes) > 1:
            yield _problem(
                "error",
                part.name,
                f"{part.name} is active on {len(nodes)} nodes: {', '.join(nodes)}",
                "",
                f"clusterctl explain {resource.name}",
            )


def _cause(resource: Resource, state: Replicated) -> str:
    """Return the first reason the log knows why `resource` is not running."""
    for part in primitives_of(resource):
        for each in sightings(part, state):
            cause = _cause_at(part.name, each.node, each.presence, state)
            if cause:
                return cause
    remembered = _remembered(resource, state)
    if remembered:
        return remembered
    if not any(m.state is MemberState.ONLINE for m in state.members):
        return "no node is online"
    if isinstance(resource, Group):
        return "a member is not running"
    return _absent(resource, state) if isinstance(resource, Clone) else ""


def _remembered(resource: Resource, state: Replicated) -> str:
    """Return the failures that keep it from its nodes, the latest first."""
    names = {part.name for part in primitives_of(resource)}
    found = [
        _sentence(each)
        for each in failures(state)
        if history_name(each.count.instance) in names
    ]
    return "; ".join(found[:3])


def _absent(clone: Clone, state: Replicated) -> str:
    away = [m for m in state.members if m.state is MemberState.OFFLINE]
    names = [m.name for m in away if not is_banned(clone, m.name, state)]
    return (
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} offline"
        if names
        else ""
    )


def _cause_at(name: str, node: NodeName, presence: Presence, state: Replicated) -> str:
    match presence:
        case Presence.UNKNOWN:
            return f"waits for proof that {node} has released it (it ran there)"
        case Presence.BLOCKED | Presence.FAILED:
            for failure in failures(state):
                count = failure.count
                if (history_name(count.instance), count.node) == (name, node):
                    return _sentence(failure)
            return f"it failed on {node}"
        case _:
            return ""


def _sentence(failure: Failure) -> str:
    result = failure.result
    operation = result.operation if result else "an operation"
    times = failure.count.count
    often = "" if times <= 1 or times >= INFINITY else f" {times} times"
    return f"{operation} failed{often} on {failure.count.node}: {_reason(result)}"


def _failed_once(state: Replicated) -> Iterator[ProblemDocument]:
    """Yield failures that were overcome, but are still remembered."""
    for failure in failures(state):
        if failure.is_current:
            continue
        name = history_name(failure.count.instance)
        yield _problem(
            "warning",
            name,
            f"{name}: {_sentence(failure)}",
            "",
            f"clusterctl cleanup {name}",
        )
