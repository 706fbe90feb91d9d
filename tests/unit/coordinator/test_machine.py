"""Planning, ordering, watching, planning again: no barrier, nothing remembered."""

from clusterd.coordinator.effects import Effect, Mention, Plan, Propose
from clusterd.coordinator.machine import PROPOSAL_PATIENCE, CoordinatorMachine
from clusterd.model.names import InstanceName
from clusterd.model.result import ExitCode
from clusterd.model.status import Hold, HoldKind, Move, Operation
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.safety.timing import FAST
from clusterd.state.command import (
    ClearHold,
    Command,
    EndMove,
    Evict,
    Forget,
    Intend,
    Record,
    SetHold,
    StartMove,
    TakeOver,
)
from tests.unit.coordinator.scene import Scene
from tests.unit.state.log import N1, N2, N3, VIP, a_result

TERM = 7
START = Operation(
    operation_id="",
    node=N1,
    session=0,
    instance=InstanceName(VIP),
    operation="start",
    exclusive=True,
    release="kernel",
)


def a_start(number: int = 1, after: tuple[int, ...] = ()) -> Action:
    """Return the start of the address on n1."""
    return Action(
        number=number,
        kind=ActionKind.START,
        node=N1,
        instance=START.instance,
        operation=START,
        after=after,
    )


def proposed(effects: list[Effect]) -> list[Command]:
    """Return the commands."""
    return [each.command for each in effects if isinstance(each, Propose)]


def plans(effects: list[Effect]) -> list[int]:
    """Return the tickets of the plans asked for."""
    return [each.ticket for each in effects if isinstance(each, Plan)]


def notes(effects: list[Effect]) -> list[str]:
    """Return the names of the facts for the journal."""
    return [each.note.name for each in effects if isinstance(each, Mention)]


