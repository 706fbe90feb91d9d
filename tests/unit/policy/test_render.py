"""Plans and reasons as text."""

from clusterd.model.names import NodeName
from clusterd.model.reason import Reason
from clusterd.model.transition import Summary, Transition, Verb
from clusterd.policy.render import render_plan, summary_line


def test_an_empty_plan_says_so() -> None:
    """Silence would look like a fault."""
    assert render_plan(Transition(index=1)) == "nothing to do\n"


def test_a_move_shows_both_ends() -> None:
    """From where to where, and why."""
    line = Summary(
        verb=Verb.MOVE,
        subject="vip",
        source=NodeName("n1"),
        target=NodeName("n2"),
        reasons=(Reason(text="n1: standby"),),
    )

    assert summary_line(line) == "move vip: n1 -> n2 (n1: standby)"


def test_a_restart_in_place_shows_one_node() -> None:
    """An arrow from a node to itself says nothing."""
    node = NodeName("n1")

    line = Summary(verb=Verb.RESTART, subject="vip", source=node, target=node)

    assert summary_line(line) == "restart vip: n1"
