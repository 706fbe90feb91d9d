"""What the guard understands, and how it refuses the rest."""

import pytest

from clusterd.host.guard_protocol import (
    AskStatus,
    Attach,
    End,
    Hold,
    Lease,
    MalformedMessage,
    Release,
    lease_datagram,
    parse_request,
)
from clusterd.host.netlink import Address


def test_a_lease_survives_the_wire() -> None:
    """The daemon's encoder and the guard's parser are each other's inverse."""
    exclusive = {"vip": "kernel", "db:1": "process"}
    lease = Lease(until=812.5, session=3, exclusive=exclusive, sent=9.0)

    assert parse_request(lease_datagram(lease)) == lease


def test_addresses_are_taken_in_the_kernel_s_spelling() -> None:
    """Otherwise one address would be two."""
    datagram = b"""{"verb": "hold", "resource": "vip", "address": "2001:DB8:0::9",
        "prefix": 64, "nic": "eth0"}"""

    address = Address(ip="2001:db8::9", prefix=64, nic="eth0")
    assert parse_request(datagram) == Hold(resource="vip", address=address)


def test_a_release_needs_only_the_address() -> None:
    """More may be said, as an agent sends what it sent to hold."""
    datagram = b'{"verb":"release","resource":"vip","address":"192.0.2.9","nic":"x"}'

    assert parse_request(datagram) == Release(resource="vip", ip="192.0.2.9")


def test_some_messages_are_a_verb_alone() -> None:
    """Nothing else is asked of them."""
    assert parse_request(b'{"verb":"status"}') == AskStatus()
    assert parse_request(b'{"verb":"attach"}') == Attach()
    assert parse_request(b'{"verb":"end"}') == End()


@pytest.mark.parametrize(
    ("datagram", "said"),
    [
        (b"", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "unknown verb null"),
        (b'{"verb":"lend"}', 'unknown verb "lend"'),
        (b'{"verb":"lease"}', "`until`"),
        (b'{"verb":"lease","until":NaN}', "`until`"),
        (b'{"verb":"lease","until":Infinity}', "`until`"),
        (b'{"verb":"lease","until":true}', "`until`"),
        (b'{"verb":"lease","session":1,"until":1,"exclusive":[]}', "`exclusive`"),
        (b'{"verb":"lease","session":1,"until":1,"exclusive":{"a":1}}', "`exclusive`"),
        (b'{"verb":"lease","until":1}', "`session`"),
        (b'{"verb":"lease","until":1,"session":-1}', "`session`"),
        (b'{"verb":"release","resource":"v"}', "`address`"),
        (b'{"verb":"release","resource":"v","address":"1.2.3"}', "1.2.3"),
        (b'{"verb":"release","resource":"","address":"1.2.3.4"}', "`resource`"),
        (
            b'{"verb":"hold","resource":"v","address":"192.0.2.9","prefix":33,'
            b'"nic":"e"}',
            "from 0 to 32",
        ),
        (
            b'{"verb":"hold","resource":"v","address":"192.0.2.9","prefix":24,'
            b'"nic":"e","label":"sixteen-bytes-xx"}',
            "`label`",
        ),
    ],
)
def test_what_is_not_a_message_is_refused_with_a_sentence(
    datagram: bytes, said: str
) -> None:
    """An agent's author reads it; the guard goes on."""
    with pytest.raises(MalformedMessage, match=said.replace("[", r"\[")):
        parse_request(datagram)
