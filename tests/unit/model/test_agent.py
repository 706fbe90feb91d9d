"""Names of agents as users write them, and what metadata answers."""

import pytest

from clusterd.model.agent import (
    AgentMetadata,
    AgentName,
    OperationAdvice,
    Parameter,
)

VIP = AgentName("ocf", "clusterd", "VIP")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("ocf:clusterd:VIP", VIP, id="in full"),
        pytest.param("clusterd:VIP", VIP, id="ocf is what is meant without a word"),
        pytest.param("systemd:nginx", AgentName("systemd", "", "nginx"), id="systemd"),
        pytest.param("lsb:foo", AgentName("lsb", "", "foo"), id="lsb"),
        pytest.param("fence:ipmi", AgentName("fence", "", "ipmi"), id="fence"),
    ],
)
def test_an_agent_is_named_in_two_or_three_parts(text: str, name: AgentName) -> None:
    """Only ocf has providers."""
    assert AgentName.parse(text) == name


@pytest.mark.parametrize("name", [VIP, AgentName("systemd", "", "nginx")])
def test_what_is_printed_can_be_read_back(name: AgentName) -> None:
    """Configurations are written out and read again."""
    assert AgentName.parse(str(name)) == name


@pytest.mark.parametrize(
    "text", ["", "VIP", "ocf:clusterd:VIP:extra", ":VIP", "clusterd:", "ocf::VIP"]
)
def test_anything_else_is_refused_with_the_text_in_question(text: str) -> None:
    """The message stands in an error for the user: it quotes what was written."""
    with pytest.raises(ValueError, match="is not PROVIDER:TYPE") as caught:
        AgentName.parse(text)

    assert f"`{text}`" in str(caught.value)


def test_metadata_is_asked_by_name() -> None:
    """What the agent does not list it does not have."""
    ip = Parameter(name="ip", required=True)
    advice = OperationAdvice(name="monitor", timeout=20.0)
    metadata = AgentMetadata(name=VIP, parameters=(ip,), operations=(advice,))

    assert metadata.parameter("ip") == ip
    assert metadata.parameter("IP") is None
    assert metadata.supports("monitor")
    assert not metadata.supports("promote")
