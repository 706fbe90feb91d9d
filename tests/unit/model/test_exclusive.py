"""What may exist only once, and how it leaves a node whose lease ended."""

import pytest

from clusterd.model.agent import AgentName
from clusterd.model.configuration import Configuration
from clusterd.model.exclusive import release_in_force, release_of
from clusterd.model.names import InstanceName, NodeName, ResourceName
from clusterd.model.resource import (
    Clone,
    Group,
    Meta,
    OnDoubt,
    Primitive,
    Release,
    Resource,
)
from clusterd.model.status import NodeHistory, Operation

AGENT = AgentName("ocf", "clusterd", "Dummy")
DB = ResourceName("db")
KEEP, STOP = Meta(on_doubt=OnDoubt.KEEP), Meta(on_doubt=OnDoubt.STOP)
KERNEL, FENCE = Meta(release=Release.KERNEL), Meta(release=Release.FENCE)
NOTHING = Meta()


def _db(meta: Meta = NOTHING) -> Primitive:
    return Primitive(name=DB, agent=AGENT, meta=meta)


def _group(meta: Meta, own: Meta = NOTHING) -> Group:
    return Group(name=ResourceName("all"), members=(_db(own),), meta=meta)


def _release(resource: Resource, defaults: Meta = NOTHING) -> Release | None:
    configuration = Configuration(resources=(resource,), resource_defaults=defaults)
    return release_of(configuration, DB)


def test_a_primitive_is_exclusive_unless_somebody_says_otherwise() -> None:
    """The safe answer needs no configuration: the guard kills its processes."""
    assert _release(_db()) is Release.PROCESS


def test_copies_of_a_clone_are_not_exclusive() -> None:
    """Each is bound to its node, so no second one can appear elsewhere."""
    clone = Clone(name=ResourceName("db-clone"), child=_db(STOP))

    assert _release(clone) is None


def test_members_of_a_cloned_group_are_not_exclusive_either() -> None:
    """The group is copied as a whole."""
    clone = Clone(name=ResourceName("all-clone"), child=_group(KERNEL))

    assert _release(clone) is None


def test_what_is_kept_in_doubt_stays() -> None:
    """At least one instead of at most one: nobody takes it away."""
    assert _release(_db(KEEP)) is None


def test_what_is_not_configured_any_more_counts_as_exclusive() -> None:
    """An orphan: nobody can say that a second copy does no harm."""
    assert release_of(Configuration(), DB) is Release.PROCESS


@pytest.mark.parametrize(
    ("resource", "defaults", "expected"),
    [
        pytest.param(_db(KERNEL), FENCE, Release.KERNEL, id="own before default"),
        pytest.param(_db(), FENCE, Release.FENCE, id="default"),
        pytest.param(_group(KERNEL), FENCE, Release.KERNEL, id="group before default"),
        pytest.param(
            _group(KERNEL, FENCE), NOTHING, Release.FENCE, id="own before group"
        ),
        pytest.param(
            _db(STOP), KEEP, Release.PROCESS, id="own stop beats default keep"
        ),
        pytest.param(_group(KEEP, STOP), NOTHING, Release.PROCESS, id="so in a group"),
        pytest.param(_group(KEEP), NOTHING, None, id="a group's keep holds for all"),
    ],
)
def test_the_nearest_meta_attribute_decides(
    resource: Resource, defaults: Meta, expected: Release | None
) -> None:
    """Own, then the group's, then the cluster's default: Pacemaker's order."""
    assert _release(resource, defaults) is expected


def _start(release: Release | None) -> Operation:
    return Operation(
        operation_id="2.1",
        node=NodeName("n1"),
        session=1,
        instance=InstanceName(DB),
        operation="start",
        exclusive=release is not None,
        release=release.value if release is not None else "",
    )


def _history(*pending: Operation, started: Operation | None = None) -> NodeHistory:
    return NodeHistory(
        node=NodeName("n1"),
        instance=InstanceName(DB),
        pending=pending,
        started=started,
    )


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param(None, Release.PROCESS, id="never looked for: as configured"),
        pytest.param(_history(), Release.PROCESS, id="not started: as configured"),
        pytest.param(
            _history(started=_start(Release.KERNEL)), Release.KERNEL, id="as started"
        ),
        pytest.param(
            _history(_start(Release.FENCE)), Release.FENCE, id="as it is being started"
        ),
        pytest.param(
            _history(started=_start(None)),
            Release.FENCE,
            id="started without a lease, so nobody there takes it away",
        ),
    ],
)
def test_what_runs_keeps_the_class_it_was_started_with(
    history: NodeHistory | None, expected: Release | None
) -> None:
    """Its guard was told then; a configuration that came later cannot change that."""
    configuration = Configuration(resources=(_db(),))

    assert release_in_force(configuration, DB, history) is expected
