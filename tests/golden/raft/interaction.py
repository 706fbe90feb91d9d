"""The commands of the scenarios for whole groups, one function per verb."""

from collections.abc import Callable, Iterator, Mapping

from clusterd.raft.entry import ConfState, EntryKind
from clusterd.raft.machine import ProposalDropped, RaftConfig, Refusal
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.voters import Change, ChangeKind, ConfChange, Transition
from tests.golden.raft import describe
from tests.golden.raft.datadriven import Step
from tests.golden.raft.group import ERRORS, Group, start_of

Verb = Callable[["Interaction", Step], Iterator[str]]

_ELECTION_TICKS = 3
_UNLIMITED = 2**31


class Interaction:
    """Carries out the commands of one scenario."""

    def __init__(self) -> None:
        self.group = Group()
        self._is_quiet = False

    def run(self, step: Step) -> list[str]:
        """Carry out one command and return what it shows."""
        if step.command == "log-level":
            self._is_quiet = step.words == ("none",)
            return []
        try:
            shown = list(_VERBS[step.command](self, step))
        except ProposalDropped:
            return [ERRORS[Refusal.PROPOSAL_DROPPED]]
        is_quiet = self._is_quiet or step.option("log-level") == "none"
        return [] if is_quiet else shown

    def add_nodes(self, step: Step) -> Iterator[str]:
        """Add nodes that begin alike."""
        voters = ConfState(voters=step.ids("voters"), learners=step.ids("learners"))
        index, data = int(step.option("index", "0")), step.option("content")
        for _ in range(int(step.words[0])):
            self.group.add(_config(step), start_of(index, data, voters))
        yield from ()

    def campaign(self, step: Step) -> Iterator[str]:
        """Let a node try to become leader."""
        self.group.nodes[int(step.words[0])].machine.campaign()
        yield from ()

    def compact(self, step: Step) -> Iterator[str]:
        """Drop a node's log up to an index."""
        node, index = step.numbers()
        self.group.nodes[node].compact(index)
        yield from ()

    def deliver_msgs(self, step: Step) -> Iterator[str]:
        """Deliver to some nodes, drop what is for others."""
        wanted = step.option("type").removeprefix("Msg")
        kind = MessageKind(wanted) if wanted else None
        shown: list[str] = []
        for node in step.numbers():
            shown.extend(self.group.deliver(node, kind))
        for node in step.ids("drop"):
            shown.extend(self.group.deliver(node, kind, drop=True))
        yield from shown or ["no messages"]

    def process_ready(self, step: Step) -> Iterator[str]:
        """Let nodes do what they want."""
        nodes = step.numbers()
        for node in nodes:
            drawn = self.group.process_ready(node)
            if len(nodes) > 1:
                yield f"> {node} handling Ready"
                drawn = (f"  {line}" for line in drawn)
            yield from drawn

    def stabilize(self, step: Step) -> Iterator[str]:
        """Let nodes, or all, work until nothing more happens."""
        yield from self.group.stabilize(step.numbers() or list(self.group.nodes))

    def propose(self, step: Step) -> Iterator[str]:
        """Propose a record."""
        node, data = step.words
        self.group.nodes[int(node)].machine.propose(data.encode())
        yield from ()

    def propose_conf_change(self, step: Step) -> Iterator[str]:
        """Propose a voter change."""
        change = ConfChange(
            changes=read_changes(step.text),
            transition=Transition(step.option("transition", "auto")),
        )
        kind = EntryKind.CONF_CHANGE if step.flag("v1") else EntryKind.CONF_CHANGE_V2
        node = int(step.words[0])
        self.group.nodes[node].machine.propose_change(change, kind)
        yield from ()

    def raft_log(self, step: Step) -> Iterator[str]:
        """Show the log on a node's disk."""
        node = self.group.nodes[int(step.words[0])]
        status, entries = node.machine.status(), node.disk.entries
        if not entries:
            first = status.first_index
            yield f"log is empty: first index={first}, last index={first - 1}"
        yield from map(describe.entry, entries)

    def raft_state(self, _step: Step) -> Iterator[str]:
        """Show the role of each node."""
        for node in self.group.nodes.values():
            status = node.machine.status()
            conf_state = status.conf_state
            voters = {*conf_state.voters, *conf_state.voters_outgoing}
            kind = "Voter" if status.id in voters else "Non-Voter"
            yield (
                f"{status.id}: State{status.role.value} ({kind})"
                f" Term:{status.term} Lead:{status.leader}"
            )

    def status(self, step: Step) -> Iterator[str]:
        """Show what a leader knows of the members."""
        machine = self.group.nodes[int(step.words[0])].machine
        yield from describe.progress(machine.status().progress)

    def tick_election(self, step: Step) -> Iterator[str]:
        """Let the shortest election timeout pass on a node."""
        for _ in range(_ELECTION_TICKS):
            self.group.nodes[int(step.words[0])].machine.tick()
        yield from ()

    def tick_heartbeat(self, step: Step) -> Iterator[str]:
        """Let the time between heartbeats pass on a node."""
        self.group.nodes[int(step.words[0])].machine.tick()
        yield from ()

    def set_randomized_election_timeout(self, step: Step) -> Iterator[str]:
        """Load the dice, until they are cast again."""
        machine = self.group.nodes[int(step.words[0])].machine
        machine._replica.election_timeout = int(step.option("timeout"))
        yield from ()

    def transfer_leadership(self, step: Step) -> Iterator[str]:
        """Let a leader hand over."""
        leader, to = int(step.option("from")), int(step.option("to"))
        self.group.nodes[leader].machine.transfer(to)
        yield from ()

    def forget_leader(self, step: Step) -> Iterator[str]:
        """Let a follower forget its leader."""
        self.group.nodes[int(step.words[0])].machine.forget_leader()
        yield from ()

    def send_snapshot(self, step: Step) -> Iterator[str]:
        """Send a snapshot nobody asked for."""
        sender, to = step.numbers()
        node = self.group.nodes[sender]
        message = Message(
            kind=MessageKind.SNAP,
            sender=sender,
            to=to,
            term=node.machine.status().term,
            snapshot=node.applied,
        )
        self.group.messages.append(message)
        yield from describe.message(message)

    def report_unreachable(self, step: Step) -> Iterator[str]:
        """Tell a node that a peer cannot be reached."""
        node, peer = step.numbers()
        self.group.nodes[node].machine.report_unreachable(peer)
        yield from ()

    def report_snapshot(self, step: Step) -> Iterator[str]:
        """Tell a node how the delivery of a snapshot ended (own verb)."""
        node, peer = step.numbers()
        self.group.nodes[node].machine.report_snapshot(peer, ok=step.flag("ok"))
        yield from ()

    def read_index(self, step: Step) -> Iterator[str]:
        """Ask for the index a read must wait for (own verb)."""
        node, context = step.words
        self.group.nodes[int(node)].machine.read_index(context.encode())
        yield from ()


