"""Nodes and their global order."""

import pytest

from clusterd.model.configuration import NodeSettings
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName
from clusterd.policy.nodes import node_order, read_nodes
from tests.unit.policy.cluster import cluster


@pytest.mark.parametrize(
    "ordered",
    [
        pytest.param(["node2", "node10"], id="digits compare as numbers"),
        pytest.param(["node", "node2"], id="a prefix comes first"),
        pytest.param(["Alpha", "beta"], id="case does not matter"),
        pytest.param(["n1", "n01"], id="of equal numbers the shorter first"),
    ],
)
def test_nodes_are_sorted_as_people_count(ordered: list[str]) -> None:
    """INP-20."""
    assert sorted(map(NodeName, reversed(ordered)), key=node_order) == ordered


def test_a_configured_node_that_never_joined_is_offline() -> None:
    """Membership says who is there, the configuration only what is wanted."""
    told = cluster(["n1"], [], settings=[NodeSettings(name=NodeName("n2"))])

    states = {node.name: node.state for node in read_nodes(told.state())}

    assert states == {"n1": MemberState.ONLINE, "n2": MemberState.OFFLINE}
