"""Text cases: YAML above the line, what is said about it below.

`CLUSTERD_ACCEPT=1 pytest tests/golden/config` writes what is said now into the
cases; the diff is what to review.
"""

import os
from pathlib import Path

import pytest

from clusterd.config.diagnostic import render_all
from clusterd.config.loader import load
from tests.unit.config.agents import METADATA

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))

LINE = "\n----\n"

NO_FAULTS = "no faults"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    """What a user reads about a file is exactly this."""
    text, _, expected = case.read_text().partition(LINE)

    loaded = load(text, file="cluster.yaml", metadata=METADATA)

    said = render_all(loaded.diagnostics) or NO_FAULTS
    if os.environ.get("CLUSTERD_ACCEPT"):
        case.write_text(f"{text}{LINE}{said}\n")
    assert f"{said}\n" == expected


def test_cases_exist() -> None:
    """An empty folder would pass silently."""
    assert len(CASES) > 15
