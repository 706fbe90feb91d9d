"""What is really active where: addresses in kernels, processes on machines.

No node can look at this. Judges can, and they are told at every change.
"""

from collections.abc import Callable

from clusterd.model.names import NodeName, ResourceName

Witness = Callable[[ResourceName, NodeName], None]
"""Told of a primitive that has just appeared on a node."""


class Reality:
    """The active copies of each primitive."""

    def __init__(self) -> None:
        self._nodes: dict[ResourceName, set[NodeName]] = {}
        self._witnesses: list[Witness] = []

    def watch(self, witness: Witness) -> None:
        """Let `witness` know of everything that appears."""
        self._witnesses.append(witness)

    def where(self, name: ResourceName) -> tuple[NodeName, ...]:
        """Return the nodes on which the primitive is active, sorted."""
        return tuple(sorted(self._nodes.get(name, ())))

    def is_active(self, name: ResourceName, node: NodeName) -> bool:
        """Tell whether the primitive is active on `node`."""
        return node in self._nodes.get(name, ())

    def on(self, node: NodeName) -> list[ResourceName]:
        """Return what is active on `node`, sorted."""
        return sorted(name for name, nodes in self._nodes.items() if node in nodes)

    def appear(self, name: ResourceName, node: NodeName) -> None:
        """Note that the primitive is active on `node` from now on."""
        nodes = self._nodes.setdefault(name, set())
        if node not in nodes:
            nodes.add(node)
            for witness in self._witnesses:
                witness(name, node)

    def vanish(self, name: ResourceName, node: NodeName) -> bool:
        """Note that it is gone from `node`; tell whether it was there."""
        nodes = self._nodes.get(name, set())
        was_there = node in nodes
        nodes.discard(node)
        return was_there
