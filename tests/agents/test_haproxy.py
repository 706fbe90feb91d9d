"""The HAProxy agent, with a real HAProxy on loopback."""

import os
import shutil
import signal
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.runner import AGENTS, Resource

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None,
        reason="haproxy is not installed",
    ),
]

CONFIG = """
global
    maxconn 200
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string "{text}"
"""


@pytest.fixture
def port() -> int:
    """Find a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def balancer(tmp_path: Path, port: int) -> Iterator[Resource]:
    """Describe a load balancer, and end it after the test."""
    config = tmp_path / "haproxy.cfg"
    config.write_text(CONFIG.format(port=port, text="one"))
    resource = Resource(
        agent=AGENTS / "HAProxy",
        directory=tmp_path / "run",
        parameters={"config": str(config)},
        instance="lb",
    )
    yield resource
    resource.having(drain_timeout="0s").run("stop")


def write(resource: Resource, text: str) -> None:
    """Replace the configuration."""
    Path(resource.parameters["config"]).write_text(text)


def get(port: int) -> str:
    """Ask for the page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_it_lives_as_ocf_says(balancer: Resource, port: int) -> None:
    """A start that returns serves; start and stop are idempotent."""
    codes = [balancer.run("monitor").code]
    started = balancer.run("start")
    page = get(port)
    pid = balancer.pid()
    actions = ["start", "monitor", "stop", "stop", "monitor"]
    codes += [balancer.run(action).code for action in actions]

    assert started.code == 0
    assert started.let_go
    assert page == "one"
    assert codes == [7, 0, 0, 0, 0, 7]
    assert not Path(f"/proc/{pid}/exe").exists()


def test_it_runs_in_its_own_session_away_from_the_agent(balancer: Resource) -> None:
    """A runner kills the agent's group at a time limit: that must not hit it."""
    balancer.run("start")
    pid = balancer.pid()

    assert os.getsid(pid) == pid
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path("/dev/null")
    assert str(Path(f"/proc/{pid}/fd/1").readlink()) == str(
        balancer.directory / "lb.log"
    )


def test_a_killed_master_is_seen_and_replaced(balancer: Resource, port: int) -> None:
    """Recovery is stop, then start; also start alone must work."""
    balancer.run("start")
    os.kill(balancer.pid(), signal.SIGKILL)

    monitored = balancer.run("monitor", interval=10)
    started = balancer.run("start")

    assert monitored.code in (1, 7)  # 1 while the worker has not noticed yet.
    assert "is gone" in monitored.reason
    assert started.code == 0
    assert get(port) == "one"


def test_stop_after_kill_leaves_nothing(balancer: Resource) -> None:
    """Also the worker that the killed master left."""
    balancer.run("start")
    os.kill(balancer.pid(), signal.SIGKILL)

    stopped = balancer.run("stop")

    assert stopped.code == 0
    assert balancer.run("monitor").code == 7
    assert not (balancer.directory / "lb.pid").exists()


def test_a_recycled_pid_is_not_the_service(balancer: Resource) -> None:
    """The number of a stranger in our file: neither running, nor to be killed."""
    balancer.directory.mkdir()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (balancer.directory / "lb.process").write_text(f"{os.getpid()} 1 {boot}\n")
    (balancer.directory / "lb.pid").write_text(f"{os.getpid()}\n")

    probed = balancer.run("monitor")
    started = balancer.run("start")

    assert probed.code == 7
    assert started.code == 0
    assert balancer.pid() != os.getpid()


def test_a_wrong_configuration_is_refused_with_its_complaint(
    balancer: Resource, port: int
) -> None:
    """Exit code 2: on another node the file may be right."""
    write(balancer, CONFIG.format(port=port, text="one") + "    bogus-keyword\n")

    outcome = balancer.run("start")

    assert outcome.code == 2
    assert "bogus-keyword" in outcome.reason


def test_a_port_in_use_is_in_the_reason(balancer: Resource, port: int) -> None:
    """Start gives up when the process does, not at the time limit."""
    with socket.create_server(("127.0.0.1", port)):
        outcome = balancer.run("start")

    assert outcome.code == 1
    assert f"127.0.0.1:{port}" in outcome.reason
    assert outcome.seconds < 5


