"""Founding, joining and leaving a cluster, and the tokens that let others in."""

from clusterd.api.arguments import Arguments
from clusterd.api.asked import Asked
from clusterd.api.door import Belonging, Founding, Joining
from clusterd.api.faults import in_cluster, no_quorum, refused, usage
from clusterd.api.homes import refuse_last_home, refuse_lost_quorum
from clusterd.api.protocol import Json
from clusterd.model.names import NodeName
from clusterd.state.reply import Refused

TOKEN_SECONDS = 3600.0
TOKEN_SECONDS_MAX = 7 * 86_400.0
_NAME_MAX = 64
_NAME_CHARACTERS = "-_."


async def init(asked: Asked) -> Json:
    """Found a cluster here."""
    _refuse_member(asked)
    arguments = asked.arguments
    founding = Founding(
        node=_name(arguments, "name"),
        cluster=_name(arguments, "cluster") or "cluster",
        address=arguments.optional_text("address") or "",
        timing=arguments.optional_text("timing") or "",
        author=asked.request.author,
    )
    return _belonging(await asked.confirmed(asked.door.cluster_init(founding)))


async def join(asked: Asked) -> Json:
    """Join the cluster that issued the token."""
    _refuse_member(asked)
    arguments = asked.arguments
    joining = Joining(
        token=arguments.text("token").strip(),
        node=_name(arguments, "name"),
        address=arguments.optional_text("address") or "",
        author=asked.request.author,
    )
    return _belonging(await asked.confirmed(asked.door.cluster_join(joining)))


async def leave(asked: Asked) -> Json:
    """Leave for good, unless quorum or the last home of something would be lost."""
    state, live = asked.state(), asked.door.live()
    overrides = asked.arguments.texts("override")
    if "quorum" not in overrides:
        if not live.has_quorum:
            raise no_quorum(live)
        refuse_lost_quorum(live)
    if "last-home" not in overrides:
        refuse_last_home(frozenset({live.node}), state)
    reply = await asked.confirmed(asked.door.cluster_leave(asked.request.author))
    if isinstance(reply, Refused):
        raise refused(reply)
    return {"index": reply.index, "node": live.node, "cluster": state.cluster}


async def token(asked: Asked) -> Json:
    """Make a token for one machine."""
    asked.state()
    live = asked.door.live()
    if not live.has_quorum:
        raise no_quorum(live)
    valid_for = asked.arguments.number("valid_for") or TOKEN_SECONDS
    if not 0 < valid_for <= TOKEN_SECONDS_MAX:
        raise usage("a token is valid for at most 7 days")
    made = await asked.confirmed(asked.door.token(valid_for, asked.request.author))
    return {"token": made.text, "expires_wall": made.expires_wall}


def _refuse_member(asked: Asked) -> None:
    state = asked.door.state()
    if state.cluster:
        raise in_cluster(state.cluster)


def _name(arguments: Arguments, key: str) -> NodeName | None:
    name = arguments.optional_text(key)
    if not name:
        return None
    allowed = all(c.isascii() and (c.isalnum() or c in _NAME_CHARACTERS) for c in name)
    if not allowed or len(name) > _NAME_MAX or not name[0].isalnum():
        raise usage(
            f'"{name}" is no name',
            f"letters, digits, `-`, `_`, `.`; at most {_NAME_MAX}",
        )
    return NodeName(name)


def _belonging(belonging: Belonging) -> Json:
    return {
        "cluster": belonging.cluster,
        "node": belonging.node,
        "fingerprint": belonging.fingerprint,
        "members": [str(each) for each in belonging.members],
    }
