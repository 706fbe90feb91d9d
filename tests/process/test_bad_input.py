"""Bad input and bad luck as a user meets them: the words, the exit codes, the cure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.lone_daemon import LoneDaemon, machines

pytestmark = pytest.mark.process

GOOD = """\
cluster: {name: demo}
resources:
  good: {agent: "clusterd:Dummy"}
"""
METADATA = """\
if [ "$1" = meta-data ]; then
    cat <<END
<?xml version="1.0"?>
<resource-agent name="Test" version="1"><version>1.1</version>
<longdesc>A test.</longdesc><shortdesc>A test.</shortdesc><parameters/>
<actions><action name="start" timeout="5s"/><action name="stop" timeout="5s"/>
<action name="monitor" timeout="5s" interval="10s"/></actions></resource-agent>
END
    exit 0
fi
"""
TAME = METADATA + '[ "$1" = monitor ] && exit 7\n[ "$1" = stop ] && exit 0\n'
"""An agent that describes itself, is never found running, and stops; start follows."""


@pytest.fixture(scope="module")
def node() -> Iterator[LoneDaemon]:
    """Run a cluster of one that keeps one resource alive through everything."""
    with machines("n1") as (lone,):
        lone.found()
        assert lone.apply(GOOD).returncode == 0
        lone.wait("good", lambda: lone.resource("good")["state"] == "started")
        yield lone


def _with(agent: str, more: str = "") -> str:
    return f'{GOOD}  bad: {{agent: "test:{agent}"{more}}}\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            b"resources: [a, b", "a bracket or brace is not closed", id="no YAML"
        ),
        pytest.param(b"resources: {\x00}", "", id="a zero byte"),
        pytest.param(b"cluster: {name: \xff\xfe}", "UTF-8", id="no UTF-8"),
        pytest.param(b"", "the file holds no configuration", id="empty"),
        pytest.param(b"- 1\n- 2\n", "", id="a list"),
        pytest.param(b"resources: {a: &x [*x]}", "", id="a loop"),
        pytest.param(
            b"resources:\n  vip: {agent: 'clusterd:VIP', agnet: x}\n",
            "did you mean `agent`",
            id="a typo",
        ),
    ],
)
def test_a_wrong_file_changes_nothing_and_names_its_place(
    node: LoneDaemon, tmp_path: Path, content: bytes, words: str
) -> None:
    """Exit 64, file and line; the configuration in force stays in force."""
    file = tmp_path / "wrong.yaml"
    file.write_bytes(content)
    before = node.status()["config"]

    done = node.ctl("config", "apply", str(file), "--yes", "--no-wait")

    assert done.returncode == 64, done
    assert "wrong.yaml:" in done.stderr
    assert words in done.stderr
    assert "nothing was changed" in done.stderr
    assert node.status()["config"] == before


def test_every_fault_of_a_file_is_told_at_once(node: LoneDaemon) -> None:
    """Nobody wants to learn of the second one after mending the first."""
    text = """\
resources:
  a: {agent: "clusterd:Dumy"}
  b: {agent: "clusterd:Dummy", params: {stat: x}}
  c: {agent: "clusterd:VIP", params: {prefix: 24}}
