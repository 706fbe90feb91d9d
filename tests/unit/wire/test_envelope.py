"""Versions before the bytes: what neighbours of two versions read."""

from dataclasses import dataclass

import pytest

from clusterd.wire.envelope import Envelope, Version
from clusterd.wire.faults import DecodeFault, ForeignVersion


@dataclass(frozen=True, slots=True)
class Old:
    """What this version knows."""

    a: int


@dataclass(frozen=True, slots=True)
class New:
    """What the next minor version knows."""

    a: int
    b: int = 0


def envelope(kind: type, minor: int = 0, *, tolerant: bool = False) -> Envelope[object]:
    """Make the envelope of version 1.`minor`."""
    version = Version(1, minor)
    return Envelope(kind, subject="a thing", version=version, tolerant=tolerant)


def test_the_version_stands_before_the_bytes() -> None:
    """Readable in a database shell."""
    assert envelope(Old, 3).pack(Old(1)) == b'1.3 {"a":1}'


def test_the_next_version_reads_the_old_one() -> None:
    """New fields have defaults."""
    packed = envelope(Old).pack(Old(1))

    assert envelope(New, 1).unpack(packed) == New(1, 0)


def test_a_new_field_that_is_not_used_yet_does_not_show() -> None:
    """So neighbours N and N-1 run together until the upgrade is finalized."""
    packed = envelope(New, 1).pack(New(1))

    assert envelope(Old).unpack(packed) == Old(1)


def test_a_new_field_is_a_foreign_version_for_the_log() -> None:
    """Replicas that skip different things no longer agree."""
    packed = envelope(New, 1).pack(New(1, 2))

    with pytest.raises(ForeignVersion, match=r"a thing has format 1\.1"):
        envelope(Old).unpack(packed)


def test_a_new_field_is_skipped_where_that_is_harmless() -> None:
    """An older client shows what it understands."""
    packed = envelope(New, 1).pack(New(1, 2))

    assert envelope(Old, tolerant=True).unpack(packed) == Old(1)


def test_an_unknown_field_of_the_same_version_is_a_fault() -> None:
    """Nobody may have written it: the bytes are wrong, not new."""
    with pytest.raises(DecodeFault, match="no field `b`"):
        envelope(Old, tolerant=True).unpack(b'1.0 {"a":1,"b":2}')


def test_another_major_version_says_what_to_do() -> None:
    """Not an obscure fault about fields."""
    with pytest.raises(ForeignVersion) as caught:
        envelope(Old).unpack(b'2.0 {"a":1}')

    assert str(caught.value) == (
        "a thing has format 2.0, this version reads 1.0 to 1.0; "
        "hint: run the newer of the two versions here"
    )


@pytest.mark.parametrize("data", [b"", b'{"a":1}', b"1.0", b'1.0{"a":1}', b"x" * 99])
def test_bytes_without_version_are_refused(data: bytes) -> None:
    """What does not say its version was not written by us."""
    with pytest.raises(DecodeFault, match="does not begin with its version"):
        envelope(Old).unpack(data)
