"""The server and the client together, on a real socket in a folder of the test."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from clusterd.api.client import AnswerFault, LocalClient
from clusterd.api.protocol import REQUEST_BYTES, Exit, Fault, Json
from clusterd.api.service import REQUESTS_MAX, LocalService
from tests.fakes.door import CONFIGURATION, FakeDoor

T = TypeVar("T")


class Served:
    """A service on a socket, and a client to ask it."""

    def __init__(self, door: FakeDoor, folder: Path) -> None:
        self.door = door
        self.path = str(folder / "api.sock")
        self.faults: list[BaseException] = []
        self.service = LocalService(door, on_fault=self._on_fault)

    def run(self, work: Coroutine[None, None, T]) -> T:
        """Serve while `work` runs."""

        async def serving() -> T:
            await self.service.start(self.path)
            try:
                return await work
            finally:
                await self.service.close()

        return asyncio.run(serving())

    async def ask(self, verb: str, timeout: float = 2.0, **args: Json) -> Json:  # noqa: ASYNC109
        """Ask as `clusterctl` does."""
        client = LocalClient(self.path, "alice")
        return await asyncio.to_thread(client.request, verb, args, timeout)

    def fault(self, verb: str, timeout: float = 2.0, **args: Json) -> Fault:
        """Ask for something that is refused."""
        with pytest.raises(AnswerFault) as refused:
            self.run(self.ask(verb, timeout, **args))
        return refused.value.fault

    async def raw(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back."""
        reader, writer = await asyncio.open_unix_connection(self.path)
        writer.write(data)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    def _on_fault(self, _: str, error: BaseException) -> None:
        self.faults.append(error)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """Return a settled cluster behind a socket."""
    return Served(FakeDoor.with_nodes("n1", "n2", "n3"), tmp_path)


def test_the_socket_is_for_its_owner_alone(served: Served) -> None:
    """Not even for a moment can anybody else connect."""

    async def mode() -> int:
        return os.stat(served.path).st_mode & 0o777  # noqa: PTH116

    assert served.run(mode()) == 0o600


def test_a_dead_socket_is_replaced_and_a_live_one_is_not(served: Served) -> None:
    """A crash must not keep the daemon from starting; a twin must."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(served.path)

    async def twice() -> None:
        twin = LocalService(served.door)
        await twin.start(served.path)

    with pytest.raises(OSError, match="another daemon answers"):
        served.run(twice())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"hello\n", b"E-PROTOCOL", id="not JSON"),
        pytest.param(b'{"verb":"dance"}\n', b"E-VERB", id="no such verb"),
        pytest.param(b"x" * (REQUEST_BYTES + 2), b"E-USAGE", id="too long"),
    ],
)
def test_rubbish_gets_an_answer(served: Served, data: bytes, code: bytes) -> None:
    """Whoever writes a client learns what is wrong."""
    assert code in served.run(served.raw(data))


def test_a_verb_with_a_typo_suggests_the_right_one(served: Served) -> None:
    """As everywhere: did you mean."""
    assert "did you mean status" in served.fault("statsu").hint


def test_a_foreign_user_is_turned_away(tmp_path: Path) -> None:
    """The kernel says who asks; only root and the listed may."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    served = Served(FakeDoor.with_nodes("n1"), tmp_path)
    tmp_path.chmod(0o755)

    async def as_nobody() -> bytes:
        os.chmod(served.path, 0o666)  # noqa: S103, PTH101
        program = (
            "import os, socket, sys\n"
            "os.setuid(65534)\n"
            "c = socket.socket(socket.AF_UNIX)\n"
            "c.connect(sys.argv[1])\n"
            'c.sendall(b\'{"verb": "version"}\\n\')\n'
            "sys.stdout.buffer.write(c.recv(4096))\n"
        )
        done = await asyncio.create_subprocess_exec(
            "python3", "-c", program, served.path, stdout=asyncio.subprocess.PIPE
        )
        answer, _ = await done.communicate()
        return answer

    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)

    assert b"E-FORBIDDEN" in served.run(as_nobody())


