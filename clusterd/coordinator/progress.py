"""Which actions of one transition are ready, ordered, done."""

from collections.abc import Iterable
from dataclasses import replace

from clusterd.model.names import NodeName
from clusterd.model.result import OperationResult, Outcome
from clusterd.model.status import Operation
from clusterd.model.transition import Action, ActionKind, Transition

IN_FLIGHT_PER_NODE = 16
"""Operations a node is given at once where the configuration sets no limit."""


class Progress:
    """One transition on its way. `name` is its id in history and logs."""

    def __init__(self, name: str, transition: Transition) -> None:
        """Begin: nothing is ordered yet."""
        self.name = name
        self.transition = transition
        self._waiting = {each.number: each for each in transition.actions}
        self._ordered: dict[str, Action] = {}
        self._fencing: dict[NodeName, Action] = {}
        self._done: set[int] = set()

    @property
    def is_finished(self) -> bool:
        """Tell whether every action is done."""
        return len(self._done) == len(self.transition.actions)

    @property
    def in_flight(self) -> int:
        """How many operations were ordered and have not answered."""
        return len(self._ordered)

    def ready(self, *, per_node: int, batch: int) -> list[Action]:
        """Return the actions whose predecessors are done, within the limits.

        0 is "no limit" for `batch` and the built-in one for `per_node`.
        """
        limit = per_node or IN_FLIGHT_PER_NODE
        load: dict[NodeName, int] = {}
        for each in self._ordered.values():
            load[each.node] = load.get(each.node, 0) + 1
        total = len(self._ordered)
        chosen = []
        for action in self._waiting.values():
            if not self._done.issuperset(action.after):
                continue
            if _occupies(action):
                if load.get(action.node, 0) >= limit or (batch and total >= batch):
                    continue
                load[action.node] = load.get(action.node, 0) + 1
                total += 1
            chosen.append(action)
        return chosen

    def order(self, action: Action, operation_id: str, session: int) -> Operation:
        """Note that `action` is ordered; return its operation, complete."""
        operation = action.operation
        assert operation is not None, "only actions with an operation are ordered"
        del self._waiting[action.number]
        operation = replace(
            operation,
            operation_id=operation_id,
            session=session,
            transition=self.name,
        )
        if operation.interval:
            self._done.add(action.number)  # It recurs; nobody waits for it.
        else:
            self._ordered[operation_id] = action
        return operation

    def cancel(self, action: Action) -> Operation:
        """Note that a recurring operation is ended; return it."""
        assert action.operation is not None
        self.finish(action)
        return replace(action.operation, transition=self.name)

    def await_fencing(self, action: Action) -> None:
        """Note that `action` is done as soon as its node is released."""
        del self._waiting[action.number]
        self._fencing[action.node] = action

    def finish(self, action: Action) -> None:
        """Note that `action` is done without an answer from a node."""
        self._waiting.pop(action.number, None)
        self._done.add(action.number)

    def fenced(self, node: NodeName) -> bool:
        """Note that `node` is released; tell whether an action waited for that."""
        action = self._fencing.pop(node, None)
        if action is None:
            return False
        self._done.add(action.number)
        return True

    def take(self, result: OperationResult) -> bool:
        """Note an answer; tell whether it is what the plan counted on."""
        action = self._ordered.pop(result.operation_id, None)
        if action is None:
            return not result.is_failure and bool(result.interval)
        self._done.add(action.number)
        if result.outcome is not Outcome.DONE:
            return False
        if action.kind is ActionKind.PROBE:
            # A probe finds what it finds; only "as expected" fits the plan.
            return not result.is_failure and result.code.value != 0
        return not result.is_failure


def _occupies(action: Action) -> bool:
    return action.kind not in (
        ActionKind.FENCE,
        ActionKind.FORGET,
        ActionKind.CANCEL,
        ActionKind.MONITOR,
    )


def summary_lines(transition: Transition) -> Iterable[str]:
    """Yield the plan in words, one line for each thing that happens now.

    What only waits for something else, or for a look at what is there, is told
    when its turn comes.
    """
    looked_at = {
        each.instance for each in transition.actions if each.kind is ActionKind.PROBE
    }
    acting = {
        each.instance or each.node
        for each in transition.actions
        if each.instance not in looked_at or each.instance is None
    }
    for each in transition.summary:
        if each.subject not in acting:
            continue
        named = (each.source, each.target) if each.subject != each.source else ()
        nodes = [n for n in named if n]
        where = " → ".join(dict.fromkeys(nodes))
        why = f": {each.reasons[0].text}" if each.reasons else ""
        yield f"{each.verb.value} {each.subject} {where}".rstrip() + why
