"""The command: exit codes, the story of a failure, and what it refuses."""

import pytest

from clusterd.sim.__main__ import main


def test_seeds_without_a_fault_end_with_a_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit status 0, and how fast it went."""
    status = main(["--seeds", "2", "--jobs", "1"])

    said = capsys.readouterr().out
    assert status == 0
    assert "1 seeds, 0 broken" in said
    assert "seeds/min" in said


def test_a_story_is_told_from_its_start(capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever wants to understand one seed."""
    status = main(["--story", "2"])

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert "seed 2: 3 nodes" in lines[1]
    assert lines[-1].startswith("seed 2: ok")


def test_seeds_that_are_no_range_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a word about what was expected."""
    with pytest.raises(SystemExit) as ended:
        main(["--seeds", "many"])

    assert ended.value.code == 2
    assert "`many` is not FROM:TO" in capsys.readouterr().err
