"""What a runner says in the environment, and what is assumed when it says nothing."""

from pathlib import Path

import pytest

from clusterd.ocf.call import Call


@pytest.mark.parametrize(
    ("action", "interval", "is_probe"),
    [
        pytest.param("monitor", None, True, id="Pacemaker leaves it unset"),
        pytest.param("monitor", "0", True, id="the shell library sets 0"),
        pytest.param("monitor", "10000", False, id="recurring"),
        pytest.param("start", None, False, id="not a monitor"),
    ],
)
def test_a_probe_is_a_monitor_without_an_interval(
    action: str, interval: str | None, *, is_probe: bool
) -> None:
    """OCF.md section 2: unset and 0 are both possible."""
    environment = {"OCF_RESKEY_CRM_meta_interval": interval} if interval else {}

    assert Call(action, environment).is_probe is is_probe


def test_the_limit_is_in_milliseconds_and_20_s_by_default() -> None:
    """A broken value counts as none."""
    limits = [
        Call("start", {"OCF_RESKEY_CRM_meta_timeout": text}).timeout
        for text in ("1500", "", "x")
    ]

    assert limits == [1.5, 20.0, 20.0]


def test_what_remains_is_never_negative() -> None:
    """It is used as a timeout."""
    call = Call("stop", {"OCF_RESKEY_CRM_meta_timeout": "1000"})

    assert 0.5 < call.remaining() <= 1.0
    assert call.remaining(reserve=5) == 0.0


def test_state_files_lie_in_the_runners_folder(tmp_path: Path) -> None:
    """Which is made if need be; a slash in a name is no way out of it."""
    folder = tmp_path / "run"
    call = Call("start", {"HA_RSCTMP": str(folder), "OCF_RESOURCE_INSTANCE": "../a:1"})

    assert call.file("pid") == f"{folder}/.._a:1.pid"
    assert folder.is_dir()
