"""What the machine adds to an agent's environment."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from clusterd.host.runner_protocol import Run
from clusterd.runner.environment import complete, file_name
from clusterd.runner.settings import Settings

SETTINGS = Settings(socket=Path("/run/c/runner.sock"), guard=Path("/run/c/guard.sock"))


def test_an_order_may_name_another_path_but_not_another_resource() -> None:
    """The guard finds by the mark what it has to kill."""
    order = Run(
        run="1",
        argv=("/a", "start"),
        instance="vip",
        environment={"PATH": "/opt", "CLUSTERD_RESOURCE": "other", "OCF_RESKEY_x": "1"},
    )

    environment = complete(order, SETTINGS)

    assert environment["PATH"] == "/opt"
    assert environment["CLUSTERD_RESOURCE"] == "vip"
    assert environment["OCF_RESKEY_x"] == "1"
    assert "CLUSTERD_GUARD" not in environment
    assert "CLUSTERD_WATCH" not in environment


def test_watched_and_leased_runs_are_told_where() -> None:
    """One file per instance; one guard per node."""
    order = Run(run="1", argv=("/a", "start"), instance="a:1", watch=True, leased=True)

    environment = complete(order, SETTINGS)

    assert environment["CLUSTERD_WATCH"] == "/run/c/runner.d/watch/a:1"
    assert environment["CLUSTERD_GUARD"] == "/run/c/guard.sock"


@pytest.mark.parametrize("instance", ["vip", "haproxy:1", "../x", "a.b", "ü%2E"])
def test_any_instance_has_a_file_name_that_leads_back(instance: str) -> None:
    """A new runner reads from it what it has to watch."""
    name = file_name(instance)

    assert unquote(name) == instance
    assert "/" not in name
    assert "." not in name
