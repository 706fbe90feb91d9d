"""All judges together: what they hear of a run, and in which order."""

import traceback
from collections.abc import Mapping

from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Release
from clusterd.node.effects import Effect, SendRaft
from clusterd.node.machine import NodeMachine
from clusterd.raft.entry import Entry, EntryKind
from clusterd.sim.checkers import (
    Acknowledged,
    AtMostOne,
    CommittedStays,
    LawBroken,
    OneLeader,
    ProofBeforeStart,
)
from clusterd.sim.codec import SharedCodec
from clusterd.sim.computers import Computer
from clusterd.sim.reality import Reality
from clusterd.state.command import Command
from clusterd.state.reply import Reply


class Court:
    """Fulfils `computers.Judge`; the checkers do the judging."""

    def __init__(
        self,
        reality: Reality,
        exclusive: Mapping[ResourceName, Release],
        codec: SharedCodec,
    ) -> None:
        self._codec = codec
        self._leaders = OneLeader()
        self.log = CommittedStays()
        self._proof = ProofBeforeStart(exclusive)
        self._at_most_one = AtMostOne(reality, exclusive)
        self.acknowledged = Acknowledged(self.log)
        self._seen: dict[NodeName, tuple[NodeMachine, int]] = {}
        reality.watch(self._appeared)

    def stepped(
        self, computer: Computer, machine: NodeMachine, effects: list[Effect]
    ) -> None:
        """Look at one step of a node. Raises LawBroken."""
        for effect in effects:
            if isinstance(effect, SendRaft):
                self._leaders.sent(computer.name, effect)
        known, index = self._seen.get(computer.name, (None, 0))
        if known is not machine:
            # A new life: whatever it restored is looked at again.
            index = computer.disk.snapshot_index
            self._seen[computer.name] = (machine, index)
        if machine.state.index != index:
            self._applied(computer, machine, index)

    def planner_failed(self, computer: Computer, fault: Exception) -> None:
        """Hear that a plan could not be made: a bug by definition."""
        where = traceback.extract_tb(fault.__traceback__)[-1]
        text = f"{type(fault).__name__}: {fault} ({where.name}, line {where.lineno})"
        raise LawBroken("planner", f"on {computer.name}: {text}")

    def answered(self, node: NodeName, command: Command, reply: Reply) -> None:
        """Look at the answer to a user."""
        self.acknowledged.answered(node, command, reply)

    def _applied(self, computer: Computer, machine: NodeMachine, since: int) -> None:
        state = machine.state
        self._seen[computer.name] = (machine, state.index)
        if state.index < since:
            text = f"{computer.name} went back from entry {since} to {state.index}"
            raise LawBroken("committed-stays", text)
        for index in range(since + 1, state.index + 1):
            entry = computer.disk.entry(index)
            if entry is not None and self.log.applied(computer.name, entry):
                self._committed(entry)
        self.log.reached(computer.name, state)

    def _committed(self, entry: Entry) -> None:
        if entry.kind is EntryKind.NORMAL and entry.data:
            command = self._codec.proposal_from_bytes(entry.data).command
            self._proof.committed(command)

    def _appeared(self, name: ResourceName, node: NodeName) -> None:
        self._at_most_one.appeared(name, node)
        machine, _ = self._seen[node]
        member = machine.state.member(node)
        self._proof.appeared(name, node, member.session if member else 0)
