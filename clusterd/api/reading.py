"""Reading verbs: answered at once from what this node has, also without quorum."""

from typing import cast

from clusterd import __version__
from clusterd.api.asked import Asked
from clusterd.api.plan_view import plan_data
from clusterd.api.protocol import PROTOCOL, Json
from clusterd.model.agent import AgentMetadata
from clusterd.state.presence import all_names
from clusterd.state.replicated import Replicated
from clusterd.state.views import history_since, status_document
from clusterd.wire.codec import to_data


async def status(asked: Asked) -> Json:
    """Return the status document."""
    state = asked.state()
    door = asked.door
    return cast("Json", status_document(state, door.live(), door.now_wall()))


async def whole_state(asked: Asked) -> Json:
    """Return everything replicated, as data; secrets of tokens are digests only."""
    return cast("Json", to_data(asked.state(), Replicated))


async def plan(asked: Asked) -> Json:
    """Return what the policy would do now, and why."""
    state = asked.state()
    resource = asked.arguments.resource("resource", state)
    return plan_data(await asked.plan(state), resource, state)


async def history(asked: Asked) -> Json:
    """Return what happened, oldest first."""
    state = asked.state()
    arguments = asked.arguments
    limit = arguments.integer("limit")
    entries = history_since(
        state,
        since_wall=arguments.number("since_wall"),
        resource=arguments.optional_text("resource"),
        node=arguments.optional_text("node"),
        limit=100 if limit is None else limit,
    )
    return cast("Json", {"entries": entries})


async def names(asked: Asked) -> Json:
    """Return all names, for completion. Quick, and empty without a cluster."""
    state = asked.door.state()
    return {
        "nodes": [str(each.name) for each in state.members],
        "resources": [str(each) for each in all_names(state)],
    }


async def version(asked: Asked) -> Json:
    """Return what runs here; answers without a cluster, too."""
    state = asked.door.state()
    return {
        "version": __version__,
        "protocol": PROTOCOL,
        "node": asked.door.live().node,
        "cluster": state.cluster,
    }


async def agents(asked: Asked) -> Json:
    """Return the metadata of the agents of this node."""
    found = await asked.within(asked.door.agents(), "the agents were not read")
    return {"agents": [_agent(each) for each in sorted(found, key=_name)]}


def _name(metadata: AgentMetadata) -> str:
    return str(metadata.name)


def _agent(metadata: AgentMetadata) -> Json:
    return {
        "name": str(metadata.name),
        "version": metadata.version,
        "summary": metadata.summary,
        "description": metadata.description,
        "parameters": [
            {
                "name": each.name,
                "kind": each.kind,
                "default": None if each.private else each.default,
                "required": each.required,
                "reloadable": each.reloadable,
                "summary": each.summary,
            }
            for each in metadata.parameters
        ],
        "operations": [
            {
                "name": each.name,
                "timeout": each.timeout,
                "interval": each.interval,
                "role": each.role,
            }
            for each in metadata.operations
        ],
    }
