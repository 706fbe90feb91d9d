"""Nodes in their global order, and who may run anything (01, section 4)."""

import re

from clusterd.model.cluster import ClusterState
from clusterd.model.configuration import NodeSettings
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName
from clusterd.model.reason import Reason
from clusterd.policy.unit import Node

_DIGITS = re.compile(r"(\d+)")


def read_nodes(state: ClusterState) -> list[Node]:
    """Return every configured or joined node, in the global order (INP-20).

    A node that is configured but never joined counts as offline.
    """
    members = {member.name: member for member in state.members}
    settings = {each.name: each for each in state.configuration.nodes}
    names = sorted({*members, *settings}, key=node_order)
    return [
        _node(index, name, members.get(name), settings.get(name))
        for index, name in enumerate(names)
    ]


def node_order(name: NodeName) -> tuple[tuple[str, int, int], ...]:
    """Return a sort key by which `node2` stands before `node10` (INP-20)."""
    parts = _DIGITS.split(name.lower())
    texts, numbers = parts[0::2], [*parts[1::2], ""]
    pairs = zip(texts, numbers, strict=True)
    return (
        *((text, int(digits or -1), len(digits)) for text, digits in pairs),
        (name, 0, 0),
    )


def _node(
    index: int, name: NodeName, member: Member | None, settings: NodeSettings | None
) -> Node:
    node = Node(
        name=name,
        index=index,
        state=member.state if member else MemberState.OFFLINE,
        identity=str(member.raft_id) if member else "",
        cleared=member.cleared if member else (),
    )
    if settings is not None and settings.standby:
        node.standby = Reason(text="standby (configured)", rule="INP-25")
    if settings is not None and settings.maintenance:
        node.maintenance = Reason(text="maintenance (configured)", rule="INP-25")
    return node
