"""What can be said of processes without an agent."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from clusterd.host.process import (
    Child,
    cgroup_name,
    is_python_on,
    kill_group,
    read_fault,
    reap,
    spawn,
    started_at,
)


@pytest.mark.parametrize(
    ("program", "is_ours"),
    [
        (b"#!/usr/bin/env python3\nimport clusterd.ocf\n", True),
        (b"#!/usr/bin/python3\nfrom clusterd.ocf.agent import Agent\n", True),
        (b"#! /usr/bin/python3 \nimport clusterd.ocf\n", True),
        (b"#!/usr/bin/python3 -I\nimport clusterd.ocf\n", False),
        (b"#!/usr/bin/python3\nimport os\n", False),
        (b"#!/bin/sh\n# clusterd.ocf\n", False),
        (b"import clusterd.ocf\n", False),
        (b"#!\nclusterd.ocf", False),
        (b"", False),
    ],
)
def test_only_plain_python_on_the_kit_is_ours(program: bytes, *, is_ours: bool) -> None:
    """Options of the interpreter are its author's wish: then it is executed."""
    assert is_python_on("clusterd.ocf", program) is is_ours


def test_the_cgroup_of_an_instance_is_one_folder() -> None:
    """The guard derives the same name."""
    assert cgroup_name("a/b:1") == "a_b_1"


def test_a_process_is_named_by_pid_and_start() -> None:
    """Nobody has a pid that cannot exist."""
    assert started_at(os.getpid()) == started_at(os.getpid())
    assert started_at(1 << 22) is None


def finish(argv: Sequence[str]) -> tuple[int | None, int | None, int | None]:
    """Run something to its end; return status, signal and errno."""
    child = spawn(argv, {})
    ending = reap(child)
    fault = read_fault(child)
    for each in (child.pidfd, child.stdout, child.stderr, child.fault):
        os.close(each)
    return ending.status, ending.signal, fault.errno if fault else None


def test_an_exec_that_fails_is_told_apart_from_an_agent_that_fails() -> None:
    """Both end with 127, which shells use as well."""
    assert finish(["/bin/sh", "-c", "exit 127"]) == (127, None, None)
    assert finish(["/nowhere/sh"]) == (127, None, 2)


def test_a_group_can_be_killed_at_once_after_its_start() -> None:
    """Whoever of parent and child is first makes the group."""
    child = spawn(["/bin/sleep", "60"], {})

    kill_group(child)

    assert reap(child).signal == 9
    for each in (child.pidfd, child.stdout, child.stderr, child.fault):
        os.close(each)


@pytest.mark.parametrize("left", range(8))
def test_without_descriptors_nothing_is_left_behind(left: int) -> None:
    """Six are for the pipes and one for the process; each may be the one too many."""
    program = Path(__file__).with_name("starved.py")

    done = subprocess.run(
        [sys.executable, str(program), str(left)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def close(child: Child) -> None:
    """Wait for its end and close what belongs to it."""
    reap(child)
    for each in (child.pidfd, child.stdout, child.stderr, child.fault):
        os.close(each)
