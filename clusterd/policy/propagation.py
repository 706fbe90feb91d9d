"""Let edges act until nothing changes (05, section 6).

Steps only ever go from optional to required and from runnable to not runnable,
so this ends (OVR-4).
"""

from collections import deque

from clusterd.model.reason import Reason
from clusterd.model.score import INFINITY
from clusterd.policy.attraction import compatible_copy
from clusterd.policy.collective import Flags, completion_of, flags_of
from clusterd.policy.colocation import with_this
from clusterd.policy.settling import only_node, settle
from clusterd.policy.step import NO_TIE, ORIGIN, Edge, Step, Task, Tie
from clusterd.policy.steps import all_of, connect, find, is_collective
from clusterd.policy.unit import Kind, Node, Rank, Unit
from clusterd.policy.work import Work

_FORCING = Tie.FIRST_FORCES_THEN | Tie.THEN_FORCES_FIRST | Tie.STOP_BETWEEN


class Propagation:
    """The queue of steps whose incoming edges have to be looked at again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._queue: deque[Step] = deque()
        self._queued: set[int] = set()

    def run(self) -> None:
        """Look at every step, and again at what a change may touch (ORD-28)."""
        for step in list(self._work.steps):
            self._block_dependents(step)
        for step in list(self._work.steps):
            self._push(step)
        while self._queue:
            step = self._queue.popleft()
            self._queued.discard(step.number)
            self._update(step)

    def _push(self, step: Step) -> None:
        if step.number not in self._queued:
            self._queued.add(step.number)
            self._queue.append(step)

    def _touch(self, step: Step) -> None:
        """Queue a changed step, what follows it, and the collective it is part of."""
        self._push(step)
        for edge in step.after:
            self._push(edge.then)

    def _update(self, then: Step) -> None:
        """Let every incoming edge of a step act (ORD-30)."""
        for edge in list(then.before):
            if edge.ties == NO_TIE:
                continue
            first = edge.first
            if Tie.SAME_NODE_ONLY in edge.ties and _apart(first, then):
                edge.ties = NO_TIE
                continue
            if _is_foreign(first, then):
                completion = completion_of(self._work, first)
                if completion is not first:
                    if connect(completion, then, edge.ties, edge.source):
                        edge.ties = NO_TIE
                        self._push(then)
                    continue
            self._act(edge)

    def _act(self, edge: Edge) -> None:
        """Let one edge act (ORD-31)."""
        first, then, ties = edge.first, edge.then, edge.ties
        seen = flags_of(self._work, first, _node_of(then))
        wanted = flags_of(self._work, then, _node_of(first))
        self._enforce(edge, then, _node_of(then), seen, ties)
        needed = not seen.optional or first.in_flight or _flies(first)
        if Tie.GRAPH_THEN in ties and first.runnable and needed and not then.always:
            then.always = True
            self._touch(then)
        if Tie.GRAPH_FIRST in ties and not wanted.optional and not first.always:
            first.always = True
            self._touch(first)
        if ties & _FORCING and _is_hopeless_stop(first):
            self._change(then, block=_unrunnable(first, edge))

    def _enforce(
        self, edge: Edge, then: Step, node: Node | None, seen: Flags, ties: Tie
    ) -> None:
        """Let an edge act on a step, and on the parts of a collective (ORD-42)."""
        unit = then.unit
        if (
            unit is not None
            and unit.kind is Kind.CLONE
            and self._interleaves(edge, unit)
        ):
            self._interleave(edge, unit)
            return
        self._enforce_one(edge, then, seen, ties)
        if unit is None:
            return
        for part in unit.children:
            for step in reversed(all_of(self._work, part, then.task)):
                if node is not None and step.node is not None and step.node is not node:
                    continue
                if unit.kind is Kind.CLONE and not step.runnable:
                    continue
                self._enforce(edge, step, node, seen, ties)

    def _enforce_one(self, edge: Edge, then: Step, seen: Flags, ties: Tie) -> None:
        """Let an edge act on one step (ORD-32)."""
        first = edge.first
        if Tie.ASYMMETRIC in ties and not seen.runnable:
            self._forbid_asymmetric(edge, then)
        promoted = then.unit is not None and then.unit.role is Rank.PROMOTED
        if Tie.PROMOTED_THEN_FORCES_FIRST in ties and promoted and not then.optional:
            self._change(first, require=_required(then, edge))
        if Tie.FIRST_BLOCKS_THEN in ties and not seen.runnable:
            self._change(then, block=_unrunnable(first, edge))
        if Tie.FIRST_FORCES_THEN in ties and not seen.optional:
            self._change(then, require=_required(first, edge))
        if Tie.STOP_BETWEEN in ties:
            self._stop_between(edge, then)

    def _forbid_asymmetric(self, edge: Edge, then: Step) -> None:
        """Without its first step a one-way order forbids the second (ORD-32.1)."""
        unit = then.unit
        if unit is None:
            return
        role, places = unit.highest_role(), unit.active
        resting = then.task is Task.STOP and role is Rank.STOPPED
        running = (
            then.task is Task.START and role >= Rank.STARTED and places == [then.node]
        )
        if not (then.optional and (resting or running)):
            reason = _unrunnable(edge.first, edge)
            self._change(then, require=reason, block=reason)

    def _stop_between(self, edge: Edge, then: Step) -> None:
        """Let what restarts, or can no longer start, stop first (ORD-35)."""
        first, unit = edge.first, then.unit
        restarts = not then.optional
        must_stop = (
            not then.runnable
            and unit is not None
            and unit.managed
            and first.unit is unit
        )
        if not (restarts or must_stop):
            return
        if first.runnable or not then.optional:
            reason = _required(then, edge) if restarts else _unrunnable(then, edge)
            self._change(first, require=tuple(then.reasons) or reason)
        if not first.optional and not first.runnable:
            self._change(then, block=_unrunnable(first, edge))

    def _change(
        self,
        step: Step,
        *,
        require: tuple[Reason, ...] = (),
        block: tuple[Reason, ...] = (),
    ) -> None:
        if step.in_flight:
            return
        if require and step.optional and not _is_hands_off(step):
            step.require(*require)
            self._touch(step)
            self._touch_parents(step)
        if block and step.runnable:
            step.block(*block)
            self._touch(step)
            self._touch_parents(step)
            self._block_dependents(step)

    def _touch_parents(self, step: Step) -> None:
        """Let orders of the collectives look at a changed part again (ORD-41)."""
        parent = step.unit.parent if step.unit is not None else None
        while parent is not None:
            for task in (step.task, *_moments(step.task)):
                for each in all_of(self._work, parent, task):
                    self._touch(each)
            parent = parent.parent

    def _block_dependents(self, step: Step) -> None:
        """Block what must be with something that cannot start (ORD-50)."""
        unit = step.unit
        if unit is None or step.runnable or step.task not in (Task.START, Task.PROMOTE):
            return
        top = unit.top
        if top.children and not self._all_blocked(top, step.task):
            return
        for link in with_this(top):
            if link.score >= INFINITY:
                text = f"it must be with {unit.name}, which cannot start"
                reason = Reason(text=text, rule="ORD-50", source=link.name)
                for leaf in link.dependent.leaves():
                    for start in all_of(self._work, leaf, Task.START):
                        self._change(start, block=(reason,))

    def _all_blocked(self, unit: Unit, task: Task) -> bool:
        for child in unit.children:
            steps = all_of(self._work, child, task)
            if not steps or any(step.runnable for step in steps):
                return False
        return True

    def _interleaves(self, edge: Edge, then: Unit) -> bool:
        """Tell whether copies are matched one to one (ORD-43)."""
        first = edge.first.unit
        if first is None or first.clone is None or then.clone is None or first is then:
            return False
        decides = first if edge.then.task in (Task.STOP, Task.DEMOTE) else then
        assert decides.clone is not None
        return decides.clone.interleave

    def _interleave(self, edge: Edge, clone: Unit) -> None:
        """Tie each copy to the copy it goes with (ORD-44)."""
        first = edge.first
        assert first.unit is not None
        current = first.task in (Task.STOPPED, Task.DEMOTED)
        for copy in list(clone.children):
            partner = compatible_copy(self._work, first.unit, copy, current=current)
            if partner is None:
                if not current and edge.ties & (
                    Tie.FIRST_BLOCKS_THEN | Tie.FIRST_FORCES_THEN
                ):
                    self._unassign(copy, first.unit)
                continue
            self._tie_copies(edge, partner, copy)

    def _tie_copies(self, edge: Edge, partner: Unit, copy: Unit) -> None:
        simple = partner.kind is Kind.PRIMITIVE
        task = (
            ORIGIN.get(edge.first.task, edge.first.task) if simple else edge.first.task
        )
        one = find(self._work, partner, task, None)
        other = find(self._work, copy, edge.then.task, None)
        if one is None or other is None:
            return
        if connect(one, other, edge.ties, edge.source):
            self._push(other)
        matched = Edge(one, other, edge.ties, edge.source)
        self._enforce(
            matched,
            other,
            _node_of(other),
            flags_of(self._work, one, other.node),
            edge.ties,
        )

    def _unassign(self, copy: Unit, partner: Unit) -> None:
        """Take the place from a copy without a partner (ORD-44)."""
        if only_node(copy) is None:
            return
        settle(self._work, copy, None, forced=True)
        for leaf in copy.leaves():
            leaf.notes.append(
                Reason(text=f"no copy of {partner.base} to go with", rule="ORD-44")
            )
            for task in (Task.START, Task.STOP):
                for step in all_of(self._work, leaf, task):
                    self._touch(step)
                    self._touch_parents(step)


def _flies(step: Step) -> bool:
    """Tell whether a moment waits for something, perhaps under way (D10)."""
    return step.pseudo and step.always and step.task in ORIGIN


def _moments(task: Task) -> tuple[Task, ...]:
    return {Task.START: (Task.RUNNING,), Task.STOP: (Task.STOPPED,)}.get(task, ())


def _node_of(step: Step) -> Node | None:
    """Return the node of a step; a group's start has the group's (ORD-30.1)."""
    unit = step.unit
    if unit is not None and unit.kind is Kind.GROUP and step.task is Task.START:
        return only_node(unit)
    return step.node


def _apart(first: Step, then: Step) -> bool:
    return (
        first.node is not None and then.node is not None and first.node is not then.node
    )


def _is_foreign(first: Step, then: Step) -> bool:
    one, other = first.unit, then.unit
    if one is None or other is None or one is other:
        return False
    return not other.is_within(one)


def _is_hands_off(step: Step) -> bool:
    """Tell whether a step stays optional, as of what is unmanaged (ACT-3)."""
    unit = step.unit
    if unit is None or unit.managed or step.pseudo:
        return False
    return step.task is not Task.MONITOR


def _is_hopeless_stop(step: Step) -> bool:
    unit = step.unit
    return (
        step.task is Task.STOP
        and not step.runnable
        and unit is not None
        and unit.blocked
        and not unit.managed
    )


def _required(step: Step, edge: Edge) -> tuple[Reason, ...]:
    """Return why what follows a required step is required: nearest cause and root."""
    parts = step.unit is not None and is_collective(step.unit) and step.reasons
    what = step.reasons[0].text if parts else str(step)
    near = Reason(text=f"{what} is required", rule="ORD-32", source=edge.source)
    return (near,) if parts else (near, *step.reasons[-1:])


def _unrunnable(step: Step, edge: Edge) -> tuple[Reason, ...]:
    """Return why what follows an impossible step is impossible: nearest and root."""
    text = f"{step} is not possible"
    near = Reason(text=text, rule="ORD-32", source=edge.source)
    return (near, *_root(step))


def _root(step: Step) -> list[Reason]:
    """Return the cause behind the causes why a step is impossible."""
    return step.blockers[-1:]
