"""Commands and snapshots of the log as bytes."""

import pytest

from clusterd.model.membership import Member
from clusterd.model.names import NodeName
from clusterd.state.command import Evict, Proposal
from clusterd.state.replicated import Replicated
from clusterd.wire.command import (
    command_from_bytes,
    command_to_bytes,
    state_from_bytes,
    state_to_bytes,
)
from clusterd.wire.faults import DecodeFault


def test_a_command_has_this_form_on_disk() -> None:
    """Changing these bytes changes the format: then the version must grow."""
    evict = Evict(node=NodeName("node1"), session=3, reason="silent", wall=1.5)

    data = command_to_bytes(Proposal(request="r1", command=evict))

    assert data == (
        b'1.0 {"command":{"@":"Evict","node":"node1","reason":"silent","session":3,'
        b'"wall":1.5},"request":"r1"}'
    )
    assert command_from_bytes(data).command == evict


def test_a_state_survives() -> None:
    """A snapshot is the state, whole."""
    member = Member(name=NodeName("node1"), raft_id=1, address="10.0.0.1:7600")
    state = Replicated(index=7, cluster="c", members=(member,), next_raft_id=2)

    assert state_from_bytes(state_to_bytes(state)) == state


def test_an_unknown_command_is_refused() -> None:
    """Skipping it would make this replica differ from the others."""
    with pytest.raises(DecodeFault, match="'Explode', expected one of AddMember"):
        command_from_bytes(b'1.0 {"command":{"@":"Explode"},"request":"r"}')
