"""`host:port`, also for IPv6."""

import pytest

from clusterd.net.addresses import enrol_address, join_address, split_address
from clusterd.net.faults import NetFault


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("10.0.0.1:7600", ("10.0.0.1", 7600)),
        ("[fd00::1]:7600", ("fd00::1", 7600)),
        ("node1:7600", ("node1", 7600)),
    ],
)
def test_addresses_split_and_join(text: str, parts: tuple[str, int]) -> None:
    """Both ways."""
    assert split_address(text) == parts
    assert join_address(*parts) == text


@pytest.mark.parametrize("text", ["", "node1", ":7600", "node1:", "node1:x", "a:70000"])
def test_what_is_no_address_is_refused_with_a_hint(text: str) -> None:
    """Before anybody tries to connect to it."""
    with pytest.raises(NetFault, match="HOST:PORT"):
        split_address(text)


def test_the_enrol_port_is_the_next_one() -> None:
    """Nothing more to configure, and to open in a firewall."""
    assert enrol_address("10.0.0.1:7600") == "10.0.0.1:7601"
    assert enrol_address("[fd00::1]:7600") == "[fd00::1]:7601"