_VERBS: Mapping[str, Verb] = {
    "add-nodes": Interaction.add_nodes,
    "campaign": Interaction.campaign,
    "compact": Interaction.compact,
    "deliver-msgs": Interaction.deliver_msgs,
    "forget-leader": Interaction.forget_leader,
    "process-ready": Interaction.process_ready,
    "propose": Interaction.propose,
    "propose-conf-change": Interaction.propose_conf_change,
    "raft-log": Interaction.raft_log,
    "raft-state": Interaction.raft_state,
    "read-index": Interaction.read_index,
    "report-snapshot": Interaction.report_snapshot,
    "report-unreachable": Interaction.report_unreachable,
    "send-snapshot": Interaction.send_snapshot,
    "set-randomized-election-timeout": Interaction.set_randomized_election_timeout,
    "stabilize": Interaction.stabilize,
    "status": Interaction.status,
    "tick-election": Interaction.tick_election,
    "tick-heartbeat": Interaction.tick_heartbeat,
    "transfer-leadership": Interaction.transfer_leadership,
}


def _config(step: Step) -> RaftConfig:
    size = step.option("max-committed-size-per-ready")
    return RaftConfig(
        id=1,
        election_ticks=_ELECTION_TICKS,
        heartbeat_ticks=1,
        pre_vote=step.flag("prevote"),
        check_quorum=step.flag("checkquorum"),
        step_down_on_removal=step.flag("step-down-on-removal"),
        read_only_lease=step.option("read-only") == "lease-based",
        validate_changes=not step.flag("disable-conf-change-validation"),
        max_entries_bytes=None,
        max_committed_bytes=int(size) if size else None,
        max_uncommitted_bytes=None,
        max_inflight=int(step.option("inflight", str(_UNLIMITED))),
    )


def read_changes(text: str) -> tuple[Change, ...]:
    """Read voter changes: `v1 l2 r3 u4`."""
    return tuple(
        Change(kind=ChangeKind(word[0]), node=int(word[1:])) for word in text.split()
    )
