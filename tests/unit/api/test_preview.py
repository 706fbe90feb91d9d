"""Imagined states: after commands, and after a move has arrived."""

import pytest

from clusterd.api.faults import RequestRefused
from clusterd.api.plan_view import plan_data, plan_lines
from clusterd.api.preview import arrived, destination, imagine, refuse_return
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.status import Hold, HoldKind, Move
from clusterd.model.transition import Transition
from clusterd.policy.plan import plan
from clusterd.state.activity import is_active
from clusterd.state.command import Configure, SetHold, StartMove
from clusterd.state.replicated import Replicated
from tests.fakes.door import CONFIGURATION, START_WALL, FakeDoor

N1, N2 = NodeName("n1"), NodeName("n2")
VIP = ResourceName("vip")
DRAWN = (
    f"nodes: {{n1: {{}}}}\n{CONFIGURATION}"
    "  location:\n    - {resource: vip, node: n1, score: 1000}\n"
)


def _plan(state: Replicated) -> Transition:
    return plan(state.view(has_quorum=True, now_wall=START_WALL))


def _moving(text: str = CONFIGURATION) -> tuple[Replicated, Move]:
    state = FakeDoor.with_nodes("n1", "n2", "n3", text=text).state()
    move = Move(resource=VIP, node=N2, source=N1)
    return imagine(state, [StartMove(move=move)]), move


def test_imagining_leaves_the_state_as_it_is() -> None:
    """Values in, values out; a dry run cannot leak."""
    state = FakeDoor.with_nodes("n1", "n2").state()

    imagined = imagine(state, [SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N2))])

    assert imagined.status.holds
    assert state.status.holds == ()


def test_a_command_that_would_be_refused_is_refused_in_imagination() -> None:
    """The conflict is told before anything is proposed."""
    state = FakeDoor.with_nodes("n1").state()
    stale = Configure(text="", configuration=state.configuration, base=7)

    with pytest.raises(RequestRefused, match="E-CONFLICT"):
        imagine(state, [stale])


def test_after_arrival_the_resource_is_there_and_only_there() -> None:
    """The imagined state is one the cluster could really be in."""
    state, move = _moving()

    there = arrived(move, N2, state)

    assert is_active(there.status.of(N2, VIP))
    assert not is_active(there.status.of(N1, VIP))
    assert there.status.moves == ()
    assert _plan(there).placements


def test_a_resource_that_is_drawn_back_is_not_moved() -> None:
    """The refusal shows both scores."""
    state, move = _moving(DRAWN)
    later = _plan(arrived(move, N2, state))

    with pytest.raises(RequestRefused, match=r"return to n1 at once\.\n  n1 total"):
        refuse_return(move, N2, later, state)


def test_a_resource_that_stays_may_move() -> None:
    """One point of stickiness is enough where nothing draws."""
    state, move = _moving()

    assert destination(move, _plan(state), state) == N2
    refuse_return(move, N2, _plan(arrived(move, N2, state)), state)


def test_a_plan_can_be_read_by_people_and_programs() -> None:
    """The same output in two forms."""
    state, _ = _moving()
    transition = _plan(state)

    data = plan_data(transition, "vip", state)

    assert any(each.startswith("move vip n1 → n2") for each in plan_lines(transition))
    assert isinstance(data, dict)
    assert isinstance(data["placements"], list)
    assert len(data["placements"]) == 1
