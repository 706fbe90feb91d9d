"""CoordinatorMachine: from the replicated state to orders, without a barrier.

It keeps nothing that a successor could not find in the log: a new coordinator
plans from the state alone (D1), and what is in flight is a fact for the plan.
"""

from clusterd.coordinator.duties import Situation, due, next_ending
from clusterd.coordinator.effects import Effect, Mention, Plan, Propose
from clusterd.coordinator.progress import Progress, summary_lines
from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName, history_name
from clusterd.model.note import Level, Note
from clusterd.model.result import OperationResult
from clusterd.model.status import Operation
from clusterd.model.transition import Action, ActionKind, Transition
from clusterd.safety.timing import Timing
from clusterd.state.command import (
    AddMember,
    ClearHold,
    Command,
    EndMove,
    Forget,
    Intend,
    IssueToken,
    Record,
    Release,
    TakeOver,
)
from clusterd.state.intent import why_not
from clusterd.state.replicated import Replicated

PROPOSAL_PATIENCE = 1.0
"""Seconds after which a duty that is still due is proposed again."""
REFUSED_MAX = 3
"""Orders refused in a row before the next plan waits."""
REFUSED_PATIENCE = 1.0
"""Seconds to wait then: a plan that the last check does not let through would
otherwise be made again at once, for ever."""


