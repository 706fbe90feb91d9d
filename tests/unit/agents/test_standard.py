"""What agents of each standard can do."""

import pytest

from clusterd.agents.standard import ABILITIES, refusal, standard_of
from clusterd.model.agent import AgentName, Standard


def test_every_standard_is_described() -> None:
    """A new standard without abilities would fail at the first use instead."""
    assert set(ABILITIES) == set(Standard)


def test_ocf_agents_can_be_executed() -> None:
    """Nothing to complain about."""
    assert refusal(AgentName("ocf", "clusterd", "VIP")) is None


@pytest.mark.parametrize("standard", ["systemd", "lsb", "service", "fence"])
def test_others_are_refused_with_a_reason(standard: str) -> None:
    """Known, but not executable yet: said before anything is started."""
    reason = refusal(AgentName(standard, "", "x"))

    assert reason is not None
    assert f"`{standard}`" in reason


def test_an_unknown_standard_is_named() -> None:
    """A typo must not look like a missing feature."""
    agent = AgentName("upstart", "", "x")

    assert standard_of(agent) is None
    assert "no agent standard is called `upstart`" in (refusal(agent) or "")
