"""Laws of the replicated log that hold whatever network, disks and clocks do."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clusterd.raft import quorum
from clusterd.raft.machine import RaftConfig
from clusterd.raft.quorum import VoteResult
from clusterd.raft.voters import Change, ChangeKind, ConfChange, Transition
from tests.laws.raft_cluster import Cluster, Crash

SIZE = 5
ELECTION_TICKS = 5

anyone = st.integers(1, SIZE)
islands = st.sets(anyone, min_size=2)
positions = st.integers(0, 1000)
kinds = st.sampled_from(
    [ChangeKind.ADD_NODE, ChangeKind.ADD_LEARNER, ChangeKind.REMOVE_NODE]
)
changes = st.builds(
    ConfChange,
    changes=st.lists(st.builds(Change, kind=kinds, node=anyone), max_size=3).map(tuple),
    transition=st.sampled_from(Transition),
)


class Schedule(RuleBasedStateMachine):
    """A group at the mercy of a schedule; its invariants hold after each step."""

    voters = SIZE
    cluster: Cluster
    is_calm: bool

    @initialize(
        pre_vote=st.booleans(),
        check_quorum=st.booleans(),
        max_bytes=st.sampled_from([1, 64]),
        is_elected=st.booleans(),
    )
    def begin(
        self, *, pre_vote: bool, check_quorum: bool, max_bytes: int, is_elected: bool
    ) -> None:
        """Start a group, mostly with a leader, so that schedules get far.

        A byte means one entry per message.
        """
        config = RaftConfig(
            id=1,
            election_ticks=ELECTION_TICKS,
            heartbeat_ticks=1,
            pre_vote=pre_vote,
            check_quorum=check_quorum,
            max_entries_bytes=max_bytes,
            max_inflight=3,
            max_committed_bytes=max_bytes,
        )
        self.is_calm = pre_vote and check_quorum
        self.cluster = Cluster(config, self.voters, SIZE - self.voters)
        if is_elected:
            self.cluster.heal(2 * ELECTION_TICKS)

    @rule(node=anyone, ticks=st.integers(1, 2 * ELECTION_TICKS))
    def time_passes(self, node: int, ticks: int) -> None:
        """Clocks run as they like."""
        for _ in range(ticks):
            self.cluster.tick(node)

    @rule(nodes=st.lists(anyone, min_size=1, max_size=5))
    def nodes_work(self, nodes: list[int]) -> None:
        """Save, send, apply."""
        for node in nodes:
            self.cluster.work(node)

    @rule(node=anyone, crash=st.sampled_from(Crash))
    def node_crashes_at_work(self, node: int, crash: Crash) -> None:
        """Lose what was not saved, and never send what was not sent."""
        self.cluster.work(node, crash)

    @rule(node=anyone)
    def node_restarts(self, node: int) -> None:
        """Between two duties."""
        self.cluster.restart(node)

    @rule(places=st.lists(positions, min_size=1, max_size=5))
    def messages_arrive(self, places: list[int]) -> None:
        """In any order."""
        for place in places:
            self.cluster.deliver(place)

    @rule(place=positions)
    def message_arrives_twice(self, place: int) -> None:
        """Now, and once more at any later time."""
        self.cluster.deliver(place, keep=True)

    @rule(place=positions)
    def message_is_lost(self, place: int) -> None:
        """Without a word."""
        self.cluster.lose(place)

    @rule(node=anyone)
    def somebody_proposes(self, node: int) -> None:
        """At whatever node."""
        self.cluster.propose(node)

    @rule(node=anyone, island=islands, rounds=st.integers(1, 4))
    def somebody_rises_on_an_island(
        self, node: int, island: set[int], rounds: int
    ) -> None:
        """Without reason, and only some can hear it for a while."""
        self.cluster.machines[node].campaign()
        self.cluster.talk({*island, node}, rounds)

    @rule(node=anyone, island=islands, rounds=st.integers(1, 3))
    def somebody_proposes_on_an_island(
        self, node: int, island: set[int], rounds: int
    ) -> None:
        """Maybe a majority is there, maybe not."""
        self.cluster.propose(node)
        self.cluster.talk({*island, node}, rounds)

    @rule(node=anyone, island=islands, rounds=st.integers(1, 3))
    def somebody_reads_on_an_island(
        self, node: int, island: set[int], rounds: int
    ) -> None:
        """Where maybe nobody knows what the others have committed."""
        self.cluster.read(node)
        self.cluster.talk({*island, node}, rounds)

    @rule()
    def all_under_way_is_lost(self) -> None:
        """Start anew with whatever everybody has on disk."""
        self.cluster.messages.clear()

    @rule(node=anyone, to=anyone)
    def somebody_hands_over(self, node: int, to: int) -> None:
        """To whomever."""
        self.cluster.machines[node].transfer(to)

    @rule(node=anyone)
    def somebody_forgets_the_leader(self, node: int) -> None:
        """For whatever reason."""
        self.cluster.machines[node].forget_leader()

    @rule(node=anyone, peer=anyone, is_snapshot=st.booleans())
    def transport_complains(self, node: int, peer: int, *, is_snapshot: bool) -> None:
        """Rightly or wrongly."""
        if is_snapshot:
            self.cluster.machines[node].report_snapshot(peer, ok=False)
        else:
            self.cluster.machines[node].report_unreachable(peer)

    @rule(node=anyone, keep_tail=st.integers(0, 5))
    def log_is_compacted(self, node: int, keep_tail: int) -> None:
        """Put a snapshot in place of what was applied."""
        self.cluster.compact(node, keep_tail)

    @rule()
    def all_is_well_for_a_moment(self) -> None:
        """One round in which everything works."""
        self.cluster.heal(1)

    @invariant()
    def safety_holds(self) -> None:
        """One leader per term, matching logs, complete leaders, equal states."""
        if hasattr(self, "cluster"):
            self.cluster.observe()

    def teardown(self) -> None:
        """Once all is well, there is a leader and everybody has the same state.

        Without pre-vote and check-quorum, members that were removed may disturb
        the others for ever.
        """
        if hasattr(self, "cluster") and self.is_calm:
            self.cluster.heal(10 * ELECTION_TICKS)
            self.cluster.assert_agreement()


class ChangingSchedule(Schedule):
    """The same, while voters and learners come and go."""

    voters = 3

    @rule(node=anyone, change=changes)
    def somebody_changes_the_electorate(self, node: int, change: ConfChange) -> None:
        """In any way, sensible or not."""
        self.cluster.change(node, change)


TestAnySchedule = Schedule.TestCase
TestAnyScheduleWithChanges = ChangingSchedule.TestCase
TestAnySchedule.settings = settings(stateful_step_count=60)
TestAnyScheduleWithChanges.settings = settings(stateful_step_count=60)

electorates = st.frozensets(st.integers(1, 6))
acknowledged = st.dictionaries(st.integers(1, 6), st.integers(0, 8))


@given(incoming=electorates, outgoing=electorates, acked=acknowledged)
def test_committed_is_what_a_majority_of_each_side_has(
    incoming: frozenset[int], outgoing: frozenset[int], acked: dict[int, int]
) -> None:
    """The largest index that enough voters have; found here by trying each."""

    def is_on_enough_disks(voters: frozenset[int], index: int) -> bool:
        count = sum(acked.get(voter, 0) >= index for voter in voters)
        return not voters or 2 * count > len(voters)

    committed = quorum.joint_committed(incoming, outgoing, acked)

    candidates = [
        index
        for index in range(9)
        if is_on_enough_disks(incoming, index) and is_on_enough_disks(outgoing, index)
    ]
    empty = not incoming and not outgoing
    assert committed == (quorum.EVERYTHING if empty else max(candidates))


@given(
    incoming=electorates,
    outgoing=electorates,
    votes=st.dictionaries(st.integers(1, 6), st.booleans()),
)
def test_vote_is_pending_only_while_the_silent_can_still_decide_it(
    incoming: frozenset[int], outgoing: frozenset[int], votes: dict[int, bool]
) -> None:
    """Won if won even with all the silent against; lost if lost with all for."""

    def is_won_if_silent_say(answer: bool) -> bool:  # noqa: FBT001  # Named.
        return all(
            not side or 2 * sum(votes.get(v, answer) for v in side) > len(side)
            for side in (incoming, outgoing)
        )

    result = quorum.joint_vote(incoming, outgoing, votes)

    assert (result is VoteResult.WON) == is_won_if_silent_say(answer=False)
    assert (result is VoteResult.LOST) == (not is_won_if_silent_say(answer=True))


@given(first=electorates.filter(bool), data=st.data())
def test_two_majorities_of_one_electorate_share_a_voter(
    first: frozenset[int], data: st.DataObject
) -> None:
    """So no two candidates of a term both win."""
    ayes = data.draw(st.frozensets(st.sampled_from(sorted(first))))

    one = quorum.majority_vote(first, {voter: voter in ayes for voter in first})
    other = quorum.majority_vote(first, {voter: voter not in ayes for voter in first})

    assert not (one is VoteResult.WON and other is VoteResult.WON)


@given(change=changes, context=st.binary(max_size=20))
def test_a_change_is_read_as_it_was_written(change: ConfChange, context: bytes) -> None:
    """Whatever it holds; all nodes of all versions must see the same."""
    written = ConfChange(
        changes=change.changes, transition=change.transition, context=context
    )

    assert ConfChange.from_bytes(written.to_bytes()) == written
