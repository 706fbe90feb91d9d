"""Verbs that tell several things: events as they come, and waiting for a state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias, cast, get_args

from clusterd.api.arguments import Arguments
from clusterd.api.asked import Asked
from clusterd.api.faults import RequestRefused, timed_out, usage
from clusterd.api.protocol import Json
from clusterd.model.history import HistoryEntry
from clusterd.state.documents import (
    NodeWord,
    ResourceDocument,
    ResourceWord,
    StatusDocument,
)
from clusterd.state.replicated import Replicated
from clusterd.state.views import history_document, status_document

Emit: TypeAlias = Callable[[Json], Awaitable[None]]

LOOK_AGAIN = 0.5
"""Seconds: quorum and heartbeats change without a new entry in the log."""


async def events(asked: Asked, emit: Emit) -> Json:
    """Tell what happened since an index; with `follow`, also what happens."""
    arguments = asked.arguments
    since = arguments.integer("since_index") or 0
    seen = 0
    async for entry in _entries(asked, since, follow=arguments.flag("follow")):
        if _matches(entry, arguments):
            await emit(cast("Json", history_document(entry)))
        seen = entry.index
    return {"index": max(seen, since)}


def _matches(entry: HistoryEntry, arguments: Arguments) -> bool:
    resource = arguments.optional_text("resource")
    node = arguments.optional_text("node")
    of_resource = resource in (None, entry.resource.partition(":")[0])
    return of_resource and node in (None, entry.node)


async def _entries(
    asked: Asked, since: int, *, follow: bool
) -> AsyncIterator[HistoryEntry]:
    while True:
        state = asked.state()
        for entry in state.history:
            if entry.index > since:
                yield entry
        since = max(since, state.index)
        if not follow:
            return
        await asked.door.changed(since)


async def wait(asked: Asked, emit: Emit) -> Json:
    """Wait until the cluster is settled or something is in a state.

    Tells the history entries meanwhile. Raises RequestRefused after the time
    the request grants.
    """
    state = asked.state()
    reached = _goal(asked, state)
    since = asked.arguments.integer("since_index")
    since = state.index if since is None else since
    while True:
        state = asked.state()
        for entry in state.history:
            if entry.index > since:
                await emit(cast("Json", history_document(entry)))
        since = max(since, state.index)
        document = _document(asked, state)
        if await reached(state, document):
            return {
                "reached": True,
                "index": state.index,
                "health": document["health"],
                "problems": cast("Json", document["problems"]),
            }
        await _changed(asked, since)


def _document(asked: Asked, state: Replicated) -> StatusDocument:
    return status_document(state, asked.door.live(), asked.door.now_wall())


async def _changed(asked: Asked, since: int) -> None:
    left = asked.deadline - asyncio.get_running_loop().time()
    if left <= 0:
        raise timed_out("not reached", asked.request.timeout)
    try:
        async with asyncio.timeout(min(left, LOOK_AGAIN)):
            await asked.door.changed(since)
    except TimeoutError:
        return


Goal: TypeAlias = Callable[[Replicated, StatusDocument], Awaitable[bool]]


def _goal(asked: Asked, state: Replicated) -> Goal:
    arguments = asked.arguments
    resource = arguments.resource("resource", state)
    node = arguments.node("node", state)
    if resource is None and node is None:
        return _settled(asked)
    wanted = arguments.text("state")
    if resource is not None:
        return _resource_is(resource, wanted)
    assert node is not None, "one of the two is there"
    return _node_is(node, wanted)


def _settled(asked: Asked) -> Goal:
    """Return the goal "nothing is under way, and the policy wants no more"."""

    async def reached(state: Replicated, document: StatusDocument) -> bool:
        if document["activity"] != "stable" or not document["quorum"]["has"]:
            return False
        try:
            planned = await asked.plan(state)
        except RequestRefused:
            return False
        return not planned.actions

    return reached


def _resource_is(name: str, wanted: str) -> Goal:
    words = get_args(ResourceWord)
    if wanted not in words:
        raise usage(f'"{wanted}" is no state of a resource', ", ".join(words))

    async def reached(_: Replicated, document: StatusDocument) -> bool:
        return any(each["state"] == wanted for each in _find(name, document))

    return reached


def _find(name: str, document: StatusDocument) -> list[ResourceDocument]:
    found: list[ResourceDocument] = []
    queue = list(document["resources"])
    while queue:
        each = queue.pop()
        queue.extend(each["members"])
        if each["name"] == name:
            found.append(each)
    return found


def _node_is(name: str, wanted: str) -> Goal:
    words = get_args(NodeWord)
    if wanted not in words:
        raise usage(f'"{wanted}" is no state of a node', ", ".join(words))

    async def reached(_: Replicated, document: StatusDocument) -> bool:
        return any(
            each["name"] == name and each["state"] == wanted
            for each in document["nodes"]
        )

    return reached
