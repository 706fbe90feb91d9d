"""Framing of netlink messages, and addresses in the kernel's spelling."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterd.host.netlink import (
    Address,
    attribute,
    canonical,
    frame,
    parse_attributes,
    unframe,
)


@given(st.dictionaries(st.integers(1, 60), st.binary(max_size=40), max_size=8))
def test_attributes_are_padded_and_found_again(wanted: dict[int, bytes]) -> None:
    """Each begins on a multiple of four, whatever its length."""
    packed = b"".join(attribute(kind, payload) for kind, payload in wanted.items())

    assert len(packed) % 4 == 0
    assert parse_attributes(packed) == wanted


def test_flags_of_an_attribute_are_not_its_kind() -> None:
    """The kernel sets the bits for nested and for byte order."""
    assert parse_attributes(attribute(0x8000 | 5, b"four")) == {5: b"four"}


@given(st.binary(max_size=60))
def test_garbage_neither_raises_nor_loops(data: bytes) -> None:
    """A cut or foreign datagram ends the reading."""
    parse_attributes(data)
    list(unframe(data))


def test_several_messages_in_one_datagram_are_all_seen() -> None:
    """A dump comes like this."""
    first = frame(20, 1, 7, b"body")
    second = frame(21, 0, 8, b"")

    messages = list(unframe(first + second))

    assert [(m.kind, m.flags, m.sequence, m.body) for m in messages] == [
        (20, 1, 7, b"body"),
        (21, 0, 8, b""),
    ]


def test_a_frame_says_its_length_first() -> None:
    """Header of 16 bytes, in the byte order of the machine."""
    assert struct.unpack_from("=I", frame(20, 0, 1, b"12345")) == (21,)


@pytest.mark.parametrize(
    ("written", "kernel"),
    [
        ("2001:DB8::0:9", "2001:db8::9"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2.9", "192.0.2.9"),
    ],
)
def test_an_address_has_one_spelling(written: str, kernel: str) -> None:
    """Two spellings of one address would be two keys."""
    assert canonical(written) == kernel


@pytest.mark.parametrize("text", ["", "vip", "192.0.2", "192.0.2.256", "fe80::1%eth0"])
def test_what_is_no_address_is_refused_by_name(text: str) -> None:
    """The sentence quotes it."""
    with pytest.raises(ValueError, match="is not an IPv4 or IPv6 address"):
        canonical(text)


def test_the_family_follows_from_the_address() -> None:
    """A colon is in every IPv6 address and in no IPv4 address."""
    assert Address(ip="::1", prefix=128, nic="lo").family == socket.AF_INET6
    assert Address(ip="127.0.0.1", prefix=8, nic="lo").family == socket.AF_INET
