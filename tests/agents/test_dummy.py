"""The Dummy agent: small enough to show what every agent does."""

from pathlib import Path

import pytest

from tests.agents.runner import AGENTS, Resource

pytestmark = pytest.mark.process


def dummy(directory: Path, **parameters: str) -> Resource:
    """Describe a Dummy."""
    return Resource(agent=AGENTS / "Dummy", directory=directory, parameters=parameters)


def test_it_lives_as_ocf_says(tmp_path: Path) -> None:
    """Stopped, started twice, stopped twice, stopped."""
    resource = dummy(tmp_path)

    actions = ["monitor", "start", "start", "monitor", "stop", "stop", "monitor"]
    codes = [resource.run(action).code for action in actions]

    assert codes == [7, 0, 0, 0, 0, 0, 7]


def test_a_probe_gives_no_reason_for_finding_nothing(tmp_path: Path) -> None:
    """Stopped is the answer, not an alarm; for a recurring monitor it is one."""
    resource = dummy(tmp_path)

    probe, recurring = resource.run("monitor"), resource.run("monitor", interval=10)

    assert (probe.code, recurring.code) == (7, 7)
    assert probe.reason == ""
    assert recurring.reason == "its file is gone"


@pytest.mark.parametrize("action", ["start", "stop", "monitor"])
def test_it_fails_as_told(action: str, tmp_path: Path) -> None:
    """Tests need failures of every kind."""
    resource = dummy(tmp_path)
    resource.run("start")

    told = dummy(tmp_path, **{f"fail_{action}": "5"})
    outcome = told.run(action)

    assert outcome.code == 5
    assert outcome.reason == f"{action} was told to fail"


def test_a_slow_one_is_killed_at_its_limit(tmp_path: Path) -> None:
    """The limit is the runner's; nothing is half done."""
    resource = dummy(tmp_path, delay_start="5s")

    outcome = resource.run("start", timeout=0.5)

    assert outcome.code is None
    assert resource.run("monitor").code == 7


def test_an_unknown_action_is_unimplemented(tmp_path: Path) -> None:
    """Exit code 3 by OCF."""
    outcome = dummy(tmp_path).run("dance")

    assert outcome.code == 3
    assert "dance" in outcome.reason
