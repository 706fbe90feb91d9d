"""The OCF calling convention. Source: OCF resource agent API 1.1."""

import errno

import pytest

from clusterd.agents.ocf import (
    argv,
    candidates,
    environment,
    exit_reason,
    interpret,
    log_lines,
    not_found,
    not_started,
    timed_out,
)
from clusterd.model.agent import AgentName
from clusterd.model.names import InstanceName, NodeName
from clusterd.model.result import ExitCode, Outcome
from clusterd.model.status import Operation

NODE = NodeName("n1")
VIP = AgentName("ocf", "clusterd", "VIP")


def operation(
    action: str = "monitor",
    *,
    interval: float = 0.0,
    instance: str = "P",
    params: dict[str, str] | None = None,
    meta: dict[str, str] | None = None,
) -> Operation:
    """Return an operation on a resource `P` with a time limit of 21 s."""
    return Operation(
        operation_id="1",
        node=NODE,
        session=1,
        instance=InstanceName(instance),
        operation=action,
        interval=interval,
        timeout=21.0,
        agent="ocf:oracle:dumpenv",
        params=params or {},
        meta=meta or {},
    )


def test_environment_of_a_recurring_monitor() -> None:
    """Letter by letter what an agent sees under Pacemaker, less its own names."""
    told = environment(
        operation(interval=10.0, params={"p1": "a b"}, meta={"name": "monitor"}), NODE
    )

    assert told == {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
        "OCF_ROOT": "/usr/lib/ocf",
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RA_VERSION_MINOR": "1",
        "OCF_RESOURCE_INSTANCE": "P",
        "OCF_RESOURCE_TYPE": "dumpenv",
        "OCF_RESOURCE_PROVIDER": "oracle",
        "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
        "OCF_OUTPUT_FORMAT": "text",
        "OCF_RESKEY_crm_feature_set": "3.19.7",
        "OCF_RESKEY_p1": "a b",
        "OCF_RESKEY_CRM_meta_name": "monitor",
        "OCF_RESKEY_CRM_meta_timeout": "21000",
        "OCF_RESKEY_CRM_meta_interval": "10000",
        "OCF_RESKEY_CRM_meta_on_node": "n1",
        "OCF_RESKEY_CRM_meta_on_node_uuid": "n1",
    }


@pytest.mark.parametrize("action", ["monitor", "start", "stop"])
def test_only_what_recurs_has_an_interval(action: str) -> None:
    """Agents take a monitor without interval for a probe (OCF 1.1, 3.4)."""
    told = environment(operation(action, meta={"interval": "10000"}), NODE)

    assert "OCF_RESKEY_CRM_meta_interval" not in told


def test_check_level_goes_without_prefix() -> None:
    """OCF_CHECK_LEVEL is a variable of its own, not a parameter."""
    told = environment(operation(params={"OCF_CHECK_LEVEL": "10"}), NODE)

    assert told["OCF_CHECK_LEVEL"] == "10"
    assert "OCF_RESKEY_OCF_CHECK_LEVEL" not in told


def test_meta_attributes_become_variable_names() -> None:
    """Dashes become underscores; names no shell could hold are dropped."""
    told = environment(
        operation(meta={"on-fail": "block", "#kind": "x", "a:b": "y"}), NODE
    )

    assert told["OCF_RESKEY_CRM_meta_on_fail"] == "block"
    assert not any("#" in name or ":" in name for name in told)


@pytest.mark.parametrize(
    ("unique", "name"), [("false", "C"), ("true", "C:1")], ids=["anonymous", "unique"]
)
def test_copies_are_told_apart_only_if_unique(unique: str, name: str) -> None:
    """Copies of an anonymous clone are interchangeable, so are their names."""
    told = environment(
        operation(instance="C:1", meta={"globally_unique": unique, "clone": "1"}), NODE
    )

    assert told["OCF_RESOURCE_INSTANCE"] == name
    assert told["OCF_RESKEY_CRM_meta_clone"] == "1"


def test_metadata_depends_on_no_parameter() -> None:
    """It describes the agent, not a resource."""
    told = environment(operation("meta-data", params={"ip": "x"}), NODE)

    assert "OCF_RESKEY_ip" not in told
    assert told["OCF_RESKEY_CRM_meta_on_node"] == "n1"
    assert "OCF_RESKEY_CRM_meta_timeout" not in told


