"""The log with its disk and its electorate: save, then speak; learn, then vote."""

from clusterd.daemon.codec import WireCodec
from clusterd.model.names import NodeName
from clusterd.node.consensus import Consensus, Step
from clusterd.node.directory import Directory
from clusterd.node.effects import Effect, Persist, SendRaft
from clusterd.node.ledger import Ledger
from clusterd.node.settings import NodeSettings
from clusterd.raft.entry import ConfState, HardState, Snapshot
from clusterd.raft.machine import RaftConfig, RaftMachine, Restored
from clusterd.raft.message import Message, MessageKind
from clusterd.safety.timing import FAST
from clusterd.state.apply import apply
from clusterd.state.command import AddMember, Found, IssueToken, Proposal, RemoveMember
from clusterd.state.replicated import Replicated
from clusterd.state.reply import Accepted
from tests.unit.node.pretend import N1, N2, N3, WALL, World, three

CODEC = WireCodec()
TOKEN = IssueToken(digest="d", expires_wall=WALL + 1e6, wall=WALL)
PEERS = {2: (N2, "n2:7447")}


def _consensus(*voters: int) -> tuple[Consensus, Ledger]:
    """Return the consensus of voter 1 at the very beginning."""
    command = Found(cluster="demo", node=N1, address="n1:7447", raft_id=1, wall=0.0)
    state, _ = apply(Replicated(), 1, Proposal(request="", command=command))
    snapshot = Snapshot(
        index=1,
        term=1,
        conf_state=ConfState(voters=voters),
        data=CODEC.state_to_bytes(state),
    )
    restored = Restored(hard_state=HardState(term=1, commit=1), snapshot=snapshot)
    settings = NodeSettings(name=N1, raft_id=1, instance="a", timing=FAST)
    config = RaftConfig(id=1, election_ticks=10, heartbeat_ticks=2)
    raft = RaftMachine(config, restored, lambda sides: sides - 1)
    ledger = Ledger(CODEC, state)
    return Consensus(settings, raft, ledger, Directory(PEERS)), ledger


def _kinds(effects: list[Effect]) -> list[str]:
    """Return the effects in one word each."""
    return [
        each.message.kind.value if isinstance(each, SendRaft) else type(each).__name__
        for each in effects
    ]


def _lead_alone() -> tuple[Consensus, Ledger]:
    """Return a lone voter that leads, with nothing left to save."""
    consensus, ledger = _consensus(1)
    while not consensus.is_leader:
        consensus.tick()
        _save_all(consensus)
    _save_all(consensus)
    return consensus, ledger


def _save_all(consensus: Consensus, ticket: int | None = None) -> list[str]:
    """Let the disk finish (from this save on); return the requests applied."""
    step = consensus.drain() if ticket is None else consensus.persisted(ticket)
    applied = [each.request for each in step.applied]
    for each in step.effects:
        if isinstance(each, Persist) and each.ticket:
            applied += _save_all(consensus, each.ticket)
    return applied


def test_an_entry_is_applied_only_when_it_is_on_disk() -> None:
    """An answer given before the save could be taken back by a power cut."""
    consensus, ledger = _lead_alone()
    consensus.propose(ledger.encode("n1/a/1", TOKEN))

    before = consensus.drain()
    (persist,) = before.effects
    assert isinstance(persist, Persist)
    after = _save_all(consensus, persist.ticket)

    assert before.applied == []
    assert after == ["n1/a/1"]


def test_nothing_more_is_done_while_a_save_is_under_way() -> None:
    """Saves are one after the other, so that the disk never has a later half."""
    consensus, ledger = _lead_alone()
    consensus.propose(ledger.encode("n1/a/1", TOKEN))
    (persist,) = consensus.drain().effects
    assert isinstance(persist, Persist)
    consensus.propose(ledger.encode("n1/a/2", TOKEN))

    assert consensus.drain() == Step(effects=[], applied=[])
    assert _save_all(consensus, persist.ticket) == ["n1/a/1", "n1/a/2"]


def test_the_ticket_of_an_earlier_save_says_nothing() -> None:
    """Only the save that is waited for lets things go on."""
    consensus, ledger = _lead_alone()
    consensus.propose(ledger.encode("n1/a/1", TOKEN))
    (persist,) = consensus.drain().effects
    assert isinstance(persist, Persist)

    assert _save_all(consensus, persist.ticket - 1) == []
    assert _save_all(consensus, persist.ticket) == ["n1/a/1"]


def test_a_vote_is_given_only_when_it_is_on_disk() -> None:
    """A node that forgets its vote could give it twice in one term. Raft, 5.2."""
    consensus, _ = _consensus(1, 2)
    ask = Message(kind=MessageKind.VOTE, to=1, sender=2, term=5, log_term=1, index=1)

    consensus.step(ask)
    before = consensus.drain()
    (persist,) = before.effects
    assert isinstance(persist, Persist)
    after = consensus.persisted(persist.ticket)

    assert persist.hard_state == HardState(term=5, vote=2, commit=1)
    assert _kinds(after.effects) == ["VoteResp"]


