"""Requests to commands or refusals: pure, from the state alone."""

import pytest

from clusterd.api.faults import RequestRefused
from clusterd.api.homes import refuse_lost_quorum
from clusterd.api.protocol import Exit, Json, Request
from clusterd.api.verbs import CHANGES, Change
from clusterd.model.membership import Proof
from clusterd.model.names import NodeName
from clusterd.model.status import Hold, HoldKind
from clusterd.state.command import (
    CleanUp,
    ClearHold,
    Release,
    RemoveMember,
    SetHold,
    StartMove,
)
from clusterd.state.live import Live
from tests.fakes.door import CONFIGURATION, FakeDoor

N1, N2, N3 = NodeName("n1"), NodeName("n2"), NodeName("n3")


def _door(*names: str, text: str = CONFIGURATION) -> FakeDoor:
    return FakeDoor.with_nodes(*(names or ("n1", "n2", "n3")), text=text)


def _ask(door: FakeDoor, verb: str, **args: Json) -> Change:
    request = Request(verb=verb, args=args, author="alice")
    return CHANGES[verb](request, door.state(), door.now_wall())


def _refusal(door: FakeDoor, verb: str, **args: Json) -> tuple[str, Exit]:
    with pytest.raises(RequestRefused) as refused:
        _ask(door, verb, **args)
    return refused.value.fault.code, refused.value.fault.exit


def test_standby_becomes_a_hold_with_author_and_end() -> None:
    """What lasts says who, why and until when."""
    door = _door()
    until = door.now_wall() + 60

    change = _ask(door, "standby", nodes=["n2"], message="a\n b", until_wall=until)

    command = change.commands[0]
    assert isinstance(command, SetHold)
    hold = command.hold
    assert (hold.kind, hold.node, hold.author) == (HoldKind.STANDBY, N2, "alice")
    assert (hold.message, hold.until_wall) == ("a b", until)


def test_asking_twice_changes_nothing() -> None:
    """A no-op is told, not refused."""
    door = _door()
    door.commit(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N2)))

    change = _ask(door, "standby", nodes=["n2"])

    assert change.commands == ()
    assert change.summary == ("n2 is in standby already",)


def test_the_last_home_is_kept_unless_overridden() -> None:
    """CLI.md 6.6: E-LAST-HOME; the word says what is overridden."""
    door = _door("n1")

    assert _refusal(door, "standby", nodes=["n1"]) == ("E-LAST-HOME", Exit.NOT_SAFE)
    assert _ask(door, "standby", nodes=["n1"], override=["last-home"]).commands


def test_all_nodes_at_once_are_a_last_home_too() -> None:
    """Each alone would be fine; together nothing could run."""
    code, _ = _refusal(_door(), "standby", nodes=["n1", "n2", "n3"])

    assert code == "E-LAST-HOME"


def test_online_ends_holds_of_the_node_only() -> None:
    """A hold of the whole cluster is not this node's."""
    door = _door()
    door.commit(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N2)))
    door.commit(SetHold(hold=Hold(kind=HoldKind.MAINTENANCE)))

    change = _ask(door, "online", nodes=["n2", "n3"])

    assert [type(each) for each in change.commands] == [ClearHold]
    assert change.summary[1] == "n3 is neither in standby nor in maintenance"


def test_standby_by_configuration_is_not_ended_by_a_command() -> None:
    """It would come back with the next apply; say where it stands."""
    text = f"nodes: {{n2: {{standby: true}}}}\n{CONFIGURATION}"

    code, _ = _refusal(_door(text=text), "online", nodes=["n2"])

    assert code == "E-CONFIGURED"


def test_maintenance_is_switched_on_and_off_per_scope() -> None:
    """Off ends exactly what on began."""
    door = _door()
    on = _ask(door, "maintenance", on=True, resource="vip")
    door.commit(on.commands[0])

    off = _ask(door, "maintenance", on=False, resource="vip")
    elsewhere = _ask(door, "maintenance", on=False)

    assert isinstance(off.commands[0], ClearHold)
    assert elsewhere.commands == ()


