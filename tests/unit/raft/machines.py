"""Machines for unit tests: node 1 of a group whose others are played by hand."""

from clusterd.raft.entry import ConfState, Entry, EntryKind, HardState, Snapshot
from clusterd.raft.machine import RaftConfig, RaftMachine, Restored
from clusterd.raft.message import Message, MessageKind
from clusterd.raft.read_only import ReadState
from clusterd.raft.ready import Ready
from clusterd.raft.replica import Role
from clusterd.raft.voters import ConfChange

ELECTION_TICKS = 10
CONFIG = RaftConfig(
    id=1, election_ticks=ELECTION_TICKS, heartbeat_ticks=1, pre_vote=False
)


def machine_of(
    *voters: int, casts: int = 0, config: RaftConfig = CONFIG
) -> RaftMachine:
    """Return node 1 of a new group; `casts` is what its dice always show."""
    born = Snapshot(index=1, term=1, conf_state=ConfState(voters=voters))
    return RaftMachine(config, Restored(snapshot=born), lambda _: casts)


def obey(machine: RaftMachine) -> Ready:
    """Do all there is to do, in one go, and return it merged."""
    entries: list[Entry] = []
    committed: list[Entry] = []
    messages: list[Message] = []
    read_states: list[ReadState] = []
    while machine.has_ready():
        ready = machine.ready()
        entries.extend(ready.entries)
        committed.extend(ready.committed_entries)
        messages.extend(ready.messages)
        read_states.extend(ready.read_states)
        for entry in ready.committed_entries:
            if entry.kind is not EntryKind.NORMAL:
                machine.apply_change(ConfChange.from_bytes(entry.data))
        machine.advance(ready)
    return Ready(
        entries=tuple(entries),
        committed_entries=tuple(committed),
        messages=tuple(messages),
        read_states=tuple(read_states),
    )


def lead(machine: RaftMachine) -> None:
    """Let node 1 win with as many votes of the others as it needs."""
    machine.campaign()
    obey(machine)
    for voter in machine.status().conf_state.voters[1:]:
        if machine.status().role is Role.CANDIDATE:
            answer(machine, MessageKind.VOTE_RESP, sender=voter)
    obey(machine)
    assert machine.status().role is Role.LEADER


def answer(
    machine: RaftMachine,
    kind: MessageKind,
    *,
    index: int = 0,
    sender: int = 2,
    context: bytes = b"",
) -> None:
    """Answer as another node, by default 2, in the machine's term."""
    term = machine.status().term
    message = Message(
        kind=kind, sender=sender, to=1, term=term, index=index, context=context
    )
    assert machine.step(message) is None


def kinds(ready: Ready) -> list[MessageKind]:
    """Return the kinds of all messages."""
    return [message.kind for message in ready.messages]


def log_of(*terms: int, commit: int = 1, config: RaftConfig = CONFIG) -> RaftMachine:
    """Return node 1 of three with entries of these terms, from index 2 on."""
    members = ConfState(voters=(1, 2, 3))
    restored = Restored(
        snapshot=Snapshot(index=1, term=1, conf_state=members),
        entries=tuple(
            Entry(term=term, index=index) for index, term in enumerate(terms, start=2)
        ),
        hard_state=HardState(term=terms[-1], commit=commit),
    )
    return RaftMachine(config, restored, lambda _: 0)