def test_a_leader_sends_entries_while_its_own_disk_still_writes() -> None:
    """Two disks write at once: half the latency. Raft thesis, 10.2.1."""
    consensus, ledger = _consensus(1, 2)
    _elect(consensus)
    consensus.propose(ledger.encode("n1/a/1", TOKEN))

    step = consensus.drain()

    assert _kinds(step.effects) == ["App", "Persist"]


def test_messages_for_a_number_nobody_knows_are_not_sent() -> None:
    """There is no address for it (yet); raft sends again."""
    consensus, _ = _consensus(1, 2, 3)
    while not (step := _ticked(consensus)).effects:
        pass

    recipients = {e.to for e in step.effects if isinstance(e, SendRaft)}
    assert recipients == {NodeName("n2")}


def test_a_newcomer_learns_before_it_votes() -> None:
    """As a voter without the log it would hold up every commit."""
    world = World()
    world.found(N1)
    world.run(2.0)
    seen: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    world.watch = lambda: _note_electorate(world, seen)

    world.join(N2, through=N1)
    world.run(2.0)

    assert seen == [((1,), ()), ((1,), (2,)), ((1, 2), ())]


def test_a_newcomer_that_never_comes_does_not_hold_up_the_others() -> None:
    """It was let in and then lost its power: it stays a learner."""
    world = World()
    world.found(N1)
    world.run(2.0)
    world.ask(N1, TOKEN)
    add = AddMember(token_digest=TOKEN.digest, node=N2, address="n2:7447", wall=WALL)

    world.ask(N1, add)
    world.run(5.0)

    assert world.machine(N1)._consensus.voters == (frozenset({1}),)
    assert isinstance(world.ask(N1, TOKEN), Accepted)


def test_a_newcomer_gets_its_snapshot_although_the_first_one_was_lost() -> None:
    """The network does not say what it lost, so the leader must ask itself."""
    world = World()
    world.found(N1)
    world.run(2.0)
    world.cut.add(N2)
    world.join(N2, through=N1)
    world.run(5.0)

    world.cut.clear()
    world.run(5.0)

    assert world.state(N2).members == world.state(N1).members
    assert world.machine(N1)._consensus.voters == (frozenset({1, 2}),)


def test_who_is_no_member_does_not_vote() -> None:
    """Else a machine that was thrown away would count for ever."""
    world = three()
    assert isinstance(world.ask(N1, RemoveMember(node=N3, wall=WALL)), Accepted)

    world.run(2.0)

    assert world.machine(N1)._consensus.voters == (frozenset({1, 2}),)
    world.kill(N3)
    assert isinstance(world.ask(N2, TOKEN), Accepted)


def test_a_restart_finds_the_state_it_left() -> None:
    """Snapshot and log together are the state: nothing is asked of anybody."""
    world = three()
    before = world.state(N3)
    world.cut.update((N1, N2, N3))

    world.kill(N3)
    world.start(N3)

    assert world.state(N3).members == before.members
    assert world.state(N3).tokens == before.tokens


def _note_electorate(
    world: World, seen: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    conf = world.machine(N1)._consensus._raft.status().conf_state
    if not seen or seen[-1] != (conf.voters, conf.learners):
        seen.append((conf.voters, conf.learners))


def _ticked(consensus: Consensus) -> Step:
    consensus.tick()
    return consensus.drain()


def _elect(consensus: Consensus) -> None:
    """Let voter 2 vote for voter 1, and acknowledge what it sends."""
    while not consensus.is_leader:
        _exchange(consensus, _ticked(consensus).effects)
    for _ in range(3):
        _exchange(consensus, consensus.drain().effects)


def _exchange(consensus: Consensus, effects: list[Effect]) -> None:
    """Save and answer everything, also what follows from it."""
    while effects:
        each = effects.pop(0)
        if isinstance(each, Persist):
            effects.extend(consensus.persisted(each.ticket).effects)
        elif isinstance(each, SendRaft) and (answer := _answer(each.message)):
            consensus.step(answer)
            effects.extend(consensus.drain().effects)


def _answer(message: Message) -> Message | None:
    kinds = {
        MessageKind.PRE_VOTE: MessageKind.PRE_VOTE_RESP,
        MessageKind.VOTE: MessageKind.VOTE_RESP,
        MessageKind.APP: MessageKind.APP_RESP,
    }
    kind = kinds.get(message.kind)
    if kind is None:
        return None
    index = message.index + len(message.entries)
    return Message(kind=kind, to=1, sender=2, term=message.term, index=index)