def test_a_move_knows_where_it_begins() -> None:
    """The source is where the resource is, not where the user thinks."""
    change = _ask(_door(), "move", resource="vip", node="n2")

    begun = change.commands[0]
    assert isinstance(begun, StartMove)
    assert (begun.move.source, begun.move.node) == (N1, N2)


def test_a_move_to_where_it_is_changes_nothing() -> None:
    """Idempotent for scripts."""
    change = _ask(_door(), "move", resource="vip", node="n1")

    assert (change.commands, change.summary) == ((), ("vip is on n1 already",))


@pytest.mark.parametrize(
    ("verb", "args", "code", "exit_code"),
    [
        ("move", {"resource": "vpi"}, "E-UNKNOWN-RES", Exit.NOT_FOUND),
        ("move", {"resource": "vip", "node": "n7"}, "E-UNKNOWN-NODE", Exit.NOT_FOUND),
        ("move", {"resource": "haproxy-clone"}, "E-NOT-MOVABLE", Exit.REFUSED),
        ("move", {}, "E-USAGE", Exit.USAGE),
        ("move", {"resource": 7}, "E-USAGE", Exit.USAGE),
        ("standby", {}, "E-USAGE", Exit.USAGE),
        ("standby", {"nodes": "n1"}, "E-USAGE", Exit.USAGE),
        ("standby", {"nodes": ["n1"], "until_wall": 1.0}, "E-USAGE", Exit.USAGE),
        ("standby", {"nodes": ["n1"], "message": "x" * 501}, "E-USAGE", Exit.USAGE),
        ("maintenance", {"node": "n1", "resource": "vip"}, "E-USAGE", Exit.USAGE),
        ("confirm-off", {"node": "n2"}, "E-NOT-SAFE", Exit.NOT_SAFE),
        ("node-remove", {"node": "n2"}, "E-NOT-SAFE", Exit.NOT_SAFE),
        ("node-remove", {"node": "n9"}, "E-UNKNOWN-NODE", Exit.NOT_FOUND),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    verb: str, args: dict[str, Json], code: str, exit_code: Exit
) -> None:
    """Stable code and exit for each way to be wrong."""
    assert _refusal(_door(), verb, **args) == (code, exit_code)


def test_a_move_to_a_node_that_cannot_run_it_is_refused() -> None:
    """Lost and standby nodes are named with the way out."""
    door = _door()
    door.lose("n3")
    door.commit(SetHold(hold=Hold(kind=HoldKind.STANDBY, node=N2)))

    assert _refusal(door, "move", resource="vip", node="n3")[0] == "E-NODE"
    assert _refusal(door, "move", resource="vip", node="n2")[0] == "E-NODE"


def test_confirming_a_lost_node_releases_its_session() -> None:
    """The operator's word is the proof."""
    door = _door()
    door.lose("n2")

    command = _ask(door, "confirm-off", node="n2").commands[0]

    assert isinstance(command, Release)
    assert (command.node, command.proof) == (N2, Proof.CONFIRMED)


def test_a_node_that_does_not_live_may_be_removed() -> None:
    """Whether it may still hold something is judged when it is applied."""
    door = _door()
    door.lose("n2")

    command = _ask(door, "node-remove", node="n2").commands[0]

    assert isinstance(command, RemoveMember)
    assert command.node == N2


def test_cleanup_without_names_means_everything() -> None:
    """One command after a bad night."""
    command = _ask(_door(), "cleanup").commands[0]

    assert isinstance(command, CleanUp)
    assert (command.resource, command.node) == (None, None)


@pytest.mark.parametrize(
    ("heard", "is_allowed"),
    [
        pytest.param({N2: 0.1, N3: 0.1}, True, id="two of two stay"),
        pytest.param({N2: 0.1}, False, id="one of two is no majority"),
    ],
)
def test_leaving_must_leave_a_majority(
    heard: dict[NodeName, float],
    is_allowed: bool,  # noqa: FBT001
) -> None:
    """Otherwise the rest could never agree on anything again."""
    live = Live(node=N1, has_quorum=True, heard=heard, voters=frozenset({N1, N2, N3}))

    if is_allowed:
        refuse_lost_quorum(live)
    else:
        with pytest.raises(RequestRefused, match="E-LAST-VOTER"):
            refuse_lost_quorum(live)
