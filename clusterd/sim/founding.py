"""How a cluster begins: all members in the first snapshot, or one and joiners."""

from clusterd.model.membership import Member
from clusterd.model.names import NodeName
from clusterd.node.settings import NodeSettings
from clusterd.sim.clocks import WALL_EPOCH
from clusterd.sim.scenario import Scenario
from clusterd.state.apply import apply
from clusterd.state.command import AddMember, Found, IssueToken, Proposal
from clusterd.state.replicated import Replicated


def address(node: NodeName) -> str:
    """Return where a node listens."""
    return f"{node}.sim:7400"


def first_state(scenario: Scenario) -> Replicated:
    """Return what the founders' first snapshot holds: index 1, never admitted."""
    first, *others = scenario.nodes[: scenario.founders]
    command = Found(
        cluster="sim",
        node=first,
        address=address(first),
        raft_id=1,
        wall=WALL_EPOCH,
    )
    state, _ = apply(Replicated(), 1, Proposal(request="", command=command))
    for node in others:
        for each in (token(node), joining(node)):
            state, _ = apply(state, 1, Proposal(request="", command=each))
    return state


def founder_settings(scenario: Scenario, member: Member) -> NodeSettings:
    """Return what a founding member knows of itself."""
    return _settings(scenario, member.name, member.raft_id, {})


def joiner_settings(
    scenario: Scenario, node: NodeName, raft_id: int, members: tuple[Member, ...]
) -> NodeSettings:
    """Return what a node knows that was just let in by a member."""
    seeds = {each.raft_id: (each.name, each.address) for each in members}
    return _settings(scenario, node, raft_id, seeds)


def token(node: NodeName) -> IssueToken:
    """Return the command that allows `node` to join."""
    expires = WALL_EPOCH + 1e9
    return IssueToken(digest=f"token-{node}", expires_wall=expires, author="sim")


def joining(node: NodeName) -> AddMember:
    """Return the command by which `node` joins."""
    return AddMember(
        token_digest=f"token-{node}",
        node=node,
        address=address(node),
        version="1",
        wall=WALL_EPOCH,
    )


def _settings(
    scenario: Scenario,
    node: NodeName,
    raft_id: int,
    seeds: dict[int, tuple[NodeName, str]],
) -> NodeSettings:
    return NodeSettings(
        name=node,
        raft_id=raft_id,
        instance="",
        timing=scenario.timing,
        version="1",
        seeds=seeds,
        snapshot_every=scenario.snapshot_every,
        tail_kept=scenario.snapshot_every // 2,
    )
