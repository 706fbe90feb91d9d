"""The ApiService agent, with a small real service on loopback."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.agents.runner import AGENTS, ROOT, Resource

pytestmark = pytest.mark.process

SERVICE = ROOT / "tests" / "agents" / "small_service.py"


@pytest.fixture
def port() -> int:
    """Find a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[Resource]:
    """Describe a service with a health URL, and end it after the test."""
    resource = Resource(
        agent=AGENTS / "ApiService",
        directory=tmp_path / "run",
        parameters={
            "command": command(port),
            "url": f"http://127.0.0.1:{port}/health",
            "timeout": "1s",
        },
        instance="api",
    )
    yield resource
    resource.run("stop", timeout=5)


def command(port: int, *options: str) -> str:
    """Return the command line of the small service."""
    return " ".join([sys.executable, str(SERVICE), str(port), *options])


def test_it_lives_as_ocf_says(service: Resource) -> None:
    """A start that returns serves; start and stop are idempotent."""
    codes = [service.run("monitor").code]
    started = service.run("start")
    pid = service.pid()
    actions = ["start", "monitor", "stop", "stop", "monitor"]
    codes += [service.run(action).code for action in actions]

    assert started.code == 0
    assert started.let_go
    assert codes == [7, 0, 0, 0, 0, 7]
    assert not Path(f"/proc/{pid}/exe").exists()


def test_start_waits_until_the_service_answers(service: Resource, port: int) -> None:
    """A process that exists is not yet a service."""
    outcome = service.having(command=command(port, "late=0.5")).run("start")

    assert outcome.code == 0
    assert outcome.seconds >= 0.5


def test_start_fails_at_once_with_the_last_words(service: Resource, port: int) -> None:
    """Not at the time limit, and with what the service said."""
    outcome = service.having(command=command(port, "fail=3")).run("start")

    assert outcome.code == 1
    assert "exited with status 3" in outcome.reason
    assert "no such database" in outcome.reason
    assert outcome.seconds < 5


def test_start_gives_up_before_the_limit_and_says_why(
    service: Resource, port: int
) -> None:
    """A killed agent could not tell what it was waiting for."""
    outcome = service.having(command=command(port, "status=503")).run(
        "start", timeout=3
    )

    assert outcome.code == 1
    assert "answers 503" in outcome.reason


def test_a_killed_process_is_reported_at_once(service: Resource) -> None:
    """A missing process is no matter of counting."""
    service.run("start")
    os.kill(service.pid(), signal.SIGKILL)

    monitored = service.having(failures="5").run("monitor", interval=10)
    recovered = [service.run(action).code for action in ("stop", "start", "monitor")]

    assert monitored.code == 7
    assert "is gone" in monitored.reason
    assert recovered == [0, 0, 0]


def test_a_slow_answer_is_degraded_first_then_a_failure(
    service: Resource, port: int, tmp_path: Path
) -> None:
    """And one good answer forgives the bad ones."""
    slow = tmp_path / "slow"
    service.having(command=command(port, f"slow={slow}")).run("start")
    options = {"failures": "2", "timeout": "200ms"}

    codes = []
    for _ in range(2):
        slow.touch()
        codes.append(service.having(**options).run("monitor", interval=10).code)
        slow.unlink()
        codes.append(service.run("monitor", interval=10, timeout=20).code)
    slow.touch()
    codes += [
        service.having(**options).run("monitor", interval=10).code for _ in range(2)
    ]

    assert codes == [190, 0, 190, 0, 190, 1]


@pytest.mark.parametrize(
    ("options", "changes", "code"),
    [
        pytest.param([], {"expect_body": "fine"}, 0, id="text found"),
        pytest.param([], {"expect_body": "bad"}, 1, id="text missing"),
        pytest.param(["status=404"], {"expect_status": "200,404"}, 0, id="listed"),
        pytest.param([], {"expect_status": "201-299"}, 1, id="not in range"),
    ],
)
def test_the_answer_must_be_as_expected(
    options: list[str], changes: dict[str, str], code: int, service: Resource, port: int
) -> None:
    """Status ranges and a text; one bad check is enough with failures=1."""
    started = service.having(command=command(port, *options), url="").run("start")

    assert started.code == 0
    assert _monitor_when_serving(service, port, changes) == code


def _monitor_when_serving(
    service: Resource, port: int, changes: dict[str, str]
) -> int | None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    return service.having(**changes, failures="1").run("monitor", interval=10).code


def test_stop_ends_the_children_too(service: Resource, port: int) -> None:
    """What the main process leaves behind would hold the port at the next start."""
    service.having(command=command(port, "child=yes")).run("start")
    pid = service.pid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    outcome = service.run("stop")

    assert outcome.code == 0
    assert children
    assert not any(Path(f"/proc/{child}/exe").exists() for child in children)