def test_an_unforeseen_failure_costs_one_request(served: Served) -> None:
    """The daemon goes on; the journal learns of it."""
    served.door.now_wall = lambda: 1 / 0  # type: ignore[method-assign]

    fault = served.fault("status")

    assert (fault.code, fault.exit) == ("E-INTERNAL", Exit.REFUSED)
    assert isinstance(served.faults[0], ZeroDivisionError)


def test_too_many_open_requests_are_turned_away(served: Served) -> None:
    """A loop gone wild must not take the daemon's memory."""

    def knock(idle: contextlib.ExitStack) -> None:
        one = idle.enter_context(socket.socket(socket.AF_UNIX))
        one.connect(served.path)

    async def crowd() -> bytes:
        with contextlib.ExitStack() as idle:
            for _ in range(REQUESTS_MAX):
                await asyncio.to_thread(knock, idle)
            return await served.raw(b'{"verb":"version"}\n')

    assert b"E-BUSY" in served.run(crowd())


def test_a_change_that_nobody_confirms_may_still_be_done(served: Served) -> None:
    """Then the answer says so: nobody can know."""
    served.door.is_committing = False

    fault = served.fault("cleanup", 0.3)

    assert (fault.code, fault.is_unknown) == ("E-TIMEOUT", True)


def test_without_quorum_a_change_is_refused_before_it_is_proposed(
    served: Served,
) -> None:
    """Nothing changed, and the user knows that for sure."""
    served.door.has_quorum = False

    fault = served.fault("cleanup")

    assert (fault.code, fault.is_unknown) == ("E-NO-QUORUM", False)
    assert "n2, n3 unreachable" in fault.text


def test_a_hanging_planner_does_not_stop_standby(served: Served) -> None:
    """The preview is a courtesy; emptying a node may be urgent."""
    served.door.is_planning = False

    answer = served.run(served.ask("standby", nodes=["n2"]))

    assert isinstance(answer, dict)
    assert (answer["changed"], answer["plan"]) == (True, None)


def test_the_same_configuration_again_makes_no_new_version(served: Served) -> None:
    """Ten runs of a playbook are one version."""
    answer = served.run(served.ask("config-apply", text=CONFIGURATION, file="f"))

    assert isinstance(answer, dict)
    assert (answer["version"], answer["changed"]) == (1, False)


def test_a_dry_run_of_a_configuration_says_what_the_cluster_would_do(
    served: Served,
) -> None:
    """Changes and their consequences, and nothing committed."""
    text = CONFIGURATION.replace("203.0.113.10", "203.0.113.11")

    answer = served.run(served.ask("config-apply", text=text, file="f", dry_run=True))

    assert isinstance(answer, dict)
    assert (answer["base"], answer["changed"]) == (1, False)
    assert answer["summary"]
    assert served.door.replicated.version == 1


def test_events_go_on_until_the_client_hangs_up(served: Served) -> None:
    """A stream that nobody reads any more costs nothing."""

    async def follow() -> str:
        _, writer = await asyncio.open_unix_connection(served.path)
        writer.write(b'{"verb":"events","args":{"follow":true,"since_index":99999}}\n')
        await writer.drain()
        while not served.service.open_requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()
        while served.service.open_requests:  # noqa: ASYNC110  # Ends by hanging up.
            await asyncio.sleep(0.01)
        return "ended"

    assert served.run(asyncio.wait_for(follow(), 5.0)) == "ended"


def test_waiting_for_an_unknown_state_names_the_known_ones(served: Served) -> None:
    """`wait vip --for running` is a typo, not an endless wait."""
    fault = served.fault("wait", resource="vip", state="running")

    assert fault.exit is Exit.USAGE
    assert "started" in fault.hint


def test_waiting_for_settled_includes_what_is_only_planned(served: Served) -> None:
    """Right after a change nothing is pending yet, but it is not settled."""
    served.door.is_working = False
    text = CONFIGURATION.replace("203.0.113.10", "203.0.113.11")

    async def apply_and_wait() -> None:
        await served.ask("config-apply", text=text, file="f")
        await served.ask("wait", 0.3)

    with pytest.raises(AnswerFault, match="E-TIMEOUT"):
        served.run(apply_and_wait())
