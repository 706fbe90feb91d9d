"""The planner as a real process: it plans, survives bugs, and is replaced."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar, cast

import pytest

from clusterd.daemon.planner_client import PlannerClient, PlannerFault
from clusterd.model.agent import AgentName
from clusterd.model.cluster import ClusterState
from clusterd.model.configuration import Configuration
from clusterd.model.membership import Member, MemberState
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.resource import Primitive
from clusterd.model.status import Status
from clusterd.model.transition import ActionKind
from clusterd.planner.service import NICENESS
from clusterd.policy.plan import plan

pytestmark = pytest.mark.process

T = TypeVar("T")
VIP = Primitive(name=ResourceName("vip"), agent=AgentName("ocf", "clusterd", "Dummy"))
STATE = ClusterState(
    index=7,
    configuration=Configuration(resources=(VIP,)),
    version=1,
    members=tuple(
        Member(
            name=NodeName(f"n{number}"),
            raft_id=number,
            address=f"n{number}:7447",
            session=1,
            state=MemberState.ONLINE,
        )
        for number in (1, 2, 3)
    ),
    status=Status(),
    has_quorum=True,
    now_wall=1_700_000_000.0,
)
UNTHINKABLE = replace(STATE, configuration=cast("Configuration", None))
LIMIT = 20.0


def _with_planner(work: Callable[[PlannerClient], Awaitable[T]]) -> T:
    """Run `work` with a planner, and end the planner whatever happens."""

    async def run() -> T:
        client = PlannerClient()
        async with asyncio.timeout(LIMIT):
            await client.start()
            try:
                return await work(client)
            finally:
                await client.stop()

    return asyncio.run(run())


def _pid(client: PlannerClient) -> int:
    process = client._process
    assert process is not None
    return process.pid


def test_the_process_answers_what_the_policy_answers_here() -> None:
    """The way there and back changes nothing, not even the order of actions."""
    transition = _with_planner(lambda client: client.plan(STATE))

    assert transition == plan(STATE)
    assert {each.kind for each in transition.actions} >= {ActionKind.PROBE}


def test_many_requests_are_answered_each_with_its_own_plan() -> None:
    """Previews and the coordinator ask at the same time."""
    states = [replace(STATE, index=index) for index in range(20)]

    async def work(client: PlannerClient) -> list[int]:
        plans = await asyncio.gather(*(client.plan(each) for each in states))
        return [each.index for each in plans]

    assert _with_planner(work) == list(range(20))


def test_a_bug_in_a_rule_is_answered_and_ends_nothing() -> None:
    """The traceback comes back as the fault; the same process plans the next one."""

    async def work(client: PlannerClient) -> tuple[int, str, int, int]:
        before = _pid(client)
        with pytest.raises(PlannerFault) as caught:
            await client.plan(UNTHINKABLE)
        transition = await client.plan(STATE)
        return before, str(caught.value), _pid(client), transition.index

    before, fault, after, index = _with_planner(work)

    assert "Traceback" in fault
    assert "AttributeError" in fault
    assert after == before
    assert index == STATE.index


def test_a_killed_planner_fails_what_waits_and_is_replaced() -> None:
    """Whoever waits is told at once; who asks later gets a new process's answer."""

    async def work(client: PlannerClient) -> tuple[int, str, int, int]:
        before = _pid(client)
        os.kill(before, signal.SIGSTOP)  # So that the request is certainly open.
        waiting = asyncio.ensure_future(client.plan(STATE))
        await asyncio.sleep(0)
        os.kill(before, signal.SIGKILL)
        with pytest.raises(PlannerFault) as caught:
            await waiting
        transition = await client.plan(STATE)
        return before, str(caught.value), _pid(client), transition.index

    before, fault, after, index = _with_planner(work)

    assert fault == "the planner ended"
    assert after != before
    assert index == STATE.index


def test_stopping_ends_the_process() -> None:
    """Nothing of ours is left behind, and nobody waits for ever."""

    async def work(client: PlannerClient) -> int:
        pid = _pid(client)
        os.kill(pid, signal.SIGSTOP)
        waiting = asyncio.ensure_future(client.plan(STATE))
        await asyncio.sleep(0)
        await client.stop()
        with pytest.raises(PlannerFault):
            await waiting
        return pid

    pid = _with_planner(work)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_planner_without_its_daemon_ends() -> None:
    """The daemon may be killed: what it leaves behind must not linger."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        planner = subprocess.Popen(
            [sys.executable, "-m", "clusterd.planner", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        ours.close()
        status = planner.wait(LIMIT)

    assert status == 0


def test_planning_has_an_ordinary_priority() -> None:
    """The daemon may be a real-time process, and children inherit that."""

    async def work(client: PlannerClient) -> tuple[int, int]:
        pid = _pid(client)
        await client.plan(STATE)  # By now it has set itself up.
        return os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid)

    scheduler, nice = _with_planner(work)

    assert scheduler == os.SCHED_OTHER
    assert nice >= NICENESS
