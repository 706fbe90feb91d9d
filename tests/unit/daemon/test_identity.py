"""The small file that makes a machine a member."""

import json
from pathlib import Path

import pytest

from clusterd.daemon.identity import (
    BrokenIdentity,
    NodeIdentity,
    load_identity,
    save_identity,
)
from clusterd.model.names import NodeName

IDENTITY = NodeIdentity(
    cluster="demo",
    name=NodeName("n2"),
    raft_id=2,
    address="[2001:db8::2]:7447",
    timing="fast",
    seeds=((1, NodeName("n1"), "192.0.2.1:7447"),),
)


def test_what_was_saved_is_read_back(tmp_path: Path) -> None:
    """Seeds included: they are needed before the log says anything."""
    file = tmp_path / "node.json"

    save_identity(file, IDENTITY)

    assert load_identity(file) == IDENTITY


def test_without_the_file_the_machine_is_no_member(tmp_path: Path) -> None:
    """A fresh machine waits for `init` or `join`; that is no fault."""
    assert load_identity(tmp_path / "node.json") is None


def test_others_cannot_read_it(tmp_path: Path) -> None:
    """It names every member and address."""
    file = tmp_path / "node.json"

    save_identity(file, IDENTITY)

    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"format": 2}, "format 2 instead of 1", id="a newer format"),
        pytest.param({"timing": "warp"}, "no timing profile warp", id="timing"),
        pytest.param({"raft_id": "two"}, "two", id="a number that is none"),
        pytest.param({"seeds": {"1": "n1"}}, "seeds is not a list", id="seeds"),
        pytest.param({"seeds": [[1, "n1"]]}, "unpack", id="a seed without address"),
        pytest.param({"name": None}, "name", id="no name"),
    ],
)
def test_a_broken_file_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    """Guessing would make it another node: two nodes with one vote."""
    file = tmp_path / "node.json"
    save_identity(file, IDENTITY)
    content = {**json.loads(file.read_text()), **change}
    if content["name"] is None:
        del content["name"]
    file.write_text(json.dumps(content))

    with pytest.raises(BrokenIdentity, match=complaint) as caught:
        load_identity(file)

    assert str(file) in str(caught.value)
    assert "restore it from a backup" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"n1"', b"null", b"\xff\x00"])
def test_a_torn_or_foreign_file_is_broken_and_not_absent(
    tmp_path: Path, content: bytes
) -> None:
    """Taken as absent, the machine would found or join again over its old log."""
    file = tmp_path / "node.json"
    file.write_bytes(content)

    with pytest.raises(BrokenIdentity):
        load_identity(file)
