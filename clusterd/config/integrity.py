"""What no single line shows: loops and contradictions between constraints."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from clusterd.config.diagnostic import Code, Span
from clusterd.config.loops import Edge, find_loops
from clusterd.config.report import START, Report
from clusterd.model.configuration import Configuration
from clusterd.model.constraint import Colocation, Location, Order, OrderKind
from clusterd.model.names import ResourceName
from clusterd.model.resource import Clone, Group, Primitive, Resource
from clusterd.model.score import INFINITY

ActionStep: TypeAlias = tuple[ResourceName, str]
"""A primitive and what is done with it: `("vip", "start")`."""

_ACTIONS = ("start", "stop", "promote", "demote")


def check_constraints(configuration: Configuration, report: Report) -> None:
    """Report what can never be carried out, whatever happens in the cluster."""
    chains = _chains(configuration)
    _check_order_loops(configuration, chains, report)
    _check_colocation_loops(configuration, chains, report)
    _check_locations(configuration, report)
    _check_colocations(configuration, report)


Chains: TypeAlias = dict[ResourceName, list[ResourceName]]
"""The primitives behind each name, groups in start order."""


def _chains(configuration: Configuration) -> Chains:
    chains: Chains = {}
    for each in configuration.resources:
        _unfold(each, chains)
    return chains


def _unfold(resource: Resource, chains: Chains) -> list[ResourceName]:
    names = _behind(resource, chains)
    chains[resource.name] = names
    return names


def _behind(resource: Resource, chains: Chains) -> list[ResourceName]:
    match resource:
        case Primitive():
            return [resource.name]
        case Group(members=members):
            return [name for each in members for name in _unfold(each, chains)]
        case Clone(child=child):
            return _unfold(child, chains)


def _check_order_loops(
    configuration: Configuration, chains: Chains, report: Report
) -> None:
    orders = [each for each in configuration.constraints if isinstance(each, Order)]
    edges = [*_order_edges(orders, chains), *_natural_order(chains)]
    for loop in find_loops(edges):
        steps = [_step_text(edge.source) for edge in loop]
        report.error(
            Code.ORDER_LOOP,
            f"these wait for each other: {' → '.join([*steps, steps[0]])}",
            _last_place(loop, report),
            "remove one of the orders, or turn it round",
        )


def _order_edges(orders: list[Order], chains: Chains) -> Iterator[Edge[ActionStep]]:
    for each in orders:
        first, then = chains.get(each.first), chains.get(each.then)
        if each.kind is OrderKind.SERIALIZE or not first or not then:
            continue
        yield Edge(
            (_in_order(first, each.first_action)[-1], each.first_action),
            (_in_order(then, each.then_action)[0], each.then_action),
            each.name,
        )


def _natural_order(chains: Chains) -> Iterator[Edge[ActionStep]]:
    for names in chains.values():
        for action in _ACTIONS:
            for before, after in pairwise(_in_order(names, action)):
                yield Edge((before, action), (after, action))
        for name in names:
            yield Edge((name, "start"), (name, "promote"))
            yield Edge((name, "demote"), (name, "stop"))


def _in_order(names: list[ResourceName], action: str) -> list[ResourceName]:
    return names[::-1] if action in ("stop", "demote") else names


def _step_text(step: ActionStep) -> str:
    name, action = step
    return f"`{name}`" if action == "start" else f"{action} `{name}`"


def _check_colocation_loops(
    configuration: Configuration, chains: Chains, report: Report
) -> None:
    edges: list[Edge[ResourceName]] = []
    for each in configuration.constraints:
        if isinstance(each, Colocation) and each.score:
            first, other = chains.get(each.resource), chains.get(each.with_resource)
            if first and other:
                edges.append(Edge(first[0], other[-1], each.name))
    for names in chains.values():
        edges += [Edge(after, before) for before, after in pairwise(names)]
    for loop in find_loops(edges):
        shown = [f"`{edge.source}`" for edge in loop]
        report.error(
            Code.COLOCATION_LOOP,
            f"the place of each depends on the next: {' → '.join([*shown, shown[0]])}",
            _last_place(loop, report),
            "one of them has to be placed first: turn one colocation round",
        )


def _last_place(
    loop: list[Edge[ActionStep]] | list[Edge[ResourceName]], report: Report
) -> Span:
    places = [report.at("constraint", edge.cause) for edge in loop if edge.cause]
    return max(places, default=START)


def _check_locations(configuration: Configuration, report: Report) -> None:
    wanted: dict[tuple[str, str], Location] = {}
    banned: dict[ResourceName, set[str]] = {}
    for each in configuration.constraints:
        if not isinstance(each, Location) or abs(each.score) < INFINITY:
            continue
        key = (each.resource, each.node)
        if each.score < 0:
            banned.setdefault(each.resource, set()).add(each.node)
        other = wanted.setdefault(key, each)
        if other.score != each.score:
            _contradiction(
                f"`{each.resource}` must be and must never be on `{each.node}`",
                (other.name, each.name),
                report,
            )
    _check_nowhere(configuration, banned, report)


def _check_nowhere(
    configuration: Configuration, banned: dict[ResourceName, set[str]], report: Report
) -> None:
    nodes = {each.name for each in configuration.nodes}
    for name, forbidden in banned.items():
        if nodes and nodes <= forbidden:
            last = max(
                report.at("constraint", each.name)
                for each in configuration.constraints
                if isinstance(each, Location) and each.resource == name
            )
            report.warn(
                Code.NOWHERE, f"`{name}` is banned from every configured node", last
            )


def _check_colocations(configuration: Configuration, report: Report) -> None:
    seen: dict[frozenset[tuple[str, str]], Colocation] = {}
    for each in configuration.constraints:
        if not isinstance(each, Colocation) or abs(each.score) < INFINITY:
            continue
        pair = frozenset(
            {
                (each.resource, each.role.value if each.role else ""),
                (each.with_resource, each.with_role.value if each.with_role else ""),
            }
        )
        other = seen.setdefault(pair, each)
        if other.score != each.score:
            _contradiction(
                f"`{each.resource}` and `{each.with_resource}` must be together and"
                " apart",
                (other.name, each.name),
                report,
            )


def _contradiction(message: str, names: tuple[str, str], report: Report) -> None:
    first, second = sorted(report.at("constraint", name) for name in names)
    report.error(
        Code.CONTRADICTION,
        f"{message}; the other constraint is at line {first.line}",
        second,
        "remove one of them, or give one a score below `mandatory`",
    )
