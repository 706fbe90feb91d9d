"""Circles in a graph of named steps, as paths a person can follow."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Step = TypeVar("Step", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Edge(Generic[Step]):
    """`source` comes before `target`; `cause` is the constraint that says so.

    An empty `cause` is an edge that lies in the nature of things, such as the
    order of the members of a group.
    """

    source: Step
    target: Step
    cause: str = ""


def find_loops(edges: Iterable[Edge[Step]]) -> list[list[Edge[Step]]]:
    """Return circles that share no step, in the order of the edges given.

    Not every circle of a tangle is listed, but a graph with any has at least one
    in the answer. Linear in the edges for each circle found.
    """
    remaining = list(edges)
    loops: list[list[Edge[Step]]] = []
    while remaining := _only_circular(remaining):
        loop = _walk(remaining)
        loops.append(loop)
        used = {edge.source for edge in loop}
        remaining = [
            edge
            for edge in remaining
            if edge.source not in used and edge.target not in used
        ]
    return loops


def _only_circular(edges: list[Edge[Step]]) -> list[Edge[Step]]:
    """Drop, again and again, the edges that lead from a step nothing leads to."""
    waiting = Counter(edge.target for edge in edges)
    leaving: dict[Step, list[Step]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge.target)
    free = [step for step in leaving if not waiting[step]]
    dropped = set(free)
    while free:
        for target in leaving.get(free.pop(), ()):
            waiting[target] -= 1
            if not waiting[target]:
                free.append(target)
                dropped.add(target)
    return [edge for edge in edges if edge.source not in dropped]


def _walk(edges: list[Edge[Step]]) -> list[Edge[Step]]:
    """Follow edges backwards until a step comes up again.

    Every source left is some edge's target, so the way back never ends.
    """
    into = {edge.target: edge for edge in reversed(edges)}
    path: list[Edge[Step]] = []
    seen: dict[Step, int] = {}
    step = edges[0].source
    while step not in seen:
        seen[step] = len(path)
        path.append(into[step])
        step = into[step].source
    return path[seen[step] :][::-1]
