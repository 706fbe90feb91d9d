"""Sizes of entries, by which messages are cut."""

from clusterd.raft.entry import ConfState, Entry


def test_size_counts_tags_varints_and_payload() -> None:
    """As protobuf would write it: three numbers, then length and bytes."""
    assert Entry(term=1, index=1).size_bytes == 6
    assert Entry(term=1, index=300).size_bytes == 7
    assert Entry(term=1, index=1, data=b"x" * 200).size_bytes == 6 + 3 + 200


def test_outgoing_voters_are_members_until_the_joint_electorate_ends() -> None:
    """They still have to acknowledge."""
    state = ConfState(voters=(2, 3), voters_outgoing=(1, 2), learners=(4,))

    assert state.members() == {1, 2, 3, 4}
