"""Which function answers which verb."""

from collections.abc import Callable, Coroutine
from typing import TypeAlias

from clusterd.api import (
    changing,
    config_verbs,
    membership_verbs,
    reading,
    streams,
)
from clusterd.api.asked import Asked
from clusterd.api.faults import unknown_verb
from clusterd.api.protocol import Json
from clusterd.api.streams import Emit
from clusterd.api.verbs import CHANGES

Answering: TypeAlias = Callable[[Asked], Coroutine[None, None, Json]]
Streaming: TypeAlias = Callable[[Asked, Emit], Coroutine[None, None, Json]]

ANSWERING: dict[str, Answering] = {
    "status": reading.status,
    "state": reading.whole_state,
    "plan": reading.plan,
    "history": reading.history,
    "names": reading.names,
    "version": reading.version,
    "agents": reading.agents,
    "config-show": config_verbs.show,
    "config-log": config_verbs.log,
    "config-validate": config_verbs.validate,
    "config-diff": config_verbs.compare,
    "config-apply": config_verbs.replace,
    "cluster-init": membership_verbs.init,
    "cluster-join": membership_verbs.join,
    "cluster-leave": membership_verbs.leave,
    "cluster-token": membership_verbs.token,
    **dict.fromkeys(CHANGES, changing.change),
}

STREAMING: dict[str, Streaming] = {
    "events": streams.events,
    "wait": streams.wait,
}


def is_streaming(verb: str) -> bool:
    """Tell whether the verb tells events before it is done."""
    return verb in STREAMING


def is_endless(asked: Asked) -> bool:
    """Tell whether only the user ends this request, not its timeout."""
    return asked.request.verb == "events" and asked.arguments.flag("follow")


async def dispatch(asked: Asked, emit: Emit) -> Json:
    """Answer the request. Raises RequestRefused."""
    verb = asked.request.verb
    if verb in STREAMING:
        return await STREAMING[verb](asked, emit)
    if verb in ANSWERING:
        return await ANSWERING[verb](asked)
    raise unknown_verb(verb, [*ANSWERING, *STREAMING])
