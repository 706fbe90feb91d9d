"""An agent reads its parameters: all mistakes at once, and none that stops a stop."""

import pytest

from clusterd.ocf.agent import Agent, Operation, offers
from clusterd.ocf.call import Call
from clusterd.ocf.faults import NotConfigured
from clusterd.ocf.parameter import Choice, Integer, Seconds, Text


class Example(Agent):
    """For these tests."""

    path = Text(required=True, help="Where.")
    port = Integer(80, minimum=1, help="Port.")
    wait = Seconds("1s", help="How long.")
    mode = Choice("fast", "safe", default="safe", help="How.")

    operations = offers(Operation("start", timeout=20))

    def start(self) -> None:
        """Do nothing."""


def example(action: str = "start", **parameters: str) -> Example:
    """Build the agent as a runner would."""
    given = {f"OCF_RESKEY_{name}": value for name, value in parameters.items()}
    return Example(Call(action, given))


def test_values_have_their_types_and_defaults() -> None:
    """What is not set, or empty, is the default."""
    agent = example(path="/srv", port="", mode="FAST")

    assert (agent.path, agent.port, agent.wait, agent.mode) == ("/srv", 80, 1.0, "fast")


def test_all_mistakes_are_told_at_once() -> None:
    """One round of correction, not five."""
    with pytest.raises(NotConfigured) as caught:
        example(port="0", wait="long", mode="saef", prot="1")

    told = str(caught.value)
    assert "`path` is required but not set" in told
    assert "`port` must be at least 1, not `0`" in told
    assert "`wait` must be a time" in told
    assert "not `saef` (did you mean `safe`?)" in told
    assert "unknown parameter `prot` (did you mean `port`?)" in told


def test_what_runners_add_is_not_unknown() -> None:
    """Pacemaker passes these to every agent."""
    agent = example(
        path="/srv", crm_feature_set="3.19.7", CRM_meta_timeout="1", trace_ra="1"
    )

    assert agent.path == "/srv"


@pytest.mark.parametrize("action", ["stop", "monitor"])
def test_a_typo_in_an_option_does_not_keep_it_from_stopping(action: str) -> None:
    """What runs with a typo must still be stopped: the default takes its place."""
    agent = example(action, path="/srv", port="many", prot="1")

    assert agent.port == 80


def test_a_missing_required_parameter_stops_every_action() -> None:
    """Nobody knows what to stop then."""
    with pytest.raises(NotConfigured, match="`path` is required"):
        example("stop")


def test_a_private_value_is_never_shown() -> None:
    """The reason of a failure is seen by everybody."""

    class Pin(Text):
        """Four digits."""

        def parse(self, text: str) -> str:
            """Accept nothing else."""
            if len(text) not in (0, 4):
                raise ValueError("must have four digits")
            return text

    class Guarded(Agent):
        """For this test."""

        pin = Pin(private=True, help="Secret.")

    with pytest.raises(NotConfigured, match="four digits") as caught:
        Guarded(Call("start", {"OCF_RESKEY_pin": "hunter2"}))
    assert "hunter2" not in str(caught.value)


def test_an_operation_without_its_method_is_refused_at_definition() -> None:
    """A promise in the metadata that nobody keeps is found by the first import."""
    with pytest.raises(TypeError, match="no method `reload_agent`"):
        type(
            "Broken",
            (Agent,),
            {"operations": offers(Operation("reload-agent", timeout=20))},
        )
