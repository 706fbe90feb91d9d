"""What one seed is about: its nodes, timing, resources. Drawn, never hand-made."""

from dataclasses import dataclass, replace

from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration, Properties
from clusterd.model.constraint import Colocation, Constraint, Location, Order, OrderKind
from clusterd.model.names import ConstraintName, NodeName, ResourceName
from clusterd.model.resource import (
    Clone,
    Meta,
    OnDoubt,
    OperationSpec,
    Primitive,
    Release,
    Resource,
    Role,
)
from clusterd.model.score import INFINITY
from clusterd.safety.timing import DEFAULT, FAST, Timing
from clusterd.sim.agents import ADDRESS, SERVICE
from clusterd.sim.dice import SeededDice

_LIMITS = (("start", 4.0), ("stop", 4.0), ("monitor", 3.0))
VIP = ResourceName("vip")
PROXY = ResourceName("proxy")
PROXIES = ResourceName("proxies")
APPS = tuple(ResourceName(f"app{number}") for number in (1, 2, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything about a run that is decided before it begins.

    `activity`: seconds of load and faults. `patience`: seconds the cluster then has
    to come to rest. `snapshot_every` as in `node.settings`.
    """

    seed: int
    nodes: tuple[NodeName, ...]
    founders: int
    """How many nodes are in the first snapshot; the others join."""
    timing: Timing
    has_filter: bool
    activity: float
    patience: float
    apps: tuple[ResourceName, ...]
    snapshot_every: int

    @property
    def exclusive(self) -> dict[ResourceName, Release]:
        """The primitives of which two active copies are a catastrophe."""
        return {VIP: Release.KERNEL, **dict.fromkeys(self.apps, Release.PROCESS)}

    @property
    def primitives(self) -> tuple[ResourceName, ...]:
        """All primitives."""
        return (VIP, PROXY, *self.apps)


def draw(seed: int, nodes: int) -> Scenario:
    """Return the scenario of a seed."""
    dice = SeededDice(seed, "scenario")
    timing = FAST if dice.chance(0.7) else DEFAULT
    names = tuple(NodeName(f"n{number}") for number in range(1, nodes + 1))
    return Scenario(
        seed=seed,
        nodes=names,
        founders=1 if dice.chance(0.15) else nodes,
        timing=timing,
        has_filter=dice.chance(0.7),
        activity=60.0 if timing is FAST else 120.0,
        patience=60.0 if timing is FAST else 90.0,
        apps=APPS[: 1 + dice(len(APPS))],
        snapshot_every=dice.pick((60, 150, 1000)),
    )


def configuration(scenario: Scenario, dice: SeededDice) -> Configuration:
    """Return a configuration in which everything can run somewhere."""
    together = dice.chance(0.7)
    resources: list[Resource] = [_vip(dice), _proxies(dice)]
    resources.extend(_app(name, dice) for name in scenario.apps)
    constraints: list[Constraint] = []
    if together:
        constraints.append(_colocation(VIP, PROXIES, INFINITY))
    if together and dice.chance(0.5):
        constraints.append(_order(PROXIES, VIP, dice))
    constraints.extend(
        _preference(name, dice.pick(scenario.nodes), dice)
        for name in scenario.apps
        if dice.chance(0.3)
    )
    if len(scenario.apps) > 1 and dice.chance(0.4):
        first, then = scenario.apps[0], scenario.apps[1]
        constraints.append(_order(first, then, dice))
        if dice.chance(0.5):
            constraints.append(_colocation(then, first, INFINITY))
    return Configuration(
        cluster_name="sim",
        properties=Properties(start_failure_is_fatal=dice.chance(0.5)),
        resource_defaults=Meta(
            stickiness=dice.pick((0, 1, 100)),
            migration_threshold=3,
            failure_timeout=dice.pick((5.0, 30.0, 600.0)),
        ),
        resources=tuple(resources),
        constraints=tuple(constraints),
    )


def with_role(
    wanted: Configuration, name: ResourceName, role: Role | None
) -> Configuration:
    """Return the configuration with the target role of a primitive changed."""
    changed = tuple(
        replace(each, meta=replace(each.meta, target_role=role))
        if each.name == name
        else each
        for each in wanted.resources
    )
    return replace(wanted, resources=changed)


def _primitive(
    name: ResourceName, agent: str, meta: Meta, dice: SeededDice
) -> Primitive:
    limits = [OperationSpec(name=what, timeout=limit) for what, limit in _LIMITS]
    monitor = OperationSpec(
        name="monitor", interval=dice.pick((2.0, 5.0, 10.0)), timeout=3.0
    )
    return Primitive(
        name=name,
        agent=AgentName.parse(agent),
        params={"mark": str(dice(3))},
        operations=(*limits[:2], monitor),
        meta=meta,
    )


def _vip(dice: SeededDice) -> Primitive:
    return _primitive(VIP, ADDRESS, Meta(release=Release.KERNEL), dice)


def _proxies(dice: SeededDice) -> Clone:
    child = _primitive(PROXY, SERVICE, Meta(on_doubt=OnDoubt.KEEP), dice)
    return Clone(name=PROXIES, child=child, interleave=True)


def _app(name: ResourceName, dice: SeededDice) -> Primitive:
    return _primitive(name, SERVICE, Meta(release=Release.PROCESS), dice)


def _colocation(name: ResourceName, other: ResourceName, score: int) -> Colocation:
    return Colocation(
        name=ConstraintName(f"{name}-with-{other}"),
        resource=name,
        with_resource=other,
        score=score,
    )


def _order(first: ResourceName, then: ResourceName, dice: SeededDice) -> Order:
    return Order(
        name=ConstraintName(f"{first}-then-{then}"),
        first=first,
        then=then,
        kind=dice.pick((OrderKind.MANDATORY, OrderKind.OPTIONAL)),
    )


def _preference(name: ResourceName, node: NodeName, dice: SeededDice) -> Location:
    return Location(
        name=ConstraintName(f"{name}-likes-{node}"),
        resource=name,
        node=node,
        score=dice.pick((50, 200, INFINITY)),
    )
