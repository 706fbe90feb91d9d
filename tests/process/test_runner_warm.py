"""Warm start: an agent on our kit must not be able to tell it from an exec."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusterd.host.runner_protocol import Exited
from tests.process.runner_harness import RunnerProcess, a_runner, order

pytestmark = pytest.mark.process

KIT = "#!/usr/bin/env python3\n# clusterd.ocf\n"
EXEC = f"#!{sys.executable} -E\n"  # An option in the first line: never warm.


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[RunnerProcess]:
    """Start a runner that has the kit imported."""
    with a_runner(tmp_path) as started:
        yield started


def both(runner: RunnerProcess, text: str) -> tuple[Exited, Exited]:
    """Run the same program warm and by exec."""
    daemon = runner.connect()
    ends = []
    for name, first in (("warm", KIT), ("cold", EXEC)):
        folder = runner.folder / name
        folder.mkdir()
        agent = folder / "Agent"
        agent.write_text(first + text)
        agent.chmod(0o755)
        environment = {"OCF_RESKEY_x": "ü"}
        ends.append(daemon.run(order(agent, run=name, environment=environment)))
    return ends[0], ends[1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("raise SystemExit(7)", id="a number"),
        pytest.param("raise SystemExit(-1)", id="a negative number"),
        pytest.param("raise SystemExit(None)", id="nothing"),
        pytest.param("raise SystemExit('no such thing')", id="a sentence"),
        pytest.param("import os; os._exit(3)", id="without farewell"),
        pytest.param("x = 1", id="by its end"),
        pytest.param("import os; os.kill(os.getpid(), 9)", id="a signal"),
        pytest.param("raise KeyboardInterrupt", id="an interrupt"),
        pytest.param("import atexit; atexit.register(print, 'bye')", id="atexit"),
        pytest.param(
            "import threading, time\n"
            "threading.Thread(target=lambda: (time.sleep(0.1), print('t'))).start()",
            id="a thread that is still at work",
        ),
        pytest.param("print('a'); import sys; sys.stderr.write('b')", id="output"),
    ],
)
def test_it_ends_as_an_interpreter_does(runner: RunnerProcess, text: str) -> None:
    """Exit code, signal and output are the same."""
    warm, cold = both(runner, text)

    assert (warm.status, warm.signal) == (cold.status, cold.signal)
    assert warm.stdout == cold.stdout
    assert warm.stderr.splitlines()[-1:] == cold.stderr.splitlines()[-1:]


@pytest.mark.parametrize(
    "question",
    [
        "sys.argv[1:]",
        "os.path.basename(sys.argv[0])",
        "sys.path[0] == os.path.dirname(__file__)",
        "sorted(n for n in os.environ if n != 'LC_CTYPE')",
        "os.environ['OCF_RESKEY_x']",
        "os.getenvb(b'OCF_RESKEY_x')",
        "__name__, __doc__, os.path.basename(__file__)",
        "sys.modules['__main__'].__dict__ is globals()",
        "os.getpgid(0) == os.getpid()",
        "sorted(os.listdir('/proc/self/fd'))",
        "os.umask(0), os.getcwd()",
        "signal.getsignal(signal.SIGPIPE), signal.getsignal(signal.SIGTERM)",
        "signal.getsignal(signal.SIGINT) is signal.default_int_handler",
        "signal.pthread_sigmask(signal.SIG_BLOCK, ())",
        "sys.stdin.read(), sys.stdin.isatty(), sys.stdout.encoding, sys.stdout.errors",
        "sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stderr.errors",
        "gc.isenabled(), threading.active_count(), sys.gettrace()",
        "open('/proc/self/comm').read()",
    ],
)
def test_it_sees_what_an_interpreter_shows(
    runner: RunnerProcess, question: str
) -> None:
    """Arguments, environment, files, signals, streams."""
    text = f"import gc, os, signal, sys, threading\nprint(repr(({question})))\n"

    warm, cold = both(runner, text)

    assert warm.stdout == cold.stdout
    assert warm.stderr == cold.stderr == ""


def test_a_traceback_shows_the_agent_alone(runner: RunnerProcess) -> None:
    """Frames of the runner would point its author to the wrong place."""
    text = "def fail():\n    return 1 / 0\n\nfail()\n"

    warm, cold = both(runner, text)

    mend = str(runner.folder)
    assert warm.status == cold.status == 1
    assert warm.stderr.replace("/warm/", "/cold/").count(mend) == 2
    assert warm.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "clusterd/runner" not in warm.stderr


def test_random_numbers_differ_between_agents(runner: RunnerProcess) -> None:
    """Forks of one process must not share the state of its dice."""
    text = KIT + "import random\nprint(random.random())\n"
    agent = runner.agent("A", text)
    daemon = runner.connect()

    seen = {daemon.run(order(agent, run=str(number))).stdout for number in range(3)}

    assert len(seen) == 3


def test_what_one_agent_changes_the_next_does_not_see(runner: RunnerProcess) -> None:
    """Each is a fork of its own."""
    text = KIT + "import clusterd.ocf as kit\nprint(vars(kit).pop('mark', 0))\n"
    agent = runner.agent("A", text + "kit.mark = 1\n")
    daemon = runner.connect()

    seen = [daemon.run(order(agent, run=str(number))).stdout for number in range(2)]

    assert seen == ["0\n", "0\n"]


def test_warm_is_warm(runner: RunnerProcess) -> None:
    """The kit is there before the agent asks for it, and only then."""
    # In two parts: a program that names the kit as a whole counts as ours.
    question = "import sys\nprint('clusterd' '.ocf.program' in sys.modules)\n"
    ours = runner.agent("A", KIT + question)
    foreign = runner.agent("B", f"#!{sys.executable}\n{question}")
    daemon = runner.connect()

    assert daemon.run(order(ours, run="1")).stdout == "True\n"
    assert daemon.run(order(foreign, run="2")).stdout == "False\n"


def test_without_the_kit_agents_are_executed(tmp_path: Path) -> None:
    """A runner that could not import it runs them with its own interpreter."""
    with a_runner(tmp_path, "--warm", "no.such.kit") as runner:
        question = "import sys\nprint('clusterd.runner.warm' in sys.modules)\n"
        agent = runner.agent("A", f"#!/usr/bin/env python3\n# no.such.kit\n{question}")

        exited = runner.connect().run(order(agent))

    assert (exited.status, exited.stdout) == (0, "False\n")


def test_an_agent_that_may_not_be_executed_is_refused(runner: RunnerProcess) -> None:
    """As exec would."""
    agent = runner.agent("A", KIT, mode=0o644)

    exited = runner.connect().run(order(agent))

    assert exited.errno == 13


def test_a_hanging_warm_agent_is_killed(runner: RunnerProcess) -> None:
    """It has a process group of its own like any other."""
    agent = runner.agent("A", KIT + "import time\nwhile True: time.sleep(9)\n")

    exited = runner.connect().run(order(agent, timeout=0.2))

    assert exited.timed_out
