"""From a command line to an exit code and one exit reason."""

from collections.abc import Mapping

import pytest

from clusterd.ocf.agent import Agent, Operation, offers
from clusterd.ocf.faults import (
    AgentFault,
    BadArguments,
    Degraded,
    Failed,
    FailedPromoted,
    NoPermission,
    NotConfigured,
    NotInstalled,
    NotRunning,
    PromotedDegraded,
    Unimplemented,
)
from clusterd.ocf.parameter import Text
from clusterd.ocf.program import perform

FAULTS = {
    fault.__name__: fault
    for fault in (
        Failed,
        BadArguments,
        Unimplemented,
        NoPermission,
        NotInstalled,
        NotConfigured,
        NotRunning,
        FailedPromoted,
        Degraded,
        PromotedDegraded,
    )
}


class Example(Agent):
    """Does what its parameter says."""

    fault = Text(help="What to raise.")

    operations = offers(
        Operation("start", timeout=20),
        Operation("monitor", timeout=20, interval=10),
        Operation("promote", timeout=20),
    )

    def start(self) -> None:
        """Raise it."""
        if self.fault == "bug":
            raise KeyError("no such key")
        if self.fault == "os":
            raise FileNotFoundError(2, "No such file or directory", "/etc/x")
        if self.fault == "permission":
            raise PermissionError(13, "Permission denied", "/etc/x")
        if self.fault:
            raise FAULTS[self.fault]("it is\nso")

    def monitor(self) -> None:
        """Never runs."""
        raise NotRunning("it is gone")

    def promote(self) -> int:
        """Answer by number."""
        return 8


def call(action: str, environment: Mapping[str, str] | None = None) -> int:
    """Run one action of the example."""
    return perform(Example, [action], environment or {})


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("Failed", 1),
        ("BadArguments", 2),
        ("Unimplemented", 3),
        ("NoPermission", 4),
        ("NotInstalled", 5),
        ("NotConfigured", 6),
        ("NotRunning", 7),
        ("FailedPromoted", 9),
        ("Degraded", 190),
        ("PromotedDegraded", 191),
    ],
)
def test_each_fault_is_its_exit_code_with_a_reason_in_one_line(
    fault: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """OCF 1.1; the reason ends at the line's end, so it must be one line."""
    assert call("start", {"OCF_RESKEY_fault": fault}) == code
    assert capsys.readouterr().err == "ocf-exit-reason:it is so\n"


def test_every_fault_has_its_place_in_this_test() -> None:
    """A new one must be tried too."""
    assert set(FAULTS.values()) == set(AgentFault.__subclasses__())


@pytest.mark.parametrize(("fault", "code"), [("os", 1), ("permission", 4)])
def test_errors_of_the_system_are_reasons_too(
    fault: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file they are about."""
    assert call("start", {"OCF_RESKEY_fault": fault}) == code
    assert "/etc/x" in capsys.readouterr().err


def test_a_bug_is_a_failure_with_a_trace_for_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The reason names it; the trace tells where."""
    assert call("start", {"OCF_RESKEY_fault": "bug"}) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.splitlines()[-1].startswith(
        "ocf-exit-reason:bug in the agent: KeyError"
    )


def test_the_runner_chooses_the_prefix_of_reasons(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """OCF_EXIT_REASON_PREFIX."""
    environment = {"OCF_RESKEY_fault": "Failed", "OCF_EXIT_REASON_PREFIX": "why:"}

    call("start", environment)

    assert capsys.readouterr().err == "why:it is so\n"


def test_a_probe_finds_nothing_without_a_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """For a recurring monitor the same is a failure that needs one."""
    assert call("monitor") == 7
    assert capsys.readouterr().err == ""
    assert call("monitor", {"OCF_RESKEY_CRM_meta_interval": "10000"}) == 7
    assert "it is gone" in capsys.readouterr().err


def test_a_method_may_answer_by_number() -> None:
    """A promoted resource says 8."""
    assert call("promote") == 8


def test_an_unknown_action_is_unimplemented(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And the known ones are named."""
    assert call("dance") == 3
    assert "start|monitor|promote" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["start", "now"]])
def test_anything_but_one_word_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """OCF.md section 1: exactly one argument."""
    assert perform(Example, arguments, {}) == 2
    assert capsys.readouterr().err.startswith("usage: Example {start|")
