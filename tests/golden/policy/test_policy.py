"""Stories in, plans out: every case in `cases/` must come out as it stands there."""

from pathlib import Path

import pytest

from tests.golden.policy.report import expected_of

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_the_story_ends_as_it_is_told(path: Path) -> None:
    """Plan, summary and reasons are byte-equal to the case."""
    text = path.read_text()

    assert expected_of(text) == text


def test_there_are_cases() -> None:
    """An empty folder would prove nothing."""
    assert len(CASES) > 20
