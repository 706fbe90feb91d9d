"""A process is recognised by pid, start and boot; a number alone proves nothing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusterd.ocf.call import Call
from clusterd.ocf.process import (
    Process,
    boot_id,
    forget,
    identify,
    recall,
    relatives,
    remember,
    started_at,
)

pytestmark = pytest.mark.process


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Make a call with its own state directory."""
    return Call("monitor", {"HA_RSCTMP": str(tmp_path), "OCF_RESOURCE_INSTANCE": "x"})


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process whose name tries to break the parsing of /proc."""
    program = tmp_path / "a) Z 1 ("
    shutil.copy("/bin/sleep", program)
    child = subprocess.Popen(
        [program, "60"], start_new_session=True, env={"CLUSTERD_RESOURCE": "x"}
    )
    yield child
    child.kill()
    child.wait()


def test_who_was_written_down_is_recognised(
    call: Call, sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """And the plain pid lies there for everybody."""
    process = identify(sleeper.pid)
    assert process is not None

    remember(call, process)
    again = recall(call)

    assert again is not None
    assert again.is_alive
    assert (tmp_path / "x.pid").read_text() == f"{sleeper.pid}\n"


def test_a_dead_process_is_dead_even_as_a_zombie(
    sleeper: subprocess.Popen[bytes],
) -> None:
    """It waits for its parent, and that is not us."""
    process = identify(sleeper.pid)
    assert process is not None

    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)

    assert not process.is_alive


@pytest.mark.parametrize(("ticks", "boot"), [(1, ""), (0, "another")])
def test_the_same_pid_with_another_start_or_boot_is_a_stranger(
    ticks: int, boot: str
) -> None:
    """The kernel hands out numbers again."""
    mine = started_at(os.getpid())
    assert mine is not None

    stranger = Process(os.getpid(), mine + ticks, boot or boot_id())

    assert not stranger.is_alive


@pytest.mark.parametrize("text", ["", "12", "a b c", "1 2 3 4", "-1 2 x"])
def test_a_damaged_record_is_no_record(text: str, call: Call, tmp_path: Path) -> None:
    """A full disk may leave half a line."""
    (tmp_path / "x.process").write_text(text)

    assert recall(call) is None


def test_forgetting_twice_is_fine(call: Call) -> None:
    """A stop may run twice."""
    forget(call)
    forget(call)

    assert recall(call) is None


def test_without_its_leader_a_session_is_ours_only_with_our_mark(
    call: Call, sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """The leader's number may have become somebody else's."""
    gone = Process(sleeper.pid, 1, boot_id())
    other = Call("stop", {"HA_RSCTMP": str(tmp_path), "OCF_RESOURCE_INSTANCE": "y"})

    assert [each.pid for each in relatives(call, gone)] == [sleeper.pid]
    assert relatives(other, gone) == []
