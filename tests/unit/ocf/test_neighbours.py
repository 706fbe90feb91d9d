"""Who claims an address in an ARP packet."""

import struct

import pytest

from clusterd.ocf.neighbours import holder_in, show_mac

MAC = bytes.fromhex("02005e100001")
VIP, OTHER, NOBODY = b"\xc0\x00\x02\x0a", b"\xc0\x00\x02\x02", b"\0\0\0\0"


def arp(
    *, sender: bytes, target: bytes, operation: int = 2, hardware: int = 1
) -> bytes:
    """Build a packet as RFC 826 has it."""
    head = struct.pack("!HHBBH", hardware, 0x0800, 6, 4, operation)
    return head + MAC + sender + b"\0" * 6 + target + b"\0" * 18


@pytest.mark.parametrize(
    ("packet", "holder"),
    [
        pytest.param(arp(sender=VIP, target=OTHER), MAC, id="a reply"),
        pytest.param(
            arp(sender=VIP, target=OTHER, operation=1), MAC, id="its question"
        ),
        pytest.param(arp(sender=VIP, target=VIP), MAC, id="gratuitous"),
        pytest.param(arp(sender=OTHER, target=VIP), None, id="somebody asks for it"),
        pytest.param(arp(sender=NOBODY, target=VIP), None, id="a probe, RFC 5227"),
        pytest.param(arp(sender=VIP, target=VIP, hardware=32), None, id="InfiniBand"),
        pytest.param(b"\0" * 10, None, id="too short"),
    ],
)
def test_only_the_sender_address_is_a_claim(
    packet: bytes, holder: bytes | None
) -> None:
    """RFC 5227, 2.1.1."""
    assert holder_in(packet, VIP) == holder


def test_a_mac_is_shown_as_everybody_does() -> None:
    """Users search their switches for it."""
    assert show_mac(MAC) == "02:00:5e:10:00:01"