"""

    done = node.apply(text)

    assert done.returncode == 64
    for words in ("did you mean `ocf:clusterd:Dummy`", "did you mean `state`", "`ip`"):
        assert words in done.stderr
    assert "nothing was changed" in done.stderr


def test_a_file_that_is_not_there_is_a_plain_sentence(node: LoneDaemon) -> None:
    """No traceback, whatever the user types."""
    done = node.ctl("config", "apply", "/nowhere/cluster.yaml", "--yes")

    assert done.returncode == 64
    assert "/nowhere/cluster.yaml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        pytest.param("exit 0", 0o644, "is it executable? try chmod +x", id="no x bit"),
        pytest.param("sleep 1000", 0o755, "did not answer `meta-data`", id="hangs"),
        pytest.param("exit 127", 0o755, "exit status 127", id="exits 127"),
        pytest.param(
            "head -c 8000000 /dev/zero", 0o755, "makes no sense", id="megabytes"
        ),
        pytest.param("echo '<a>'", 0o755, "makes no sense", id="no XML"),
        pytest.param("kill -9 $$", 0o755, "interrupted by SIGKILL", id="killed"),
    ],
)
def test_an_agent_that_cannot_describe_itself_is_refused_with_the_reason(
    node: LoneDaemon, text: str, mode: int, words: str
) -> None:
    """Before anything is committed, and within the time the user waits."""
    file = node.agent("Silent", text, mode=mode)

    done = node.apply(_with("Silent"))

    assert done.returncode == 64, done
    assert "the agent `ocf:test:Silent` cannot be used: " in done.stderr
    assert words in done.stderr
    assert str(file) in done.stderr
    assert "cluster.yaml:4:" in done.stderr


def test_an_agent_that_hangs_at_meta_data_holds_up_no_other(node: LoneDaemon) -> None:
    """The file is refused for the one agent that cannot be asked, not for all."""
    for number in range(9):
        node.agent(f"Asleep{number}", "sleep 1000")
    node.agent("Fine", TAME + "exit 0")
    lines = "".join(f'  bad{n}: {{agent: "test:Asleep{n}"}}\n' for n in range(9))

    done = node.apply(f'{GOOD}  fine: {{agent: "test:Fine"}}\n{lines}')

    assert done.returncode == 64, done
    assert done.stderr.count("did not answer `meta-data`") == 9
    assert "test:Fine` cannot" not in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("sleep 1000", "did not complete within 1s", id="hangs"),
        pytest.param("exit 127", "a command in the agent was not found", id="127"),
        pytest.param(
            "head -c 8000000 /dev/urandom; head -c 8000000 /dev/urandom >&2\n"
            "printf '\\nthe disk is on fire\\n' >&2; exit 1",
            "the disk is on fire",
            id="megabytes",
        ),
        pytest.param("kill -9 $$", "interrupted by SIGKILL", id="killed"),
        pytest.param("exit 77", "exit status 77", id="no such code"),
    ],
)
def test_a_start_that_fails_is_told_with_its_reason(
    node: LoneDaemon, text: str, words: str
) -> None:
    """In `status`, by name, with what to type; the other resource goes on."""
    node.agent("Bad", TAME + text)
    good = node.resource("good")

    applied = node.apply(_with("Bad", ", operations: {start: {timeout: 1s}}"))
    node.wait("the failure", lambda: words in node.ctl("status").stdout)
    status = node.must("status")

    assert applied.returncode == 0, applied
    assert "bad stopped: start failed on n1" in status.stdout
    assert "clusterctl cleanup bad" in status.stdout
    assert "\x1b" not in status.stdout
    assert "failed: start of bad failed on n1" in node.log
    assert node.resource("good") == good
    assert node.apply(GOOD).returncode == 0
    node.wait("its end", lambda: "bad" not in node.ctl("status").stdout)


def test_an_agent_mended_and_cleaned_up_runs(node: LoneDaemon) -> None:
    """The cure the status names is the cure."""
    state = node.folder / "state"
    program = METADATA + (
        f'case "$1" in start) touch {state};; stop) rm -f {state};; '
        f"monitor) [ -e {state} ] || exit 7;; esac"
    )
    file = node.agent("Frail", program)
    often = ", operations: {monitor: {interval: 1s}}"
    assert node.apply(_with("Frail", often)).returncode == 0
    node.wait("a start", lambda: node.resource("bad")["state"] == "started")

    file.chmod(0o644)
    node.must("cleanup", "bad")
    node.wait("a failure", lambda: "try chmod +x" in node.ctl("status").stdout)
    assert state.exists(), "what cannot be stopped is left alone, not forgotten"
    file.chmod(0o755)
    node.must("cleanup", "bad")

    node.wait("a start", lambda: node.resource("bad")["state"] == "started")
    assert node.apply(GOOD).returncode == 0
    node.wait("its end", lambda: not state.exists())
