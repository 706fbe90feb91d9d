"""Whole files: old or new, never half."""

from pathlib import Path

import pytest

from clusterd.host.files import remove_file, write_whole


def test_the_content_and_the_mode_are_what_was_asked_for(tmp_path: Path) -> None:
    """A secret is readable by its owner alone, from the first moment."""
    path = tmp_path / "key"

    write_whole(path, b"secret")

    assert path.read_bytes() == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_former_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The temporary file has become the file."""
    path = tmp_path / "state"
    write_whole(path, b"old and longer", mode=0o644)

    write_whole(path, b"new", mode=0o644)

    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_a_failure_leaves_the_former_state(tmp_path: Path) -> None:
    """Here the target is a folder, so the rename fails at the very end."""
    path = tmp_path / "state"
    path.mkdir()

    with pytest.raises(OSError, match="directory"):
        write_whole(path, b"new")

    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    """Removal is repeatable, as after a crash in the middle."""
    path = tmp_path / "state"
    write_whole(path, b"x")

    remove_file(path)
    remove_file(path)

    assert not path.exists()
