"""The OCF calling convention: where an agent is, what it is told, what it meant.

Source: OCF resource agent API 1.1, and what Pacemaker's executor adds to it.
"""

import errno
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clusterd.model.agent import AgentName
from clusterd.model.names import InstanceName, NodeName, history_name
from clusterd.model.result import ExitCode, Outcome, exit_code
from clusterd.model.status import Operation

OCF_ROOT = "/usr/lib/ocf"

AGENT_ROOTS: tuple[str, ...] = ("/usr/lib/ocf/resource.d",)
"""Where providers have their directories, first hit wins."""

AGENT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

FEATURE_SET = "3.19.7"
"""Agents choose between old and new forms of the helper commands by it."""

EXIT_REASON_PREFIX = "ocf-exit-reason:"

CHECK_LEVEL = "OCF_CHECK_LEVEL"

OUTPUT_MAX = 10 * 1024 * 1024
"""Bytes kept of each stream. Source: Pacemaker's executor."""

REASON_MAX = 1000
"""Characters of an exit reason: it goes into the log and into every status."""

UNIQUE = "globally_unique"
"""The meta attribute of clones whose copies are told apart by number."""

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an execution meant. `reason` is for people; empty: none was given."""

    outcome: Outcome
    code: ExitCode
    reason: str = ""


def candidates(agent: AgentName, roots: Sequence[str] = AGENT_ROOTS) -> tuple[str, ...]:
    """Return the paths where `agent` may be, best first; none for an unsafe name."""
    if not all(_SAFE_NAME.fullmatch(part) for part in (agent.provider, agent.type)):
        return ()
    return tuple(f"{root}/{agent.provider}/{agent.type}" for root in roots)


def argv(path: str, action: str) -> tuple[str, str]:
    """Return the command: exactly one argument, several agents reject more."""
    return path, action


def environment(
    operation: Operation, node: NodeName, *, path: str = AGENT_PATH
) -> dict[str, str]:
    """Return the whole environment of one execution; nothing else is inherited.

    `path` is the PATH of the agent. Parameters and meta attributes are passed on
    as they are; what the cluster itself knows wins over a meta attribute.
    """
    agent = AgentName.parse(operation.agent)
    variables = {"PATH": path, "LC_ALL": "C", **_constants(agent)}
    variables["OCF_RESOURCE_INSTANCE"] = _instance(operation)
    if operation.operation == "meta-data":
        # Metadata must not depend on parameters; agents only look for the node.
        return variables | _meta({"on_node": node})
    variables |= _parameters(operation.params)
    return variables | _meta(_meta_values(operation, node))


def _constants(agent: AgentName) -> dict[str, str]:
    return {
        "OCF_ROOT": OCF_ROOT,
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RA_VERSION_MINOR": "1",
        "OCF_RESOURCE_TYPE": agent.type,
        "OCF_RESOURCE_PROVIDER": agent.provider,
        "OCF_EXIT_REASON_PREFIX": EXIT_REASON_PREFIX,
        "OCF_OUTPUT_FORMAT": "text",
        "OCF_RESKEY_crm_feature_set": FEATURE_SET,
    }


def _instance(operation: Operation) -> InstanceName | str:
    """Return the name the agent goes by: copies are told apart only if unique."""
    if operation.meta.get(UNIQUE, "false") == "true":
        return operation.instance
    return history_name(operation.instance)


def _parameters(params: Mapping[str, str]) -> dict[str, str]:
    """Name each parameter; the check level alone goes without the prefix."""
    return {
        name if name == CHECK_LEVEL else f"OCF_RESKEY_{name}": value
        for name, value in params.items()
    }


def _meta_values(operation: Operation, node: NodeName) -> dict[str, str]:
    values = dict(operation.meta)
    # Agents take a monitor with an interval, even "0", for a recurring one or a
    # probe; so the variable is absent wherever nothing recurs.
    values.pop("interval", None)
    if operation.interval:
        values["interval"] = _milliseconds(operation.interval)
    values["timeout"] = _milliseconds(operation.timeout)
    values["on_node"] = node
    values["on_node_uuid"] = node
    return values


def _meta(values: Mapping[str, str]) -> dict[str, str]:
    """Name meta attributes; those with `#` or `:` have no name in a shell."""
    return {
        f"OCF_RESKEY_CRM_meta_{name.replace('-', '_')}": value
        for name, value in values.items()
        if "#" not in name and ":" not in name
    }


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def interpret(returncode: int, stderr: str) -> Verdict:
    """Say what an agent that ended by itself meant.

    `returncode` is as in asyncio: an exit status, or minus the signal that killed
    it.
    """
    if returncode < 0:
        name = _SIGNALS.get(-returncode, f"signal {-returncode}")
        return Verdict(
            outcome=Outcome.ERROR,
            code=ExitCode.GENERIC_ERROR,
            reason=f"interrupted by {name}",
        )
    reason = exit_reason(stderr) or _undefined(returncode)
    return Verdict(outcome=Outcome.DONE, code=exit_code(returncode), reason=reason)


def exit_reason(stderr: str) -> str:
    """Return what stands behind the last `ocf-exit-reason:`, to the end of line."""
    _, found, rest = stderr.rpartition(EXIT_REASON_PREFIX)
    return rest.partition("\n")[0].strip()[:REASON_MAX] if found else ""


def log_lines(stderr: str) -> Iterable[str]:
    """Return the lines of stderr that are not the exit reason."""
    return [line for line in stderr.splitlines() if EXIT_REASON_PREFIX not in line]


def _undefined(status: int) -> str:
    """Explain statuses that OCF does not define: the shell or the loader speaks."""
    if status == 126:
        return "exit status 126: a command in the agent is not executable"
    if status == 127:
        return "exit status 127: a command in the agent was not found"
    if exit_code(status) is ExitCode.GENERIC_ERROR and status != 1:
        return f"exit status {status}, which OCF does not define"
    return ""


def timed_out(timeout: float) -> Verdict:
    """Say that an agent had to be killed after `timeout` seconds."""
    return Verdict(
        outcome=Outcome.TIMEOUT,
        code=ExitCode.GENERIC_ERROR,
        reason=f"Resource agent did not complete within {timeout:g}s",
    )


def not_found(agent: AgentName, roots: Sequence[str] = AGENT_ROOTS) -> Verdict:
    """Say that no candidate exists."""
    return Verdict(
        outcome=Outcome.ERROR,
        code=ExitCode.NOT_INSTALLED,
        reason=f"no agent `{agent}` below {', '.join(roots)}",
    )


def not_started(number: int, path: str) -> Verdict:
    """Say why exec failed; `number` is the errno."""
    code = ExitCode.GENERIC_ERROR
    if number in _NOT_INSTALLED:
        code = ExitCode.NOT_INSTALLED
    elif number in (errno.EACCES, errno.EPERM):
        code = ExitCode.NO_PERMISSION
    name = errno.errorcode.get(number, str(number))
    hint = _EXEC_HINTS.get(number, "")
    reason = f"cannot execute {path}: {name}{hint}"
    return Verdict(outcome=Outcome.ERROR, code=code, reason=reason)


_NOT_INSTALLED = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ENOEXEC}
)

_EXEC_HINTS = {
    errno.ENOENT: " (the file or the interpreter in its first line is missing)",
    errno.EACCES: " (is it executable? try chmod +x)",
    errno.ENOEXEC: " (neither a program nor a script with a `#!` line)",
}

_SIGNALS = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    7: "SIGBUS",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
    24: "SIGXCPU",
    25: "SIGXFSZ",
    31: "SIGSYS",
}
"""Linux numbers; the rest has no name an agent's author would look for."""
