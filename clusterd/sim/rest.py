"""The end of a run: the cluster is as it is wanted, and knows that."""

from collections.abc import Iterator

from clusterd.model.membership import MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Clone
from clusterd.node.machine import NodeMachine
from clusterd.policy.plan import plan
from clusterd.sim.checkers import Acknowledged, CommittedStays, LawBroken
from clusterd.sim.clocks import WALL_EPOCH
from clusterd.sim.codec import SharedCodec
from clusterd.sim.reality import Reality
from clusterd.sim.scenario import Scenario
from clusterd.state.replicated import Replicated


def unrest(
    scenario: Scenario,
    machines: dict[NodeName, NodeMachine],
    reality: Reality,
    now: float,
) -> list[str]:
    """Return what is not as it should be; empty: the cluster is at rest."""
    missing = [each for each in scenario.nodes if each not in machines]
    if missing:
        return [f"{' '.join(missing)} does not run"]
    newest = max(machines.values(), key=lambda m: m.state.index).state
    found = [
        f"{name} has entry {machine.state.index}, another {newest.index}"
        for name, machine in machines.items()
        if machine.state.index != newest.index
    ]
    found.extend(_members(scenario, newest))
    found.extend(_operations(newest))
    if not found:
        found.extend(_plan(newest, now))
        found.extend(_reality(scenario, newest, reality))
    return found


def _members(scenario: Scenario, state: Replicated) -> Iterator[str]:
    if len(state.members) != len(scenario.nodes):
        yield f"{len(state.members)} of {len(scenario.nodes)} nodes are members"
    for member in state.members:
        if member.state is not MemberState.ONLINE:
            yield f"{member.name} is {member.state.value}"


def _operations(state: Replicated) -> Iterator[str]:
    for history in state.status.history.values():
        for each in history.pending:
            yield f"{each.operation} of {each.instance} on {each.node} is pending"
    for move in state.status.moves:
        yield f"{move.resource} is still being moved"


def _plan(state: Replicated, now: float) -> Iterator[str]:
    wanted = plan(state.view(has_quorum=True, now_wall=WALL_EPOCH + now))
    for action in wanted.actions:
        yield f"left to do: {action.kind.value} {action.instance} on {action.node}"


def _reality(scenario: Scenario, state: Replicated, reality: Reality) -> Iterator[str]:
    """Compare the machines with the configuration, in which nothing is stopped."""
    for top in state.configuration.resources:
        copies = len(scenario.nodes) if isinstance(top, Clone) else 1
        name = top.child.name if isinstance(top, Clone) else top.name
        where = reality.where(ResourceName(name))
        if len(where) != copies:
            yield f"{name} is active on [{' '.join(where)}], not on {copies}"


def check_end(
    machines: dict[NodeName, NodeMachine],
    log: CommittedStays,
    acknowledged: Acknowledged,
    codec: SharedCodec,
) -> None:
    """Judge a run that came to rest. Raises LawBroken."""
    states = [machine.state for machine in machines.values()]
    for state in states:
        if state.index < log.last:
            text = f"the log ends at {state.index}, but {log.last} was applied"
            raise LawBroken("committed-stays", text)
        if state != states[0]:
            raise LawBroken("same-state", "nodes at rest differ")
    for command, index in acknowledged.answers():
        entry = log.entry(index)
        found = None
        if entry is not None and entry.data:
            found = codec.proposal_from_bytes(entry.data).command
        if found != command:
            text = f"entry {index} was promised to {command}, but holds {found}"
            raise LawBroken("acknowledged", text)