def test_paths_are_tried_in_order() -> None:
    """First hit wins; the argument is exactly one."""
    paths = candidates(VIP, ("/opt/x", "/usr/lib/ocf/resource.d"))

    assert paths == ("/opt/x/clusterd/VIP", "/usr/lib/ocf/resource.d/clusterd/VIP")
    assert argv(paths[0], "start") == ("/opt/x/clusterd/VIP", "start")


@pytest.mark.parametrize("part", ["..", "a/b", "", ".hidden", "a b", "-x"])
def test_no_name_leads_out_of_the_agent_directory(part: str) -> None:
    """A configuration must not be able to run /bin/sh as root."""
    assert candidates(AgentName("ocf", part, "VIP")) == ()
    assert candidates(AgentName("ocf", "clusterd", part)) == ()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (0, ExitCode.SUCCESS),
        (7, ExitCode.NOT_RUNNING),
        (8, ExitCode.PROMOTED),
        (190, ExitCode.DEGRADED),
        (10, ExitCode.GENERIC_ERROR),
        (127, ExitCode.GENERIC_ERROR),
        (255, ExitCode.GENERIC_ERROR),
    ],
)
def test_exit_status_has_a_meaning(status: int, code: ExitCode) -> None:
    """Codes that OCF does not define are generic errors."""
    verdict = interpret(status, "")

    assert (verdict.outcome, verdict.code) == (Outcome.DONE, code)


def test_undefined_statuses_are_explained() -> None:
    """127 tells the author of an agent more than "generic error"."""
    assert "not found" in interpret(127, "").reason
    assert "99" in interpret(99, "").reason
    assert interpret(1, "").reason == ""
    assert interpret(7, "").reason == ""


def test_the_last_exit_reason_counts() -> None:
    """Agents refine the reason as they go; the log around it is not the reason."""
    stderr = (
        "INFO: looking\nocf-exit-reason:first\nocf-exit-reason:no route to host \nbye\n"
    )

    assert interpret(1, stderr).reason == "no route to host"
    assert list(log_lines(stderr)) == ["INFO: looking", "bye"]


def test_an_endless_reason_is_cut() -> None:
    """It goes into the log and into every status."""
    assert len(exit_reason("ocf-exit-reason:" + "x" * 100_000)) == 1000


def test_death_by_signal_is_no_answer() -> None:
    """The agent did not say anything: an error, whatever the number is."""
    verdict = interpret(-9, "ocf-exit-reason:half a")

    assert (verdict.outcome, verdict.code) == (Outcome.ERROR, ExitCode.GENERIC_ERROR)
    assert verdict.reason == "interrupted by SIGKILL"
    assert interpret(-40, "").reason == "interrupted by signal 40"


def test_timeout_names_its_limit() -> None:
    """The words Pacemaker's users search for."""
    verdict = timed_out(20.0)

    assert (verdict.outcome, verdict.code) == (Outcome.TIMEOUT, ExitCode.GENERIC_ERROR)
    assert verdict.reason == "Resource agent did not complete within 20s"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, ExitCode.NOT_INSTALLED),
        (errno.ENOEXEC, ExitCode.NOT_INSTALLED),
        (errno.EACCES, ExitCode.NO_PERMISSION),
        (errno.EPERM, ExitCode.NO_PERMISSION),
        (errno.ENOMEM, ExitCode.GENERIC_ERROR),
    ],
)
def test_what_cannot_be_executed_has_a_code(number: int, code: ExitCode) -> None:
    """Not installed bans the node; a lack of memory may pass."""
    verdict = not_started(number, "/x/VIP")

    assert (verdict.outcome, verdict.code) == (Outcome.ERROR, code)
    assert errno.errorcode[number] in verdict.reason


def test_a_missing_agent_says_where_it_was_sought() -> None:
    """The usual cause is a package that is missing on one node."""
    verdict = not_found(VIP, ("/a", "/b"))

    assert verdict.code is ExitCode.NOT_INSTALLED
    assert verdict.reason == "no agent `ocf:clusterd:VIP` below /a, /b"
