"""Asking the agents of this node what they are, through a runner."""

import asyncio
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from clusterd.daemon.metadata import PREFIX, AgentBook, Described
from clusterd.executor.effects import CollectedAgent, RunAgent
from clusterd.executor.inputs import AgentExited
from clusterd.model.agent import AgentName

VIP = AgentName("ocf", "clusterd", "VIP")
WEB = AgentName("ocf", "clusterd", "Web")
XML = """<?xml version="1.0"?>
<resource-agent name="{type}" version="1.0">
  <shortdesc lang="en">one of ours</shortdesc>
  <parameters>
    <parameter name="ip" required="1"><content type="string"/></parameter>
  </parameters>
  <actions><action name="monitor" timeout="20s" interval="10s"/></actions>
</resource-agent>
"""


@dataclass
class FakeRunner:
    """Answers each run at once, as the table says; the default is good metadata."""

    answers: dict[str, AgentExited] = field(default_factory=dict)
    runs: list[RunAgent] = field(default_factory=list)
    collected: list[str] = field(default_factory=list)
    book: AgentBook | None = None

    def perform(self, what: RunAgent | CollectedAgent) -> None:
        """Take an effect as the runner client does."""
        if isinstance(what, CollectedAgent):
            self.collected.append(what.run)
            return
        self.runs.append(what)
        kind = what.agent.rpartition(":")[2]
        good = AgentExited(run=what.run, status=0, stdout=XML.format(type=kind))
        answer = replace(self.answers.get(what.agent, good), run=what.run)
        asyncio.get_running_loop().call_soon(self._answer, answer)

    def _answer(self, exited: AgentExited) -> None:
        assert self.book is not None
        assert self.book.take(exited)


def _installed(folder: Path, *names: AgentName) -> None:
    for name in names:
        file = folder / name.provider / name.type
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)


def _book(folder: Path, runner: FakeRunner) -> AgentBook:
    runner.book = AgentBook((folder,), "nonce", runner.perform)
    return runner.book


async def _read(book: AgentBook, *names: AgentName) -> Described:
    return await book.read(names)


def test_agents_are_asked_once_and_remembered(tmp_path: Path) -> None:
    """Each configuration is read with metadata: a run for each would be too slow."""
    _installed(tmp_path, VIP, WEB)
    runner = FakeRunner()
    book = _book(tmp_path, runner)

    first = asyncio.run(_read(book, VIP, WEB))
    second = asyncio.run(_read(book, VIP, WEB))

    assert set(first.agents) == {"ocf:clusterd:VIP", "ocf:clusterd:Web"}
    assert first.agents[str(VIP)].parameter("ip") is not None
    assert second == first
    assert [each.action for each in runner.runs] == ["meta-data", "meta-data"]
    assert runner.collected == [each.run for each in runner.runs]


def test_a_changed_file_is_asked_again(tmp_path: Path) -> None:
    """Agents are updated while the daemon runs."""
    _installed(tmp_path, VIP)
    runner = FakeRunner()
    book = _book(tmp_path, runner)
    asyncio.run(_read(book, VIP))

    os.utime(tmp_path / "clusterd" / "VIP", (1.0, 1.0))
    asyncio.run(_read(book, VIP))

    assert len(runner.runs) == 2
    assert len({each.run for each in runner.runs}) == 2


def test_an_agent_that_is_not_there_is_not_asked(tmp_path: Path) -> None:
    """The loader knows what to say about that; here it is simply absent."""
    runner = FakeRunner()

    described = asyncio.run(_read(_book(tmp_path, runner), VIP))

    assert described == Described(agents={}, unusable={})
    assert runner.runs == []


def test_one_broken_agent_does_not_hide_the_others(tmp_path: Path) -> None:
    """What it is good for is said about each, and why not about the rest."""
    _installed(tmp_path, VIP, WEB)
    failed = AgentExited(
        run="", status=1, stderr="ocf-exit-reason:no library for this\n"
    )
    runner = FakeRunner(answers={str(WEB): failed})

    described = asyncio.run(_read(_book(tmp_path, runner), VIP, WEB))

    assert set(described.agents) == {str(VIP)}
    assert set(described.unusable) == {str(WEB)}
    assert "no library for this" in described.unusable[str(WEB)]


def test_nonsense_is_explained_and_not_remembered(tmp_path: Path) -> None:
    """The administrator mends the agent and asks again."""
    _installed(tmp_path, VIP)
    runner = FakeRunner(answers={str(VIP): AgentExited(run="", status=0, stdout="hm")})
    book = _book(tmp_path, runner)

    described = asyncio.run(_read(book, VIP))
    runner.answers.clear()
    again = asyncio.run(_read(book, VIP))

    assert "makes no sense" in described.unusable[str(VIP)]
    assert set(again.agents) == {str(VIP)}


def test_runs_of_the_executor_are_left_to_it(tmp_path: Path) -> None:
    """The same runner carries both; only the id tells whose run it was."""
    runner = FakeRunner()
    book = _book(tmp_path, runner)

    assert not book.take(AgentExited(run="2.14", status=0))
    assert runner.collected == []


def test_an_answer_nobody_waits_for_is_collected(tmp_path: Path) -> None:
    """A run of an earlier daemon: the runner shall forget it."""
    runner = FakeRunner()
    book = _book(tmp_path, runner)

    assert book.take(AgentExited(run=f"{PREFIX}earlier/1", status=0))
    assert runner.collected == [f"{PREFIX}earlier/1"]


def test_installed_agents_are_listed(tmp_path: Path) -> None:
    """Sorted: users compare nodes."""
    _installed(tmp_path, WEB, VIP)

    assert _book(tmp_path, FakeRunner()).installed() == (VIP, WEB)