class CoordinatorMachine:
    """Drives the cluster while this node leads.

    Doors: lead, follow, applied, planned, tick.
    """

    def __init__(self, node: NodeName, timing: Timing) -> None:
        """Begin as a follower."""
        self._node = node
        self._timing = timing
        self._term: int | None = None
        self._in_charge = False
        self._dirty = False
        self._ticket = 0
        self._planning: int | None = None
        self._serial = 0
        self._progress: Progress | None = None
        self._proposed: dict[tuple[str, str], float] = {}
        self._recheck_wall: float | None = None
        self._wake: float | None = None
        self._refused = 0
        self._not_before = 0.0

    @property
    def is_in_charge(self) -> bool:
        """Tell whether this node coordinates (its TakeOver is committed)."""
        return self._in_charge

    @property
    def is_settled(self) -> bool:
        """Tell whether the last plan of the present state had nothing to do."""
        return (
            self._in_charge
            and not self._dirty
            and self._planning is None
            and self._progress is None
        )

    def lead(self, term: int, wall: float) -> list[Effect]:
        """Begin a term as leader: take over as soon as that is committed."""
        self.follow()
        self._term = term
        return [Propose(command=TakeOver(node=self._node, term=term, wall=wall))]

    def follow(self) -> None:
        """Stop coordinating; orders in flight belong to the next coordinator."""
        self._term = None
        self._in_charge = False
        self._planning = None
        self._progress = None
        self._proposed = {}
        self._dirty = False
        self._recheck_wall = None
        self._wake = None
        self._refused = 0

    def deadline(self) -> float | None:
        """Return when `tick` has something to do that no input announces."""
        return self._wake if self._in_charge else None

    def applied(self, command: Command, at: Situation) -> list[Effect]:
        """Take in a committed command and the state it led to."""
        if isinstance(command, TakeOver) and command.term == self._term:
            self._in_charge = True
            self._dirty = True
        if not self._in_charge:
            return []
        self._proposed.pop(_duty_key(command), None)
        effects: list[Effect] = []
        if isinstance(command, Intend) and command.operations:
            effects = self._count_refusals(command, at)
        if self._upsets(command, at.state):
            self._dirty = True
        return [*effects, *self._advance(at)]

    def _count_refusals(self, command: Intend, at: Situation) -> list[Effect]:
        refused = [e for e in command.operations if not _stands(at.state, e)]
        self._refused = self._refused + 1 if refused else 0
        if self._refused < REFUSED_MAX:
            return []
        self._not_before = at.now + REFUSED_PATIENCE
        first = refused[0]
        why = why_not(at.state, first) or "the state had changed"
        text = f"{first.operation} of {first.instance} on {first.node}: {why}"
        return [Mention(note=Note(name="refused", level=Level.WARNING, text=text))]

    def planned(
        self, ticket: int, transition: Transition, at: Situation
    ) -> list[Effect]:
        """Take in a plan, unless the state has moved on since."""
        if ticket != self._planning:
            return []
        self._planning = None
        if self._dirty:
            return self._advance(at)
        self._recheck_wall = transition.recheck_wall
        if not transition.actions:
            self._progress = None
            return self._tidy(at)
        self._progress = Progress(f"{self._term}-{ticket}", transition)
        return [self._mention(transition), *self._order(at, first=True)]

    def plan_failed(self, ticket: int, fault: str) -> list[Effect]:
        """Note that the planner failed: the next tick plans what is true then."""
        if ticket != self._planning:
            return []
        self._planning = None
        self._dirty = True
        lines = fault.strip().splitlines() or ["no reason given"]
        note = Note(name="planner-failed", level=Level.ERROR, text=lines[-1])
        return [Mention(note=note)]

    def tick(self, at: Situation) -> list[Effect]:
        """Do what time asks for: duties towards members, expiries."""
        if not self._in_charge:
            return []
        effects: list[Effect] = []
        for command in due(at):
            key = _duty_key(command)
            asked_at = self._proposed.get(key)
            if asked_at is None or at.now - asked_at >= PROPOSAL_PATIENCE:
                self._proposed[key] = at.now
                effects.append(Propose(command=command))
        if self._recheck_wall is not None and at.wall >= self._recheck_wall:
            self._recheck_wall = None
            self._dirty = True
        self._wake = self._next_wake(at)
        return [*effects, *self._advance(at)]

    def _next_wake(self, at: Situation) -> float:
        """Return the next heartbeat, or earlier when a lost node's lease ends."""
        wake = at.now + self._timing.heartbeat
        for member in at.state.members:
            if member.state is MemberState.LOST:
                over = next_ending(at, member)
                if over is not None and over > at.now:
                    wake = min(wake, over)
        return wake

    def _upsets(self, command: Command, state: Replicated) -> bool:
        """Tell whether a committed command makes a new plan necessary."""
        match command:
            case Intend():
                return not all(_stands(state, each) for each in command.operations)
            case Record(results=results):
                return self._surprises(results)
            case Release(node=node):
                return self._progress is None or not self._progress.fenced(node)
            case Forget() | IssueToken() | TakeOver() | AddMember():
                return False
            case _:
                return True

    def _surprises(self, results: tuple[OperationResult, ...]) -> bool:
        """Tell whether an answer is not what the present plan counted on."""
        progress = self._progress
        if progress is None:
            return any(each.is_failure or not each.interval for each in results)
        taken = [progress.take(each) for each in results]  # Each must be taken.
        return not all(taken)

    def _advance(self, at: Situation) -> list[Effect]:
        """Go on with the transition, or plan anew when it no longer fits."""
        if self._dirty:
            if self._planning is not None or self._is_waiting(at):
                return []
            self._progress = None
            self._dirty = False
            return [self._plan(at)]
        if self._progress is None:
            return []
        effects = self._order(at)
        if self._progress.is_finished:
            # Plan once more: an empty plan is the proof that all is well.
            self._progress = None
            effects.append(self._plan(at))
        return effects

    def _is_waiting(self, at: Situation) -> bool:
        return self._refused >= REFUSED_MAX and at.now < self._not_before

    def _plan(self, at: Situation) -> Plan:
        self._ticket += 1
        self._planning = self._ticket
        view = at.state.view(has_quorum=True, now_wall=at.wall)
        return Plan(ticket=self._ticket, state=view)

    def _order(self, at: Situation, *, first: bool = False) -> list[Effect]:
        progress = self._progress
        assert progress is not None
        properties = at.state.configuration.properties
        actions = progress.ready(
            per_node=properties.node_action_limit, batch=properties.batch_limit
        )
        effects: list[Effect] = []
        operations: list[Operation] = []
        cancels: list[Operation] = []
        for action in actions:
            match action.kind:
                case ActionKind.FENCE:
                    progress.await_fencing(action)
                case ActionKind.FORGET:
                    progress.finish(action)
                    effects.append(self._forget(action, at))
                case ActionKind.CANCEL:
                    cancels.append(progress.cancel(action))
                case _:
                    operations.append(self._complete(progress, action, at))
        if operations or cancels or first:
            intend = Intend(
                operations=tuple(operations),
                cancels=tuple(cancels),
                planned_at=progress.transition.index,
                transition=progress.name,
                summary=tuple(summary_lines(progress.transition)) if first else (),
                wall=at.wall,
            )
            effects.append(Propose(command=intend))
        return effects

    def _complete(self, progress: Progress, action: Action, at: Situation) -> Operation:
        self._serial += 1
        member = at.state.member(action.node)
        session = member.session if member is not None else 0
        return progress.order(action, f"{self._term}.{self._serial}", session)

    def _forget(self, action: Action, at: Situation) -> Propose:
        assert action.instance is not None
        command = Forget(node=action.node, instance=action.instance, wall=at.wall)
        return Propose(command=command)

    def _tidy(self, at: Situation) -> list[Effect]:
        """End what the empty plan shows to be over: moves and expired holds."""
        effects: list[Effect] = []
        for move in at.state.status.moves:
            end = EndMove(
                resource=move.resource,
                cause="nothing is left to be done for it",
                wall=at.wall,
            )
            effects.append(Propose(command=end))
        for hold in at.state.status.holds:
            if hold.until_wall is not None and hold.until_wall <= at.wall:
                clear = ClearHold(
                    kind=hold.kind,
                    node=hold.node,
                    resource=hold.resource,
                    author="expiry",
                    wall=at.wall,
                )
                effects.append(Propose(command=clear))
        if not effects:
            note = Note(name="settled", text="nothing is left to be done")
            effects.append(Mention(note=note))
        return effects

    def _mention(self, transition: Transition) -> Mention:
        lines = "; ".join(summary_lines(transition))
        note = Note(
            name="transition",
            level=Level.NOTICE if lines else Level.INFO,
            text=lines or f"{len(transition.actions)} actions",
            fields={"transition": f"{self._term}-{self._ticket}"},
        )
        return Mention(note=note)


def _stands(state: Replicated, operation: Operation) -> bool:
    """Tell whether an ordered operation was admitted when it was applied."""
    history = state.status.of(operation.node, history_name(operation.instance))
    if history is None:
        return False
    known = (*history.pending, *history.recurring.values())
    return any(each.operation_id == operation.operation_id for each in known)


def _duty_key(command: Command) -> tuple[str, str]:
    """Return what makes two proposals the same duty, whenever they were made."""
    return type(command).__name__, str(getattr(command, "node", ""))
