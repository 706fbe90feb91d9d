"""Counting bad checks in a row."""

from pathlib import Path

from clusterd.ocf.call import Call
from clusterd.ocf.strikes import Strikes


def strikes(directory: Path) -> Strikes:
    """Count as each call of an agent does: from what lies on disk."""
    return Strikes(Call("monitor", {"HA_RSCTMP": str(directory)}))


def test_the_last_allowed_check_fails_and_the_others_are_degraded(
    tmp_path: Path,
) -> None:
    """190 is shown but not recovered."""
    codes = [strikes(tmp_path).bad("late", allowed=3).code for _ in range(4)]

    assert codes == [190, 190, 1, 1]


def test_one_good_check_forgives_the_bad_ones(tmp_path: Path) -> None:
    """Only what fails in a row is dead."""
    strikes(tmp_path).bad("late", allowed=2)
    strikes(tmp_path).clear()

    assert strikes(tmp_path).bad("late", allowed=2).code == 190


def test_a_damaged_count_counts_from_zero(tmp_path: Path) -> None:
    """It must never fail a monitor."""
    (tmp_path / "default.strikes").write_text("x")

    assert strikes(tmp_path).bad("late", allowed=2).code == 190
