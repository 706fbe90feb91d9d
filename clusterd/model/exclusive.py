"""Which resources may exist only once, and who takes them from a lost node."""

from clusterd.model.configuration import Configuration
from clusterd.model.names import ResourceName
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OnDoubt,
    Primitive,
    Release,
    Resource,
    primitives_of,
)
from clusterd.model.status import NodeHistory, Operation


def release_of(configuration: Configuration, name: ResourceName) -> Release | None:
    """Return how primitive `name` leaves a node whose lease ended; None: it stays.

    None also for the copies of a clone: each is bound to its node, so no second
    one can appear elsewhere. A primitive that is no longer configured counts as
    exclusive, because nobody can say that it is not.
    """
    top = configuration.top_of(name)
    if top is None:
        return Release.PROCESS
    if isinstance(top, Clone):
        return None
    metas = _metas(top, name, configuration.resource_defaults)
    doubt = next((each.on_doubt for each in metas if each.on_doubt), OnDoubt.STOP)
    if doubt is OnDoubt.KEEP:
        return None
    return next((each.release for each in metas if each.release), Release.PROCESS)


def release_in_force(
    configuration: Configuration, name: ResourceName, history: NodeHistory | None
) -> Release | None:
    """Return how primitive `name` leaves the node of `history`, as `release_of` does.

    What counts is how it was started there: a configuration that changed since
    cannot change what its guard was told.
    """
    order = _bringing_up(history)
    if order is None:
        return release_of(configuration, name)
    if order.exclusive:
        return Release(order.release)
    # It was let run without a lease: if it has to be the only one by now, nobody
    # on that node knows to take it away.
    return None if release_of(configuration, name) is None else Release.FENCE


def _bringing_up(history: NodeHistory | None) -> Operation | None:
    if history is None:
        return None
    known = (*history.pending, history.started)
    return next(
        (each for each in known if each is not None and each.operation == "start"),
        None,
    )


def _metas(top: Resource, name: ResourceName, defaults: Meta) -> list[Meta]:
    """Return where a meta attribute of primitive `name` may stand, nearest first."""
    own = [each.meta for each in primitives_of(top) if each.name == name]
    match top:
        case Primitive():
            return [*own, defaults]
        case Group() | Clone():
            return [*own, top.meta, defaults]
