"""Whose processes are killed: exactly those that carry the marker."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clusterd.guard.killing import cgroup_of, kill_all

pytestmark = pytest.mark.process


@contextmanager
def _sleeper(instance: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "CLUSTERD_RESOURCE": instance}
    with subprocess.Popen(["sleep", "60"], env=environment) as process:
        yield process
        process.kill()


def test_every_process_of_the_instance_and_no_other_is_killed() -> None:
    """`db` is neither `db2` nor `db:1`."""
    mark = f"db-{os.getpid()}"
    with (
        _sleeper(mark) as one,
        _sleeper(mark) as two,
        _sleeper(f"{mark}2") as longer,
        _sleeper(f"{mark}:1") as sibling,
    ):
        left = kill_all([mark], None)

        assert left == ()
        assert one.wait(1) == two.wait(1) == -9
        assert longer.poll() is None
        assert sibling.poll() is None


def test_an_instance_without_processes_is_done(tmp_path: Path) -> None:
    """Nothing to kill is what was wanted; a missing cgroup is no obstacle."""
    assert kill_all(["nobody-has-this"], tmp_path) == ()


def test_names_of_cgroups_have_no_slash_and_no_colon(tmp_path: Path) -> None:
    """The runner writes them so; both sides must agree."""
    assert cgroup_of("web/api:3", tmp_path) == tmp_path / "web_api_3"
