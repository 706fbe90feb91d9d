"""How voter changes stand in the log."""

import pytest

from clusterd.raft.voters import (
    Change,
    ChangeKind,
    ConfChange,
    MalformedChange,
    Transition,
)

ADD_4 = Change(kind=ChangeKind.ADD_NODE, node=4)
REMOVE_1 = Change(kind=ChangeKind.REMOVE_NODE, node=1)


def test_format_of_a_change_is_for_ever() -> None:
    """A log written by an old version is read by a new one."""
    change = ConfChange(
        changes=(REMOVE_1, ADD_4), transition=Transition.JOINT_EXPLICIT, context=b"why"
    )

    written = change.to_bytes()

    assert written.hex() == "01020002" + "01" + "0" * 15 + "1" + "00" + "0" * 15 + (
        "4" + b"why".hex()
    )
    assert ConfChange.from_bytes(written) == change


def test_end_of_a_joint_electorate_has_no_bytes() -> None:
    """No limit of size can refuse it."""
    assert ConfChange().to_bytes() == b""
    assert ConfChange.from_bytes(b"") == ConfChange()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x01", id="head cut short"),
        pytest.param(b"\x02\x00\x00\x00", id="format of the future"),
        pytest.param(b"\x01\x07\x00\x00", id="unknown transition"),
        pytest.param(b"\x01\x00\x00\x01\x00", id="change cut short"),
        pytest.param(b"\x01\x00\x00\x01\x09" + bytes(8), id="unknown kind"),
        pytest.param(b"\x01\x00\x00\x02" + bytes(9), id="fewer changes than promised"),
    ],
)
def test_bytes_of_anything_else_are_refused(data: bytes) -> None:
    """Guessing would give nodes different electorates."""
    with pytest.raises(MalformedChange):
        ConfChange.from_bytes(data)


@pytest.mark.parametrize(
    ("change", "enters", "leaves"),
    [
        pytest.param(ConfChange(), False, True, id="empty"),
        pytest.param(ConfChange(changes=(ADD_4,)), False, False, id="one"),
        pytest.param(ConfChange(changes=(ADD_4, REMOVE_1)), True, False, id="two"),
        pytest.param(
            ConfChange(changes=(ADD_4,), transition=Transition.JOINT_IMPLICIT),
            True,
            False,
            id="one, but joint is wanted",
        ),
    ],
)
def test_joint_consensus_is_used_where_it_is_needed_or_wanted(
    change: ConfChange,
    enters: bool,  # noqa: FBT001  # A column of the table.
    leaves: bool,  # noqa: FBT001
) -> None:
    """One voter at a time is safe without it (thesis, section 4.1)."""
    assert change.enters_joint == enters
    assert change.leaves_joint == leaves