class Office:
    """A coordinator with the scene it looks at; commands go through the log."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.machine = CoordinatorMachine(N1, FAST)

    def take_office(self) -> list[Effect]:
        """Lead and be in charge."""
        (command,) = proposed(self.machine.lead(TERM, 0.0))
        return self.commit(command)

    def commit(self, command: Command) -> list[Effect]:
        """Apply a command, and tell the machine."""
        self.scene.log.put(command)
        return self.machine.applied(command, self.scene.at)

    def planned(self, ticket: int, *actions: Action, **more: float) -> list[Effect]:
        """Answer with a plan."""
        index = self.scene.log.state.index
        transition = Transition(index=index, actions=actions, **more)  # type: ignore[arg-type]
        return self.machine.planned(ticket, transition, self.scene.at)

    def tick(self) -> list[Effect]:
        """Let the machine look at the clock."""
        return self.machine.tick(self.scene.at)


def test_a_leader_is_in_charge_when_its_taking_over_is_committed() -> None:
    """Before, it may not know all that is committed."""
    office = Office()

    effects = office.machine.lead(TERM, 5.0)
    before = office.machine.is_in_charge
    office.commit(proposed(effects)[0])

    assert proposed(effects) == [TakeOver(node=N1, term=TERM, wall=5.0)]
    assert not before
    assert office.machine.is_in_charge


def test_the_taking_over_of_another_term_puts_nobody_in_charge() -> None:
    """It was proposed in an earlier term of this or another node."""
    office = Office()
    office.machine.lead(TERM, 0.0)

    effects = office.commit(TakeOver(node=N1, term=TERM - 1))

    assert not office.machine.is_in_charge
    assert effects == []


def test_who_takes_over_plans() -> None:
    """From the state alone: a coordinator remembers nothing of its predecessor."""
    office = Office()

    assert plans(office.take_office()) == [1]


def test_a_follower_does_nothing() -> None:
    """Whatever is committed, another one sees to it."""
    office = Office()

    assert office.commit(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N1))) == []
    assert office.tick() == []
    assert office.machine.deadline() is None


def test_an_empty_plan_is_the_proof_that_all_is_well() -> None:
    """Then the cluster is settled."""
    office = Office()
    office.take_office()

    effects = office.planned(1)

    assert notes(effects) == ["settled"]
    assert office.machine.is_settled


def test_what_is_ready_is_ordered_in_one_command() -> None:
    """With the session that holds now, and an id that nobody else makes."""
    office = Office()
    office.take_office()

    (intend,) = proposed(office.planned(1, a_start(), a_start(2, after=(1,))))

    assert isinstance(intend, Intend)
    (operation,) = intend.operations
    assert (operation.operation_id, operation.session) == (f"{TERM}.1", 1)
    assert intend.transition == f"{TERM}-1"


def test_the_last_answer_leads_to_one_more_plan() -> None:
    """To see that nothing is left, or what is."""
    office = Office()
    office.take_office()
    (intend,) = proposed(office.planned(1, a_start()))
    assert isinstance(intend, Intend)
    office.commit(intend)

    effects = office.commit(Record(results=(a_result(intend.operations[0]),)))

    assert plans(effects) == [2]


def test_a_failure_is_planned_anew_at_once() -> None:
    """Without waiting for the rest of the transition (D10)."""
    office = Office()
    office.take_office()
    (intend,) = proposed(office.planned(1, a_start(), a_start(2, after=(1,))))
    assert isinstance(intend, Intend)
    office.commit(intend)

    failed = a_result(intend.operations[0], ExitCode.GENERIC_ERROR)
    effects = office.commit(Record(results=(failed,)))

    assert plans(effects) == [2]
    assert proposed(effects) == []


def test_a_plan_of_a_state_that_has_moved_on_is_thrown_away() -> None:
    """What it counted on may not be true any more."""
    office = Office()
    office.take_office()
    office.commit(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N2)))

    effects = office.planned(1, a_start())

    assert proposed(effects) == []
    assert plans(effects) == [2]


def test_an_answer_to_another_plan_is_ignored() -> None:
    """It was asked for before this node followed and led again."""
    office = Office()
    office.take_office()

    assert office.planned(99, a_start()) == []


def test_an_order_that_the_last_check_dropped_is_planned_anew() -> None:
    """The plan was mistaken, or too old."""
    office = Office()
    office.take_office()
    (intend,) = proposed(office.planned(1, a_start()))
    office.scene.log.do(N2, "start", VIP)

    assert plans(office.commit(intend)) == [2]


def test_a_planner_that_fails_is_told_and_asked_again() -> None:
    """With what is true then; a plan is never missing for good."""
    office = Office()
    office.take_office()

    told = office.machine.plan_failed(1, "Traceback\nValueError: no")

    assert notes(told) == ["planner-failed"]
    assert plans(office.tick()) == [2]


def test_a_duty_is_not_proposed_at_every_tick() -> None:
    """It is on its way; after a while it is proposed again."""
    office = Office()
    office.take_office()
    office.scene.hear_all(1.0)
    office.scene.hear(N2, released=1)
    again_at = office.scene.now + PROPOSAL_PATIENCE

    first, second = office.tick(), office.tick()
    office.scene.hear_all(again_at, N3)
    office.scene.hear(N2, released=1)
    third = office.tick()

    assert [type(each) for each in proposed(first)] == [Evict]
    assert proposed(second) == []
    assert [type(each) for each in proposed(third)] == [Evict]


def test_moves_end_and_holds_expire_when_nothing_is_left_to_do() -> None:
    """A move is an action: what the empty plan does not do will never be done."""
    office = Office()
    office.scene.log.put(StartMove(move=Move(resource=VIP, node=N2, source=None)))
    expired = Hold(kind=HoldKind.BAN, node=N3, resource=VIP, until_wall=999.0)
    lasting = Hold(kind=HoldKind.STANDBY, node=N3, until_wall=5000.0)
    for hold in (expired, lasting):
        office.scene.log.put(SetHold(hold=hold))
    office.take_office()

    commands = proposed(office.planned(1))

    assert [type(each) for each in commands] == [EndMove, ClearHold]
    assert not isinstance(commands[1], ClearHold) or commands[1].kind is HoldKind.BAN


def test_time_alone_can_make_a_new_plan_due() -> None:
    """A failure or a hold expires."""
    office = Office()
    office.take_office()
    office.planned(1, recheck_wall=1002.0)
    early = office.tick()
    office.scene.hear_all(3.0)

    assert plans(early) == []
    assert plans(office.tick()) == [2]


def test_a_count_that_expired_is_cleared() -> None:
    """FORGET needs no node: the log is told."""
    office = Office()
    office.take_office()
    forget = Action(
        number=1, kind=ActionKind.FORGET, node=N1, instance=InstanceName(VIP)
    )

    commands = proposed(office.planned(1, forget))

    assert any(isinstance(each, Forget) for each in commands)


def test_who_is_deposed_forgets_everything() -> None:
    """Orders in flight belong to the next coordinator."""
    office = Office()
    office.take_office()
    office.planned(1, a_start())

    office.machine.follow()

    assert not office.machine.is_in_charge
    assert not office.machine.is_settled
    assert office.tick() == []
