"""`clusterctl` as users start it: a real process, a real socket, a fake cluster."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.door import CONFIGURATION, FakeDoor
from tests.fakes.door_server import DoorServer

pytestmark = pytest.mark.process

SECONDS = 20.0
"""More than enough on a busy machine; a hang fails the test."""
_START = (
    "import sys; from clusterd.cli.main import main; sys.argv[0] = 'clusterctl'; main()"
)


def _command(*args: str) -> list[str]:
    return [sys.executable, "-c", _START, *args]


def _environment(path: Path | str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "CLUSTERD_SOCKET": str(path),
        "USER": "alice",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def _run(
    path: Path | str, *args: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*args),
        env=_environment(path),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DoorServer]:
    """Serve a settled cluster of three nodes behind a socket."""
    door = FakeDoor.with_nodes("n1", "n2", "n3")
    with DoorServer(door, str(tmp_path / "api.sock")).serving() as serving:
        yield serving
    assert serving.faults == []


def test_status_answers_first_whether_all_is_well(server: DoorServer) -> None:
    """The first line is the verdict; exit 0; nothing is said on stderr."""
    done = _run(server.path, "status")

    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("prod  OK   quorum 3/3")
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_json_is_the_document_and_nothing_else(server: DoorServer) -> None:
    """Every table has a JSON twin with stable keys."""
    done = _run(server.path, "status", "-o", "json")

    document = json.loads(done.stdout)
    assert document["apiVersion"] == "clusterd/v1"
    assert [each["name"] for each in document["nodes"]] == ["n1", "n2", "n3"]
    assert done.stderr == ""


def test_the_format_may_stand_before_the_verb(server: DoorServer) -> None:
    """Shared options mean the same on both sides of the verb."""
    done = _run(server.path, "-o", "json", "status")

    assert json.loads(done.stdout)["kind"] == "Status"


def test_a_closed_pipe_is_no_error(server: DoorServer) -> None:
    """`clusterctl ... | head -0` must not print a stack trace."""
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            _command("status"),
            env=_environment(server.path),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    assert done.returncode == 0
    assert done.stderr == ""


def test_no_daemon_is_exit_8_and_names_the_socket(tmp_path: Path) -> None:
    """CLI.md 6.7: E-UNREACHABLE."""
    path = tmp_path / "nobody.sock"

    done = _run(path, "status")

    assert done.returncode == 8
    assert f"Error [E-UNREACHABLE]: no daemon on {path}" in done.stderr
    assert done.stdout == ""


def test_a_fault_is_data_too_when_data_was_asked_for(tmp_path: Path) -> None:
    """Programs read the code, not the sentence."""
    done = _run(tmp_path / "nobody.sock", "status", "-o", "json")

    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["exit"]) == ("E-UNREACHABLE", 8)


def test_a_silent_daemon_is_given_up_within_its_time(tmp_path: Path) -> None:
    """A daemon that is stopped (SIGSTOP) must not hang its users."""
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        begun = time.monotonic()

        done = _run(path, "--timeout", "200ms", "status")

    assert done.returncode == 8
    assert "did not answer" in done.stderr
    assert time.monotonic() - begun < 5.0


def test_status_answers_while_the_planner_hangs(server: DoorServer) -> None:
    """Reading needs nobody else: not the planner, not a leader, not a majority."""
    server.on_loop(lambda: setattr(server.door, "is_planning", False))
    server.on_loop(lambda: setattr(server.door, "has_quorum", False))

    status = _run(server.path, "status")
    explained = _run(server.path, "explain", "vip")

    assert status.returncode == 0
    assert status.stdout.startswith("prod  FAILED   NO QUORUM 1/3")
    assert explained.returncode == 124
    assert "[E-TIMEOUT]: nothing was planned within 1 s" in explained.stderr


def test_an_unknown_name_suggests_a_near_one(server: DoorServer) -> None:
    """CLI.md 6.7: E-UNKNOWN-RES, exit 5."""
    done = _run(server.path, "move", "vpi", "n2")

    assert done.returncode == 5
    assert 'Error [E-UNKNOWN-RES]: no resource "vpi". Did you mean vip?' in done.stderr


def test_without_quorum_nothing_is_changed_and_said_at_once(
    server: DoorServer,
) -> None:
    """CLI.md 6.7: E-NO-QUORUM, exit 7; refused before it is proposed."""
    server.on_loop(lambda: setattr(server.door, "has_quorum", False))

    done = _run(server.path, "standby", "n2")

    assert done.returncode == 7
    assert (
        "Error [E-NO-QUORUM]: not changed. This node sees 1 of 3 votes" in done.stderr
    )


def test_a_move_arrives_and_leaves_nothing_behind(server: DoorServer) -> None:
    """D11: a move is an action; `--wait` returns when it has arrived."""
    done = _run(server.path, "move", "vip", "n2", "--wait", "-m", "disk swap")
    status = json.loads(_run(server.path, "status", "-o", "json").stdout)

    assert done.returncode == 0, done.stderr
    assert "vip  n1 → n2" in done.stdout
    assert status["resources"][0]["nodes"] == ["n2"]
    assert status["resources"][0]["note"] == 'moved by alice "disk swap"'
    assert status["holds"] == []


def test_a_move_that_would_come_back_is_refused(tmp_path: Path) -> None:
    """CLI.md 6.5: E-NOT-STAY tells the scores that draw it back."""
    text = (
        f"nodes: {{n1: {{}}}}\n{CONFIGURATION}"
        "  location:\n    - {resource: vip, node: n1, score: 1000}\n"
    )
    door = FakeDoor.with_nodes("n1", "n2", text=text)

    with DoorServer(door, str(tmp_path / "api.sock")).serving() as server:
        done = _run(server.path, "move", "vip", "n2", "--yes")

    assert done.returncode == 1
    assert "Error [E-NOT-STAY]: vip would return to n1 at once." in done.stderr
    assert door.replicated.status.moves == ()


def test_a_dry_run_changes_nothing_and_exits_10(server: DoorServer) -> None:
    """CLI.md 5.4: 10 says that changes would happen."""
    before = server.door.replicated.index

    done = _run(server.path, "standby", "n1", "--dry-run")

    assert done.returncode == 10
    assert "move vip n1 → " in done.stdout
    assert server.door.replicated.index == before


def test_standby_empties_a_node_and_online_takes_it_back(server: DoorServer) -> None:
    """The daily pair; the second time nothing is left to do (exit 0)."""
    away = _run(server.path, "standby", "n1", "--wait", "-m", "kernel", "--for", "2h")
    held = json.loads(_run(server.path, "status", "-o", "json").stdout)["holds"]
    again = _run(server.path, "standby", "n1")
    back = _run(server.path, "online", "n1", "--wait")
    after = json.loads(_run(server.path, "status", "-o", "json").stdout)

    assert (away.returncode, again.returncode, back.returncode) == (0, 0, 0)
    assert (held[0]["author"], held[0]["message"]) == ("alice", "kernel")
    assert held[0]["undo"] == "clusterctl online n1"
    assert "n1 is in standby already" in again.stdout
    assert after["holds"] == []
    assert after["nodes"][0]["state"] == "online"


def test_a_stale_configuration_is_a_conflict(
    server: DoorServer, tmp_path: Path
) -> None:
    """CLI.md 6.7: E-CONFLICT, exit 6, nothing lost."""
    file = tmp_path / "site.yaml"
    file.write_text(CONFIGURATION.replace("203.0.113.10", "203.0.113.11"))

    done = _run(server.path, "config", "apply", str(file), "--if-version", "7")

    assert done.returncode == 6
    assert "[E-CONFLICT]: configuration is now v1, you based your change on v7" in (
        done.stderr
    )


def test_a_configuration_is_compared_applied_and_kept(
    server: DoorServer, tmp_path: Path
) -> None:
    """Diff 10, apply 0, diff 0, and the text comes back as it was written."""
    file = tmp_path / "site.yaml"
    text = CONFIGURATION.replace("203.0.113.10", "203.0.113.11")
    file.write_text(text)

    before = _run(server.path, "config", "diff", str(file))
    applied = _run(server.path, "config", "apply", "-f", str(file), "--wait")
    after = _run(server.path, "config", "diff", "-", stdin=text)
    shown = _run(server.path, "config", "show")
    since = _run(server.path, "config", "diff", "--version", "1")

    assert before.returncode == 10
    assert "params.ip 203.0.113.10 → 203.0.113.11" in before.stdout
    assert applied.returncode == 0, applied.stderr
    assert "Configuration v2 is in force" in applied.stdout
    assert (after.returncode, shown.stdout) == (0, text)
    assert since.returncode == 10


def test_a_wrong_configuration_is_told_with_its_place(
    server: DoorServer, tmp_path: Path
) -> None:
    """Every error at once, with line, column and caret; nothing is changed."""
    file = tmp_path / "site.yaml"
    file.write_text(CONFIGURATION.replace("resource: vip", "resource: vpi"))

    done = _run(server.path, "config", "apply", str(file))

    assert done.returncode == 64
    assert "no resource is named `vpi`" in done.stderr
    assert f"--> {file}:20:" in done.stderr
    assert server.door.replicated.version == 1


def test_a_configuration_is_validated_without_a_daemon(tmp_path: Path) -> None:
    """Help and validation work offline."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(CONFIGURATION)
    bad.write_text("resorces: {}\n")
    nobody = tmp_path / "nobody.sock"

    fine = _run(nobody, "config", "validate", str(good))
    wrong = _run(nobody, "config", "validate", str(bad))

    assert (fine.returncode, wrong.returncode) == (0, 64)
    assert "did you mean `resources`?" in wrong.stderr


