"""The laws that hold at every moment, one small judge each.

None of them looks at what the product thinks: only at what left a node, what was
saved, and what is really active.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clusterd.model.names import NodeName, ResourceName, history_name
from clusterd.model.resource import Release as ReleaseClass
from clusterd.model.result import ExitCode, OperationResult, Outcome
from clusterd.node.effects import SendRaft
from clusterd.raft.entry import Entry
from clusterd.raft.message import MessageKind
from clusterd.sim.reality import Reality
from clusterd.state.command import Clear, Command, Record, Release, RemoveMember
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted, Reply

_LEADERS_SAY = frozenset({MessageKind.APP, MessageKind.HEARTBEAT, MessageKind.SNAP})
COMPARED_EVERY = 20
"""Whole states are compared at each index that this divides."""


class LawBroken(Exception):
    """The cluster did what it must never do. `law` is a stable word."""

    def __init__(self, law: str, text: str) -> None:
        super().__init__(f"{law}: {text}")
        self.law = law
        self.text = text


class OneLeader:
    """In each term at most one node speaks as leader (Raft, election safety)."""

    def __init__(self) -> None:
        self._leaders: dict[int, NodeName] = {}

    def sent(self, node: NodeName, effect: SendRaft) -> None:
        """Look at a message before it leaves."""
        if effect.message.kind not in _LEADERS_SAY:
            return
        term = effect.message.term
        other = self._leaders.setdefault(term, node)
        if other != node:
            raise LawBroken("one-leader", f"{other} and {node} both lead term {term}")


class CommittedStays:
    """What one node has applied at an index, every node has there, for ever."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._states: dict[int, tuple[NodeName, Replicated]] = {}
        self.last = 0
        """The highest index that anybody has applied."""

    def entry(self, index: int) -> Entry | None:
        """Return the committed entry of that index, if it was ever seen."""
        return self._entries.get(index)

    def applied(self, node: NodeName, entry: Entry) -> bool:
        """Look at an entry `node` has applied; tell whether it is the first to."""
        known = self._entries.get(entry.index)
        if known is None:
            self._entries[entry.index] = entry
            self.last = max(self.last, entry.index)
            return True
        if known != entry:
            text = f"{node} applied {_name(entry)}, another {_name(known)} there"
            raise LawBroken("committed-stays", text)
        return False

    def reached(self, node: NodeName, state: Replicated) -> None:
        """Look at the state `node` has come to."""
        if state.index % COMPARED_EVERY:
            return
        other, known = self._states.setdefault(state.index, (node, state))
        if known != state:
            text = f"{node} and {other} differ after entry {state.index}"
            raise LawBroken("same-state", text)


class AtMostOne:
    """An exclusive primitive is never active on two nodes, at the physical end."""

    def __init__(
        self, reality: Reality, exclusive: Mapping[ResourceName, ReleaseClass]
    ) -> None:
        self._reality = reality
        self._exclusive = exclusive

    def appeared(self, name: ResourceName, node: NodeName) -> None:
        """Look at a primitive that has just become active on `node`."""
        nodes = self._reality.where(name)
        if name in self._exclusive and len(nodes) > 1:
            others = ", ".join(each for each in nodes if each != node)
            text = f"{name} came up on {node} while it is active on {others}"
            raise LawBroken("at-most-one", text)


@dataclass(frozen=True, slots=True)
class _Held:
    """Where a primitive was brought up, in which session."""

    node: NodeName
    session: int


class ProofBeforeStart:
    """What came up on one node comes up on another only after committed proof.

    Proof is what the log says: it was stopped or found stopped there, or the
    session it was brought up in was released or cleared of its class.
    """

    def __init__(self, exclusive: Mapping[ResourceName, ReleaseClass]) -> None:
        self._exclusive = exclusive
        self._held: dict[ResourceName, set[_Held]] = {}
        self._answered: set[str] = set()

    def appeared(self, name: ResourceName, node: NodeName, session: int) -> None:
        """Look at a primitive that `node` has brought up in its `session`."""
        if name not in self._exclusive:
            return
        held = self._held.setdefault(name, set())
        for each in sorted(held, key=lambda h: (h.node, h.session)):
            if each.node != node:
                text = (
                    f"{name} came up on {node}, and nothing proves that it is gone"
                    f" from session {each.session} of {each.node}"
                )
                raise LawBroken("proof-before-start", text)
        held.add(_Held(node, session))

    def committed(self, command: Command) -> None:
        """Take in what the log proves."""
        match command:
            case Record(results=results):
                for result in results:
                    self._record(result)
            case Clear(node=node, session=session, release=release):
                self._drop(node, session, release)
            case Release(node=node, session=session):
                self._drop(node, session, None)
            case RemoveMember(node=node):
                self._drop(node, None, None)
            case _:
                pass

    def _record(self, result: OperationResult) -> None:
        is_new = bool(result.interval) or result.operation_id not in self._answered
        self._answered.add(result.operation_id)
        name = history_name(result.instance)
        if is_new and _says_stopped(result) and name in self._held:
            held = self._held[name]
            self._held[name] = {each for each in held if each.node != result.node}

    def _drop(
        self, node: NodeName, session: int | None, release: ReleaseClass | None
    ) -> None:
        """Forget what `node` held in sessions up to this one; None: in all."""
        for name, held in self._held.items():
            if release in (None, self._exclusive[name]):
                self._held[name] = {
                    each
                    for each in held
                    if each.node != node
                    or (session is not None and each.session > session)
                }


class Acknowledged:
    """What a user was told is done is in the log, where the answer says."""

    def __init__(self, log: CommittedStays) -> None:
        self._log = log
        self._answers: list[tuple[Command, int]] = []

    @property
    def count(self) -> int:
        """How many changes were acknowledged."""
        return len(self._answers)

    def answered(self, node: NodeName, command: Command, reply: Reply) -> None:
        """Look at an answer."""
        if not isinstance(reply, Accepted):
            return
        if self._log.entry(reply.index) is None:
            text = f"{node} acknowledged entry {reply.index}, which nobody has applied"
            raise LawBroken("acknowledged", text)
        self._answers.append((command, reply.index))

    def answers(self) -> list[tuple[Command, int]]:
        """Return the acknowledged commands with the index each was promised."""
        return list(self._answers)


def _says_stopped(result: OperationResult) -> bool:
    if result.outcome is not Outcome.DONE:
        return False
    if result.operation == "stop":
        return result.code is ExitCode.SUCCESS
    return result.operation == "monitor" and result.code is ExitCode.NOT_RUNNING


def _name(entry: Entry) -> str:
    return f"({entry.term}, {entry.index}) {entry.data[:120]!r}"
