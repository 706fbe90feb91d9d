"""Why a resource is where it is: everything a plan says of it, as data."""

from dataclasses import dataclass

from clusterd.model.configuration import Configuration
from clusterd.model.names import InstanceName, ResourceName, history_name
from clusterd.model.reason import Placement
from clusterd.model.resource import Clone, primitives_of
from clusterd.model.transition import Action, Summary, Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a transition says of one resource and of the instances in it.

    `actions` are those of its instances, and those they wait for (by number).
    """

    resource: ResourceName
    placements: tuple[Placement, ...]
    summary: tuple[Summary, ...]
    actions: tuple[Action, ...]


def explain(
    transition: Transition, configuration: Configuration, name: ResourceName
) -> Explanation:
    """Return what `transition` says of `name`: a primitive, group or clone.

    A name nobody knows gets an empty explanation.
    """
    names = _names_within(configuration, name)

    def concerns(instance: InstanceName | None) -> bool:
        return instance is not None and history_name(instance) in names

    return Explanation(
        resource=name,
        placements=tuple(p for p in transition.placements if concerns(p.instance)),
        summary=tuple(
            s for s in transition.summary if concerns(InstanceName(s.subject))
        ),
        actions=_with_causes(
            transition, {a.number for a in transition.actions if concerns(a.instance)}
        ),
    )


def _names_within(
    configuration: Configuration, name: ResourceName
) -> set[ResourceName]:
    top = configuration.top_of(name)
    if top is None:
        return {name}
    child = top.child.name if isinstance(top, Clone) else None
    if name in (top.name, child):
        return {each.name for each in primitives_of(top)}
    return {name}


def _with_causes(transition: Transition, wanted: set[int]) -> tuple[Action, ...]:
    by_number = {action.number: action for action in transition.actions}
    queue = sorted(wanted)
    while queue:
        for number in by_number[queue.pop()].after:
            if number not in wanted:
                wanted.add(number)
                queue.append(number)
    return tuple(action for action in transition.actions if action.number in wanted)
