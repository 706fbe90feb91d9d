"""Addresses and routes; what needs no kernel is tried on values."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterd.ocf.rtnetlink import Kernel, Route, nearest, parse_ip, show_ip


def route(network: str, index: int, *, is_direct: bool = True) -> Route:
    """Build a route from its usual notation."""
    parsed = ipaddress.ip_network(network)
    packed = b"" if parsed.prefixlen == 0 else parsed.network_address.packed
    return Route(packed, parsed.prefixlen, index, is_direct=is_direct)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_an_address_has_one_canonical_form(text: str, canonical: str) -> None:
    """Text is never compared: long forms of IPv6 would look like others."""
    assert show_ip(parse_ip(text)) == canonical


@pytest.mark.parametrize(
    "text", ["", "300.1.1.1", "1.2.3", "::1%lo", "host", "1::2::3"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Names are not looked up: an agent must not wait for a resolver."""
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        parse_ip(text)


@given(
    ip=st.ip_addresses(v=4),
    network=st.ip_addresses(v=4),
    prefix=st.integers(min_value=0, max_value=32),
)
def test_a_route_covers_exactly_its_network(
    ip: ipaddress.IPv4Address, network: ipaddress.IPv4Address, prefix: int
) -> None:
    """The same answer as the library's, for every address and prefix."""
    net = ipaddress.ip_network((network, prefix), strict=False)

    covers = route(str(net), 1).covers(ip.packed)

    assert covers == (ip in net)


@pytest.mark.parametrize(
    ("routes", "indexes"),
    [
        pytest.param([route("192.0.2.0/24", 1)], [1], id="the only one"),
        pytest.param(
            [route("192.0.0.0/16", 1), route("192.0.2.0/24", 2)], [2], id="longest"
        ),
        pytest.param(
            [route("192.0.2.0/24", 1), route("192.0.2.0/24", 2)], [1, 2], id="a tie"
        ),
        pytest.param(
            [route("192.0.2.0/28", 1, is_direct=False), route("192.0.2.0/24", 2)],
            [2],
            id="on the link before behind a gateway",
        ),
        pytest.param(
            [route("0.0.0.0/0", 3, is_direct=False)], [3], id="the default at last"
        ),
        pytest.param([route("198.51.100.0/24", 1)], [], id="none"),
    ],
)
def test_the_nearest_network_decides(routes: list[Route], indexes: list[int]) -> None:
    """More than one interface means that nobody can tell."""
    found = nearest(routes, parse_ip("192.0.2.10"))

    assert [each.index for each in found] == indexes


@pytest.mark.process
def test_the_kernel_answers_what_every_machine_has() -> None:
    """The loopback and its address."""
    kernel = Kernel()

    (here,) = kernel.find(parse_ip("127.0.0.1"))
    link = kernel.link("lo")
    kernel.close()

    assert link is not None
    assert (here.index, here.prefix) == (link.index, 8)
    assert not link.has_neighbours
