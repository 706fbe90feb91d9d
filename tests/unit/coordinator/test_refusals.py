"""A plan that the last check refuses is not made again at once, for ever."""

from dataclasses import replace

from clusterd.coordinator.duties import Situation
from clusterd.coordinator.effects import Mention, Plan
from clusterd.coordinator.machine import REFUSED_MAX, REFUSED_PATIENCE
from clusterd.model.names import InstanceName
from clusterd.model.status import Operation
from clusterd.node.machine import NodeMachine
from clusterd.state.command import Intend
from tests.unit.node.pretend import World, three_with_vip

BEYOND_SESSIONS = 99


def _refused(world: World) -> Intend:
    """Return an order for a session that there never was."""
    operation = Operation(
        operation_id="1.1",
        node=world.holders()[0],
        instance=InstanceName("vip"),
        operation="stop",
        agent="ocf:clusterd:VIP",
        session=BEYOND_SESSIONS,
    )
    return Intend(operations=(operation,), planned_at=1, transition="1-1")


def test_after_some_refusals_the_next_plan_waits_and_says_why() -> None:
    """A busy loop would fill the log; a pause costs a stale plan nothing."""
    world = three_with_vip()
    machine = world.machine(world.leader())
    coordinator, at = machine._coordinator, machine._situation()
    order = _refused(world)

    plans: list[Plan] = []
    said: list[str] = []
    for _ in range(REFUSED_MAX + 3):
        effects = coordinator.applied(order, at)
        plans += [each for each in effects if isinstance(each, Plan)]
        said += [e.note.text for e in effects if isinstance(e, Mention)]
        coordinator._planning = None  # As if the plan had come and led here again.

    assert len(plans) == REFUSED_MAX - 1
    assert "stop of vip on" in said[0]
    assert "session 99" in said[0]
    later = coordinator.tick(_later(machine, world.now + REFUSED_PATIENCE))
    assert any(isinstance(each, Plan) for each in later)


def _later(machine: NodeMachine, now: float) -> Situation:
    return replace(machine._situation(), now=now)
