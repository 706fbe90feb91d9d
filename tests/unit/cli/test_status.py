"""Narrowing the status document to names."""

import pytest

from clusterd.api.client import AnswerFault
from clusterd.cli.commands.status import narrowed
from clusterd.state.documents import StatusDocument
from clusterd.state.views import status_document
from tests.fakes.door import FakeDoor


def _document() -> StatusDocument:
    door = FakeDoor.with_nodes("n1", "n2", "n3")
    door.lose("n3")
    return status_document(door.state(), door.live(), door.now_wall())


def test_a_name_keeps_the_thing_and_its_problems() -> None:
    """`status n3` is about n3 only."""
    document = narrowed(_document(), ["n3"])

    assert [each["name"] for each in document["nodes"]] == ["n3"]
    assert document["resources"] == []
    assert [each["what"] for each in document["problems"]] == ["node n3"]


def test_patterns_and_copies_can_be_named() -> None:
    """`status 'haproxy:*'` looks inside clones."""
    document = narrowed(_document(), ["haproxy:*"])

    assert {each["name"] for each in document["resources"]} == {
        "haproxy:0",
        "haproxy:1",
        "haproxy:2",
    }


def test_an_unknown_name_is_refused_with_a_near_one() -> None:
    """A typo must not look like an empty cluster."""
    with pytest.raises(AnswerFault, match=r"Did you mean vip\?"):
        narrowed(_document(), ["vpi"])