def test_a_usage_error_is_exit_64_with_the_way_to_help(tmp_path: Path) -> None:
    """CLI.md 5.4: 64 usage; it names the command whose help to read."""
    done = _run(tmp_path / "x", "standby")

    assert done.returncode == 64
    assert "hint: clusterctl standby --help" in done.stderr


def test_followed_events_arrive_line_by_line(server: DoorServer) -> None:
    """`events -f -o json` is a stream of JSON lines; Ctrl-C ends it with 130."""
    with subprocess.Popen(
        _command("events", "-f", "-o", "json", "--since-index", "0"),
        env=_environment(server.path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        server.on_loop(lambda: server.door.lose("n3"))
        kinds = [first["kind"]]
        while kinds[-1] != "node-lost":
            kinds.append(json.loads(following.stdout.readline())["kind"])
        following.send_signal(signal.SIGINT)
        following.wait(SECONDS)

    assert first["kind"] == "founded"
    assert following.returncode == 130


def test_waiting_ends_when_the_state_is_reached(server: DoorServer) -> None:
    """`wait NAME --for STATE` blocks until then; with the time it took."""
    server.on_loop(lambda: server.door.lose("n3"))

    lost = _run(server.path, "wait", "n3", "--for", "lost")
    never = _run(server.path, "wait", "n3", "--for", "online", "--timeout", "300ms")

    assert (lost.returncode, never.returncode) == (0, 124)
    assert "n3 is lost after" in lost.stdout
    assert "the cluster goes on" in never.stderr


def test_the_monitoring_check_speaks_nagios(server: DoorServer) -> None:
    """One line, 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (also without a daemon)."""
    fine = _run(server.path, "status", "--check")
    server.on_loop(lambda: server.door.lose("n3"))
    warned = _run(server.path, "status", "--check")
    dark = _run(f"{server.path}.not", "status", "--check")

    assert (fine.returncode, warned.returncode, dark.returncode) == (0, 1, 3)
    assert fine.stdout.startswith("CLUSTER OK: 3 of 3 nodes online")
    assert "node n3 is lost" in warned.stdout


def test_completion_knows_the_names_and_is_silent_without_a_daemon(
    server: DoorServer, tmp_path: Path
) -> None:
    """A key press must never print a complaint."""
    environment = {
        **_environment(server.path),
        "_CLUSTERCTL_COMPLETE": "bash_complete",
        "COMP_WORDS": "clusterctl standby ",
        "COMP_CWORD": "2",
    }
    dark = {**environment, "CLUSTERD_SOCKET": str(tmp_path / "no.sock")}

    offered, silent = (
        subprocess.run(
            _command(),
            env=each,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        for each in (environment, dark)
    )

    assert [line.partition(",")[2] for line in offered.stdout.split()] == [
        "n1",
        "n2",
        "n3",
    ]
    assert (silent.stdout.strip(), silent.stderr) == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed_offline(shell: str, tmp_path: Path) -> None:
    """They are loaded by shells that start before any daemon."""
    done = _run(tmp_path / "nobody.sock", "completion", shell)

    assert done.returncode == 0
    assert "_CLUSTERCTL_COMPLETE" in done.stdout


def test_status_starts_light() -> None:
    """Start-up time is what users feel most: no rich, gRPC, lxml, yaml, asyncio."""
    probe = (
        "import sys; import clusterd.cli.commands.status, clusterd.cli.main;"
        "print(' '.join(sorted(sys.modules)))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout.split()

    heavy = {"rich", "grpc", "lxml", "yaml", "cryptography", "asyncio", "google"}
    assert heavy & {each.partition(".")[0] for each in loaded} == set()


def test_founding_and_joining_speak_of_tokens(tmp_path: Path) -> None:
    """A new node founds or joins once; its secret need not stand in the arguments."""
    fresh = FakeDoor()
    with DoorServer(fresh, str(tmp_path / "a.sock")).serving() as server:
        lonely = _run(server.path, "status")
        founded = _run(server.path, "cluster", "init", "--cluster", "prod")
        token = _run(server.path, "cluster", "token")
        again = _run(server.path, "cluster", "init")
    other = FakeDoor(node=fresh.node)
    with DoorServer(other, str(tmp_path / "b.sock")).serving() as server:
        wrong = _run(server.path, "cluster", "join", "bad-token")
        joined = _run(server.path, "cluster", "join", "-", stdin=token.stdout)

    assert lonely.returncode == 1
    assert "clusterctl cluster init" in lonely.stderr
    assert founded.stdout.startswith("cluster prod begins on n1")
    assert again.returncode == 6
    assert wrong.returncode == 1
    assert joined.returncode == 0, joined.stderr


def _on_terminal(path: str, *args: str, answer: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, answer its question, return what it said."""
    main, terminal = pty.openpty()
    with subprocess.Popen(
        _command(*args),
        env={**_environment(path), "TERM": "xterm", "COLUMNS": "120"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as running:
        os.close(terminal)
        os.write(main, answer.encode())
        said = b"".join(iter(lambda: _read(main), b""))
        running.wait(SECONDS)
    os.close(main)
    return running.returncode, said.decode()


def _read(main: int) -> bytes:
    try:
        return os.read(main, 65_536)
    except OSError:  # EIO: the other end of the terminal is closed.
        return b""


def test_a_person_sees_the_plan_is_asked_and_waits(server: DoorServer) -> None:
    """On a terminal: plan, question, progress, result, and how to undo."""
    code, said = _on_terminal(server.path, "standby", "n1", answer="y\n")

    assert code == 0, said
    plan, question, result = (
        said.index("move vip n1 → "),
        said.index("Proceed?"),
        said.index("Done in"),
    )
    assert plan < question < result
    assert "vip started on n" in said
    assert "To undo: clusterctl online n1" in said


def test_a_person_who_says_no_changes_nothing(server: DoorServer) -> None:
    """Exit 130 and the same index as before."""
    before = server.door.replicated.index

    code, said = _on_terminal(server.path, "standby", "n1", answer="n\n")

    assert (code, server.door.replicated.index) == (130, before), said


def test_the_live_view_draws_until_it_is_interrupted(server: DoorServer) -> None:
    """`status -w` on a terminal; Ctrl-C (0x03) ends it with 130."""
    main, terminal = pty.openpty()
    with subprocess.Popen(
        _command("status", "-w0.1"),
        env={**_environment(server.path), "TERM": "xterm", "COLUMNS": "120"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as watching:
        os.close(terminal)
        seen = ""
        while "quorum 3/3" not in seen:
            seen += _read(main).decode(errors="replace")
        server.on_loop(lambda: server.door.lose("n3"))
        while "LOST" not in seen:
            seen += _read(main).decode(errors="replace")
        watching.send_signal(signal.SIGINT)
        while _read(main):
            pass
        watching.wait(SECONDS)
    os.close(main)

    assert watching.returncode == 130
