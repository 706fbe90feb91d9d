"""The runner as a process: real agents, good and bad."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clusterd.host.clock import boot_time
from clusterd.host.process import started_at
from clusterd.host.runner_protocol import (
    Collected,
    End,
    Exited,
    Kill,
    List,
    Noticed,
    Trouble,
    Unwatch,
    encode,
)
from tests.process.runner_harness import Daemon, RunnerProcess, a_runner, order

pytestmark = pytest.mark.process

WATCHED = """
test "$1" = stop && exit 0
sleep 300 </dev/null >/dev/null 2>&1 &
echo $! | tee "$CLUSTERD_WATCH"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[RunnerProcess]:
    """Start a runner in a folder of its own."""
    with a_runner(tmp_path) as started:
        yield started


@pytest.fixture
def daemon(runner: RunnerProcess) -> Daemon:
    """Connect to it."""
    return runner.connect()


def gone(pid: int) -> bool:
    """Wait until the process is gone; False if it stays."""
    deadline = time.monotonic() + 5
    while started_at(pid) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_an_agent_finds_the_surroundings_of_the_standard(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """OCF.md section 1: group, stdin, umask, folder, environment, no other files."""
    text = """
    test "$(umask)" = 0026 && test "$PWD" = / || exit 1
    test ! -t 0 && test -z "$HOME" || exit 1
    test "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ || exit 2
    test $# = 1 || exit 3
    test "$(ls /proc/self/fd | tr '\\n' ' ')" = "0 1 2 3 " || exit 4
    echo "$PATH|$LC_ALL|$HA_RSCTMP|$CLUSTERD_RESOURCE|$OCF_RESKEY_x|$CLUSTERD_GUARD"
    echo complaint >&2
    exit 7
    """
    agent = runner.agent("A", text)

    exited = daemon.run(order(agent, environment={"OCF_RESKEY_x": "a b"}))

    assert (exited.status, exited.stderr) == (7, "complaint\n")
    words = exited.stdout.strip().split("|")
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    assert words == [path, "C", str(runner.folder / "scratch"), "vip", "a b", ""]


def test_sigpipe_kills_an_agent_as_anywhere_else(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Python ignores the signal, and what is ignored stays so over exec."""
    agent = runner.agent("A", "kill -PIPE $$; exit 0")

    exited = daemon.run(order(agent))

    assert (exited.status, exited.signal) == (None, signal.SIGPIPE)


def test_a_leased_agent_is_told_of_the_guard(tmp_path: Path) -> None:
    """Only that one: what others bring up does not live by the lease."""
    with a_runner(tmp_path, "--guard", "/run/guard.sock") as runner:
        daemon = runner.connect()
        agent = runner.agent("A", 'echo "<$CLUSTERD_GUARD>"')

        leased = daemon.run(order(agent, run="1", leased=True))
        other = daemon.run(order(agent, run="2"))

    assert leased.stdout == "</run/guard.sock>\n"
    assert other.stdout == "<>\n"


def test_a_hanging_agent_is_killed_with_its_group(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """At once, without SIGTERM; what made a session of its own survives."""
    text = "trap '' TERM; sleep 300 & echo $!; setsid sleep 300 & echo $!; wait"
    agent = runner.agent("A", text)

    exited = daemon.run(order(agent, timeout=0.3))

    member, daemonised = map(int, exited.stdout.split())
    assert exited.timed_out
    assert exited.signal == signal.SIGKILL
    assert exited.duration < 1.0
    assert gone(member)
    assert started_at(daemonised) is not None
    os.kill(daemonised, signal.SIGKILL)


def test_a_run_can_be_killed(runner: RunnerProcess, daemon: Daemon) -> None:
    """A stop does not wait for a monitor; it is not a timeout."""
    agent = runner.agent("A", "sleep 300")
    daemon.say(order(agent))

    daemon.say(Kill(run="r1"))
    exited = daemon.expect(Exited)

    assert (exited.signal, exited.timed_out) == (signal.SIGKILL, False)


def test_a_result_does_not_wait_for_a_daemon_that_keeps_the_pipes(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """A badly daemonised service holds stdout: waiting for its end would hang."""
    text = f"""
    cd {runner.folder}
    (setsid sh -c 'sleep 0.3; echo late; echo $$ > pid; exec sleep 300' &)
    exit 0
    """
    agent = runner.agent("A", text)

    exited = daemon.run(order(agent))

    assert exited.status == 0
    assert exited.duration < 0.3
    os.kill(_wait_for_number(runner.folder / "pid"), signal.SIGKILL)


def test_megabytes_of_output_are_bounded_and_the_end_is_kept(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """The exit reason is the last thing an agent says."""
    text = "head -c 8000000 /dev/zero; head -c 300000 /dev/urandom >&2; echo END >&2"
    agent = runner.agent("A", text)

    exited = daemon.run(order(agent))

    assert exited.status == 0
    assert len(exited.stdout) == 64 << 10
    assert exited.stderr.endswith("END\n")
    assert exited.lost_bytes == 8_300_004 - 2 * (64 << 10)


@pytest.mark.parametrize(
    ("text", "mode", "status", "errno"),
    [
        pytest.param("exit 127", 0o755, 127, None, id="exit 127"),
        pytest.param("exit 0", 0o644, None, 13, id="not executable"),
        pytest.param("#!/nowhere/sh\n", 0o755, None, 2, id="interpreter missing"),
        pytest.param("#!\n", 0o755, None, 8, id="not a program"),
    ],
)
def test_bad_agents_are_told_apart(
    daemon: Daemon,
    runner: RunnerProcess,
    text: str,
    mode: int,
    status: int | None,
    errno: int | None,
) -> None:
    """Nothing of it ends the runner."""
    agent = runner.agent("A", text, mode=mode)

    exited = daemon.run(order(agent))

    assert (exited.status, exited.errno) == (status, errno)


def test_a_missing_agent_is_a_result(daemon: Daemon) -> None:
    """It may vanish between the look for it and the exec."""
    exited = daemon.run(order(Path("/nowhere/agent")))

    assert (exited.status, exited.errno) == (None, 2)


def test_a_run_asked_for_twice_is_run_once(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """While it runs and afterwards; only what was collected is forgotten."""
    agent = runner.agent("A", f"echo x >> {runner.folder}/count; sleep 0.2")

    daemon.say(order(agent))
    first = daemon.run(order(agent))
    again = daemon.run(order(agent))
    count = (runner.folder / "count").read_text()
    daemon.say(Collected(run="r1"))
    daemon.run(order(agent))

    assert first == again
    assert count == "x\n"
    assert (runner.folder / "count").read_text() == "x\nx\n"


def test_a_new_daemon_gets_what_the_old_one_missed(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Results wait until they are collected; runs go on without a daemon."""
    quick, slow = runner.agent("Q", "exit 3"), runner.agent("S", "sleep 0.4; exit 4")
    daemon.run(order(quick, run="quick"))
    daemon.say(order(slow, run="slow"))
    daemon.heard()
    daemon.close()

    second = runner.connect()
    before = second.expect(Exited, run="quick")
    second.say(Collected(run="quick"))
    after = second.expect(Exited, run="slow")
    third = runner.connect()

    assert second.hello.boot == third.hello.boot == daemon.hello.boot
    assert (second.hello.running, second.hello.finished) == (("slow",), ("quick",))
    assert (before.status, after.status) == (3, 4)
    assert third.hello.finished == ("slow",)


def test_fifty_agents_run_in_parallel(runner: RunnerProcess, daemon: Daemon) -> None:
    """Each takes 0.3 s; one after the other would take 15 s."""
    agent = runner.agent("A", "sleep 0.3; echo $CLUSTERD_RESOURCE")
    began = time.monotonic()

    for number in range(50):
        daemon.say(order(agent, run=str(number), instance=f"r{number}"))
    ends = [daemon.expect(Exited, run=str(number)) for number in range(50)]

    assert [each.stdout for each in ends] == [f"r{number}\n" for number in range(50)]
    assert time.monotonic() - began < 8


def test_nothing_leaks(runner: RunnerProcess, daemon: Daemon) -> None:
    """It runs for years: no descriptor, child or record is left."""
    agent = runner.agent("A", "exit 0")
    daemon.run(order(agent, run="first"))
    before = len(list(Path(f"/proc/{runner.pid}/fd").iterdir()))

    for number in range(30):
        daemon.run(order(agent, run=str(number)))
        daemon.say(Collected(run=str(number)))
    daemon.heard()

    assert len(list(Path(f"/proc/{runner.pid}/fd").iterdir())) == before
    children = Path(f"/proc/{runner.pid}/task/{runner.pid}/children").read_text()
    assert children == ""
    assert list((runner.folder / "runner.d" / "runs").iterdir()) == []


def test_a_killed_process_is_noticed_at_once(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """D7: the exit of the process is the event. Measured here: about a millisecond."""
    agent = runner.agent("A", WATCHED)
    pid = int(daemon.run(order(agent, "start", watch=True)).stdout)

    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    noticed = daemon.expect(Noticed)

    assert time.monotonic() - killed < 0.2
    assert noticed == Noticed(instance="vip", what=f"process {pid} exited")


def test_what_is_stopped_on_purpose_is_not_noticed(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """The file is forgotten with it: the pid will belong to somebody else."""
    agent = runner.agent("A", WATCHED)
    pid = int(daemon.run(order(agent, "start", watch=True)).stdout)

    daemon.say(Unwatch(instance="vip"))
    daemon.heard()
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)

    assert daemon.notices() == []
    assert list((runner.folder / "runner.d" / "watch").iterdir()) == []


def test_a_loss_is_told_once_although_the_file_still_names_it(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Each good monitor looks at the file again; a dead pid in it must not loop."""
    text = 'test "$1" = start && { sleep 0 & echo $! > "$CLUSTERD_WATCH"; }; exit 0'
    agent = runner.agent("A", text)

    daemon.run(order(agent, "start", watch=True))
    daemon.expect(Noticed)
    daemon.run(order(agent, "monitor", run="r2", watch=True))

    assert daemon.notices() == []


def test_a_new_runner_watches_what_the_old_one_watched(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Resources outlive their runner."""
    agent = runner.agent("A", WATCHED)
    run = order(agent, "start", watch=True, instance="a/b.c:1")
    pid = int(daemon.run(run).stdout)
    runner.kill()
    runner.start()
    second = runner.connect()

    os.kill(pid, signal.SIGKILL)
    noticed = second.expect(Noticed)

    assert second.hello.watched == ("a/b.c:1",)
    assert noticed.instance == "a/b.c:1"


def test_agents_of_a_dead_runner_are_ended_by_the_next(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Their results are lost; what recovers the resource must not meet them."""
    agent = runner.agent("A", f"echo $$ > {runner.folder}/pid; sleep 300")
    daemon.say(order(agent))
    pid = _wait_for_number(runner.folder / "pid")

    runner.kill()
    survived = started_at(pid) is not None
    runner.start()
    second = runner.connect()

    assert survived
    assert gone(pid)
    assert second.hello.boot != daemon.hello.boot
    assert second.hello.running == ()


def test_processes_of_a_resource_share_a_cgroup(tmp_path: Path) -> None:
    """Then they can be killed exactly, wherever they hide."""
    mount = Path("/sys/fs/cgroup/unified")
    root = (mount if mount.exists() else Path("/sys/fs/cgroup")) / "clusterd-test"
    try:
        root.mkdir(exist_ok=True)
        own = (root / "cgroup.procs").exists()
    except OSError:
        own = False
    if not own:
        pytest.skip("needs a writable cgroup v2 tree")
    with a_runner(tmp_path, "--cgroup", str(root)) as runner:
        daemon = runner.connect()
        agent = runner.agent("A", "grep clusterd-test /proc/self/cgroup")

        exited = daemon.run(order(agent, instance="haproxy:1"))

    assert exited.stdout.rstrip().endswith("/clusterd-test/haproxy_1")
    root.rmdir()  # Only possible because the runner removed the empty cgroup.


def test_a_second_runner_for_the_same_socket_gives_way(runner: RunnerProcess) -> None:
    """Two would run everything twice."""
    command = [sys.executable, "-m", "clusterd.runner"]
    paths = ["--socket", str(runner.socket), "--scratch", str(runner.folder)]

    second = subprocess.run([*command, *paths], check=False, capture_output=True)

    assert second.returncode == 75
    assert b"another runner serves" in second.stderr
    assert runner.connect().hello.boot


def test_a_vanished_address_and_a_lost_link_are_noticed(tmp_path: Path) -> None:
    """D7: the kernel tells at once; nothing is said after an intended end."""
    if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("needs a network namespace of its own")
    text = """
    case "$1" in
      start) ip link add d0 type veth peer name d1
             ip link set d0 up; ip link set d1 up
             ip address add 192.0.2.1/24 dev d0; ip address add 192.0.2.2/24 dev d0;;
      remove) ip address del 192.0.2.2/24 dev d0;;
      down) ip link set d1 down;;
    esac
    """
    with a_runner(tmp_path, prefix=("unshare", "-n")) as runner:
        daemon = runner.connect()
        agent = runner.agent("A", text)
        env = {"OCF_RESKEY_ip": "192.0.2.2/24"}
        watched = order(agent, "start", watch=True, instance="vip", environment=env)
        daemon.run(watched)
        first = order(agent, run="r2", watch=True, instance="first")
        daemon.run(replace(first, environment={"OCF_RESKEY_ip": "192.0.2.1"}))

        daemon.run(order(agent, "remove", run="r3"))
        removed = daemon.expect(Noticed)
        daemon.run(order(agent, "down", run="r4"))
        down = daemon.expect(Noticed)

        assert (removed.instance, down.instance) == ("vip", "first")
        assert removed.what == "address 192.0.2.2 vanished from d0"
        assert down.what == "link d0 went down"
        assert daemon.notices() == []


def test_garbage_is_answered_and_survived(daemon: Daemon) -> None:
    """A wrong line has a sentence as its answer, and the next one is read."""
    for line in (b"\xff\n", b'{"is":"run"}\n', b'{"is":"kill","run":[]}\n'):
        daemon.say_raw(line)
        daemon.expect(Trouble)

    daemon.say(List())
    assert daemon.expect(type(daemon.hello)).boot == daemon.hello.boot


def test_a_line_without_end_is_hung_up_on(
    runner: RunnerProcess, daemon: Daemon
) -> None:
    """Memory is bounded, whoever talks."""
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        daemon.say_raw(b"x" * (8 << 20))

    assert runner.connect().hello.boot == daemon.hello.boot


def test_a_daemon_that_does_not_read_stops_nothing(runner: RunnerProcess) -> None:
    """15 MB wait for it; the next one gets all, as fast as it reads."""
    deaf = socket.socket(socket.AF_UNIX)
    deaf.connect(str(runner.socket))
    ends = runner.folder / "ends"
    ends.mkdir()
    agent = runner.agent("A", f"head -c 64000 /dev/zero; touch {ends}/$$")

    orders = [encode(order(agent, run=str(number))) for number in range(40)]
    deaf.sendall(b"".join(orders))

    _wait_for(lambda: len(list(ends.iterdir())) == 40)
    second = runner.connect()
    assert {each.run for each in (second.expect(Exited) for _ in range(40))} == {
        str(number) for number in range(40)
    }
    deaf.close()


def test_end_waits_for_what_is_running(runner: RunnerProcess, daemon: Daemon) -> None:
    """A node that stops gracefully has stopped its resources before."""
    agent = runner.agent("A", "sleep 0.2; exit 5")
    daemon.say(order(agent))

    daemon.say(End())

    assert daemon.expect(Exited).status == 5
    assert runner.wait() == 0
    assert not runner.socket.exists()


def _wait_for_number(file: Path) -> int:
    _wait_for(lambda: file.exists() and file.read_text().strip() != "")
    return int(file.read_text())


def _wait_for(fact: object) -> None:
    assert callable(fact)
    deadline = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.01)


def test_what_needs_a_lease_is_not_begun_after_its_end(
    runner: RunnerProcess, daemon: Daemon, tmp_path: Path
) -> None:
    """A frozen runner must not bring up what may by now run elsewhere."""
    agent = runner.agent("A", f"touch {tmp_path}/begun")

    late = daemon.run(replace(order(agent), not_after=boot_time()))
    in_time = daemon.run(replace(order(agent), run="2", not_after=boot_time() + 60))

    assert (late.too_late, late.status) == (True, None)
    assert (in_time.too_late, in_time.status) == (False, 0)