def test_reload_takes_the_new_configuration_and_loses_no_request(
    balancer: Resource, port: int
) -> None:
    """The master hands its listening sockets to the new worker."""
    balancer.run("start")
    pages: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            pages.append(get(port))

    client = threading.Thread(target=ask)
    client.start()
    write(balancer, CONFIG.format(port=port, text="two"))
    pid = balancer.pid()
    outcomes = [balancer.run("reload"), balancer.run("reload-agent")]
    over.set()
    client.join()

    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert get(port) == "two"
    assert set(pages) <= {"one", "two"}
    assert balancer.pid() == pid
    assert balancer.run("monitor", level=10).code == 0


def test_reload_of_a_wrong_configuration_keeps_the_old_one_serving(
    balancer: Resource, port: int
) -> None:
    """Only the reload fails."""
    balancer.run("start")
    write(balancer, "frontend broken\n    bind nowhere\n")

    outcome = balancer.run("reload")

    assert outcome.code == 2
    assert balancer.run("monitor").code == 0
    assert get(port) == "one"


def test_a_reload_that_cannot_bind_keeps_the_old_worker(
    balancer: Resource, port: int
) -> None:
    """The check passes, the new worker does not start: that must be told."""
    balancer.run("start")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        more = f"frontend more\n    bind 127.0.0.1:{taken}\n"
        write(balancer, CONFIG.format(port=port, text="two") + more)
        outcome = balancer.run("reload")

    assert outcome.code == 1
    assert "keeps serving" in outcome.reason
    assert str(taken) in outcome.reason
    assert get(port) == "one"
    assert balancer.run("monitor", interval=10).code == 0
    assert balancer.run("monitor", interval=30, level=10).code == 190


def test_a_frozen_worker_is_degraded_first_then_failed(balancer: Resource) -> None:
    """A busy machine misses one answer; a dead service misses all."""
    balancer.run("start")
    pid = balancer.pid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGSTOP)

    codes = [balancer.run("monitor", interval=10, timeout=2).code for _ in range(2)]
    os.kill(int(children[0]), signal.SIGCONT)
    codes.append(balancer.run("monitor", interval=10).code)

    assert codes == [190, 1, 0]


def test_a_stop_with_a_frozen_worker_still_ends_in_time(balancer: Resource) -> None:
    """Polite, then firm, then KILL, all within the limit: no fencing for this."""
    balancer.run("start")
    os.killpg(balancer.pid(), signal.SIGSTOP)

    outcome = balancer.run("stop", timeout=4)

    assert outcome.code == 0
    assert outcome.seconds < 4
    assert balancer.run("monitor").code == 7


def test_a_missing_program_is_not_installed_but_probes_as_stopped(
    balancer: Resource,
) -> None:
    """A probe comes before the installation; no program, no process."""
    codes = [
        balancer.having(binary="/nowhere/haproxy").run(action).code
        for action in ("monitor", "start", "stop")
    ]

    assert codes == [7, 5, 0]


def test_a_missing_configuration_is_wrong_on_this_node(balancer: Resource) -> None:
    """Exit code 2; validation at level 0 does not look at the machine."""
    started = balancer.having(config="/nowhere.cfg").run("start")
    syntax = balancer.having(config="/nowhere.cfg").run("validate-all", level=0)
    machine = balancer.having(config="/nowhere.cfg").run("validate-all", level=10)

    assert (started.code, syntax.code, machine.code) == (2, 0, 2)
    assert "/nowhere.cfg" in started.reason


def test_a_url_that_does_not_answer_counts_at_level_10_only(balancer: Resource) -> None:
    """Levels are separate checks with their own intervals."""
    balancer.run("start")

    url = "http://127.0.0.1:9/"
    plain = balancer.having(check_url=url).run("monitor", interval=10)
    deep = balancer.having(check_url=url).run("monitor", interval=30, level=10)

    assert (plain.code, deep.code) == (0, 190)


def test_the_process_is_reported_to_a_watching_runner(balancer: Resource) -> None:
    """An exit is an event for the runner, long before the next monitor (D7)."""
    watch = balancer.directory.parent / "watch"
    watching = Resource(
        agent=balancer.agent,
        directory=balancer.directory,
        parameters=balancer.parameters,
        instance=balancer.instance,
        extra={"CLUSTERD_WATCH": str(watch)},
    )

    watching.run("start")
    after_start = int(watch.read_text())
    watch.unlink()
    watching.run("monitor")

    assert after_start == balancer.pid()
    assert int(watch.read_text()) == balancer.pid()
