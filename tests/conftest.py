"""What all tests share: options and how hard hypothesis tries."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be accepted, and foreign scenarios be replayed."""
    parser.addoption(
        "--accept",
        action="store_true",
        help="write what came out into the golden files; then review the diff",
    )
    parser.addoption(
        "--raft-scenarios",
        type=Path,
        default=None,
        metavar="DIR",
        help="replay the data-driven scenarios of etcd-io/raft found in DIR",
    )