def test_children_of_a_killed_process_are_found_and_ended(
    service: Resource, port: int
) -> None:
    """Monitor tells of them, stop ends them, and no stranger is hit."""
    service.having(command=command(port, "child=yes")).run("start")
    pid = service.pid()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(pid, signal.SIGKILL)

    monitored = service.run("monitor", interval=10)
    stopped = service.run("stop")

    assert monitored.code == 1
    assert children[0] in monitored.reason
    assert stopped.code == 0
    assert not Path(f"/proc/{children[0]}/exe").exists()


def test_a_deaf_process_is_killed_within_the_limit(
    service: Resource, port: int
) -> None:
    """A stop that reaches its limit means fencing."""
    service.having(command=command(port, "deaf=yes")).run("start")

    outcome = service.run("stop", timeout=4)

    assert outcome.code == 0
    assert outcome.seconds < 4
    assert "killing process" in outcome.stderr


def test_stop_honours_its_signal(service: Resource, port: int) -> None:
    """Deaf to TERM, but not to INT."""
    service.having(command=command(port, "deaf=yes")).run("start")

    outcome = service.having(stop_signal="INT").run("stop")

    assert outcome.code == 0
    assert "killing" not in outcome.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes somebody else")
def test_it_runs_as_its_user_with_its_environment_in_its_folder(
    service: Resource, tmp_path: Path
) -> None:
    """No shell, no `su`: a login profile must not be able to hang a start."""
    log = tmp_path / "log"
    started = service.having(
        command="sh -c 'echo $(id -un) $(pwd) $GREETING $HOME; exec sleep 60'",
        url="",
        user="nobody",
        workdir="/usr",
        environment='GREETING="good morning"',
        log_file=str(log),
    ).run("start")

    assert started.code == 0
    assert log.read_text() == "nobody /usr good morning\n"


def test_the_runners_mark_is_passed_on(service: Resource) -> None:
    """By it the guard finds what must end when the lease does."""
    marked = replace(service, extra={"CLUSTERD_RESOURCE": "api:3"})

    marked.run("start")

    words = Path(f"/proc/{service.pid()}/environ").read_text().split("\0")
    assert "CLUSTERD_RESOURCE=api:3" in words
    assert "HA_RSCTMP" not in " ".join(words)
    assert marked.run("stop").code == 0


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        pytest.param({"command": ""}, 6, "`command` is required", id="no command"),
        pytest.param({"command": "sh -c 'x"}, 6, "No closing", id="open quote"),
        pytest.param({"url": "ftp://x/"}, 6, "http://", id="scheme"),
        pytest.param({"expect_status": "2xx"}, 6, "statuses", id="status"),
        pytest.param({"stop_signal": "TREM"}, 6, "TREM", id="signal"),
        pytest.param({"environment": "A"}, 6, "`A` has no value", id="environment"),
        pytest.param({"timeout": "soon"}, 6, "3s, 250ms", id="time"),
        pytest.param({"comand": "x"}, 6, "did you mean `command`", id="misspelt"),
        pytest.param({"command": "/nowhere"}, 5, "/nowhere", id="no program"),
        pytest.param({"workdir": "/nowhere"}, 2, "/nowhere", id="no directory"),
        pytest.param({"user": "nobody-here"}, 2, "nobody-here", id="no user"),
    ],
)
def test_wrong_parameters_are_named(
    changes: dict[str, str], code: int, says: str, service: Resource
) -> None:
    """6 is wrong everywhere, 5 and 2 are wrong here."""
    outcomes = [service.having(**changes).run("start")]
    outcomes.append(service.having(**changes).run("validate-all", level=10))

    assert [outcome.code for outcome in outcomes] == [code, code]
    assert all(says in outcome.reason for outcome in outcomes)


def test_a_typo_in_an_option_does_not_keep_it_from_stopping(service: Resource) -> None:
    """What runs must be stoppable; the default takes the place of the typo."""
    service.run("start")

    outcome = service.having(stop_timeout="thirty").run("stop")

    assert outcome.code == 0
    assert service.run("monitor").code == 7


def test_stale_files_of_another_boot_mean_stopped(service: Resource) -> None:
    """A pid of before the reboot says nothing about now."""
    service.directory.mkdir()
    (service.directory / "api.process").write_text(f"{os.getpid()} 1 other-boot\n")
    (service.directory / "api.pid").write_text(f"{os.getpid()}\n")

    codes = [service.run(action).code for action in ("monitor", "stop", "monitor")]

    assert codes == [7, 0, 7]
