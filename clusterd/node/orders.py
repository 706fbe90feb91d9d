"""What the log orders this node to do, until the executor has it.

The log is the channel for orders: an operation is known to every possible
successor of the coordinator before anybody begins it. See docs/decisions.
"""

from clusterd.executor.inputs import Adopt, Begin, Cancel, Recorded
from clusterd.model.exclusive import release_of
from clusterd.model.names import NodeName, history_name
from clusterd.model.result import Outcome
from clusterd.model.status import Operation
from clusterd.state.command import Command, Intend, Record
from clusterd.state.replicated import Replicated

_NEED_A_LEASE = frozenset({"start", "promote", "migrate_from"})

Order = Begin | Cancel | Recorded | Adopt


class Orders:
    """Collects orders while entries are applied; hands out those that stand."""

    def __init__(self, node: NodeName) -> None:
        """Begin: the first call of `ready` adopts what the log says of the node."""
        self._node = node
        self._adopted = False
        self._new: list[Operation | Cancel | Recorded] = []
        self._waiting: list[Operation] = []

    @property
    def are_waiting(self) -> bool:
        """Tell whether something waits for the lease."""
        return bool(self._waiting)

    def adopt(self) -> None:
        """Begin again from the state: it came as a snapshot, whose orders nobody noted.

        What the executor has begun already it knows by its id.
        """
        self._adopted = False

    def note(self, command: Command) -> None:
        """Note what a committed command means for this node."""
        match command:
            case Intend(operations=operations, cancels=cancels):
                self._new.extend(
                    Cancel(operation=each)
                    for each in cancels
                    if each.node == self._node
                )
                self._new.extend(op for op in operations if op.node == self._node)
            case Record(results=results):
                self._new.extend(
                    Recorded(
                        operation_id=each.operation_id,
                        finished_wall=each.finished_wall,
                    )
                    for each in results
                    if each.node == self._node
                )
            case _:
                pass

    def ready(self, state: Replicated, *, lease_valid: bool) -> list[Order]:
        """Return what the executor shall take in now, in order.

        What was ordered and does not stand in the state any more (dropped,
        answered, or of an ended session) is forgotten. What needs the lease
        waits for it.
        """
        if not self._adopted:
            self._adopted = True
            self._new = []
            return [self._adopt(state)]
        found: list[Order] = []
        candidates = [*self._waiting, *self._new]
        self._waiting, self._new = [], []
        for each in candidates:
            if not isinstance(each, Operation):
                found.append(each)
            elif not _stands(state, each):
                continue
            elif lease_valid or not _needs_lease(state, each):
                found.append(Begin(operation=each))
            else:
                self._waiting.append(each)
        return found

    def _adopt(self, state: Replicated) -> Adopt:
        own = [h for h in state.status.history.values() if h.node == self._node]
        pending = [each for h in own for each in h.pending]
        recurring = [each for h in own for each in h.recurring.values()]
        self._waiting = [each for each in pending if _needs_lease(state, each)]
        results = [each for h in own for each in h.monitors.values()]
        member = state.member(self._node)
        return Adopt(
            pending=tuple(p for p in pending if p not in self._waiting),
            recurring=tuple(recurring),
            results=tuple(r for r in results if r.outcome is not Outcome.PENDING),
            boot=member.boot if member is not None else "",
        )


def _stands(state: Replicated, operation: Operation) -> bool:
    history = state.status.of(operation.node, history_name(operation.instance))
    if history is None:
        return False
    known = (*history.pending, *history.recurring.values())
    return any(each.operation_id == operation.operation_id for each in known)


def _needs_lease(state: Replicated, operation: Operation) -> bool:
    if operation.operation not in _NEED_A_LEASE:
        return False
    return release_of(state.configuration, history_name(operation.instance)) is not None
