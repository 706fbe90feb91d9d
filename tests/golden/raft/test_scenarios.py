"""Replays text scenarios: our own, and those of etcd-io/raft if they are at hand.

    pytest tests/golden/raft --raft-scenarios DIR
    pytest tests/golden/raft --accept    (then review the diff)

Log lines of the foreign scenarios are left aside: they carry no meaning.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.golden.raft import arithmetic
from tests.golden.raft.datadriven import Step, read, rewrite
from tests.golden.raft.interaction import Interaction

OWN = Path(__file__).parent / "scenarios"
_LOG_LINE = re.compile(r"\s*(DEBUG|INFO|WARN|ERROR|FATAL) ")

Runner = Callable[[Step], list[str]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each scenario file."""
    if "scenario" not in metafunc.fixturenames:
        return
    folders = [OWN]
    foreign = metafunc.config.getoption("--raft-scenarios")
    if foreign is not None:
        folders.append(foreign)
    paths = [path for folder in folders for path in sorted(folder.rglob("*.txt"))]
    names = [f"{path.parent.name}/{path.stem}" for path in paths]
    metafunc.parametrize("scenario", paths, ids=names)


def test_group_reacts_as_the_scenario_says(
    scenario: Path, request: pytest.FixtureRequest
) -> None:
    """Every message, save, commit and role is as written down."""
    run, steps = _runner(scenario), read(scenario)

    shown = {step.line: run(step) for step in steps}

    if request.config.getoption("--accept") and OWN in scenario.parents:
        rewrite(scenario, shown)
        return
    for step in steps:
        place = f"{scenario}:{step.line}: {step.command}"
        assert _meaning(shown[step.line]) == _meaning(step.expected), place


def _runner(scenario: Path) -> Runner:
    match scenario.parent.name:
        case "quorum":
            commands = {"committed": arithmetic.committed, "vote": arithmetic.vote}
            return lambda step: commands[step.command](step)
        case "confchange":
            return arithmetic.Changes().run
        case _:
            return Interaction().run


def _meaning(lines: Iterable[str]) -> list[str]:
    kept = [line.rstrip() for line in lines if not _LOG_LINE.match(line)]
    return [] if kept == ["ok"] else [line for line in kept if line]
