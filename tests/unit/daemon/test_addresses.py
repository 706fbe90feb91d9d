"""Which address a node offers to the others."""

import pytest

from clusterd.daemon.addresses import PEER_PORT, AddressFault, own_address


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        pytest.param("192.0.2.7", f"192.0.2.7:{PEER_PORT}", id="IPv4"),
        pytest.param("192.0.2.7:9000", "192.0.2.7:9000", id="IPv4 with a port"),
        pytest.param("2001:db8::7", f"[2001:db8::7]:{PEER_PORT}", id="IPv6"),
        pytest.param("[2001:db8::7]", f"[2001:db8::7]:{PEER_PORT}", id="in brackets"),
        pytest.param("[2001:db8::7]:9000", "[2001:db8::7]:9000", id="IPv6 with a port"),
        pytest.param("node7", f"node7:{PEER_PORT}", id="a name"),
        pytest.param("node7.example:9000", "node7.example:9000", id="name and port"),
    ],
)
def test_what_was_asked_for_is_completed(asked: str, address: str) -> None:
    """The administrator knows best; only the port is filled in."""
    assert own_address(asked, None) == address


@pytest.mark.parametrize(
    "asked", ["node7:", "node7:http", "node7:0", "node7:65535", "node7:-1", "a:b:c"]
)
def test_a_bad_port_is_refused_with_what_was_written(asked: str) -> None:
    """65535 too: the port after it lets new members in."""
    with pytest.raises(AddressFault, match="is not HOST or HOST:PORT") as caught:
        own_address(asked, None)

    assert f'"{asked}"' in str(caught.value)


def test_a_loopback_address_is_not_offered() -> None:
    """The others would talk to themselves and call it this node."""
    with pytest.raises(AddressFault, match="--address HOST"):
        own_address("", towards="127.0.0.1:7448")
