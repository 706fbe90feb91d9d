"""From a command line to an exit code: what surrounds an agent's methods."""

import os
import sys

from clusterd.ocf import exit_code
from clusterd.ocf.agent import Agent
from clusterd.ocf.call import Call
from clusterd.ocf.faults import AgentFault, NotRunning
from clusterd.ocf.journal import exit_reason

TYPE_CHECKING = False  # `typing` costs 5 ms; type checkers know this name by heart.
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_HELP = ("usage", "help", "--help", "-h")


def run(agent: type[Agent]) -> "NoReturn":
    """Carry out the action of the command line and exit. The last line of an agent."""
    code = perform(agent, sys.argv[1:], os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter's own farewell takes 3 ms and has nothing to do for us.
    os._exit(code)


def perform(
    agent: type[Agent], arguments: "Sequence[str]", environment: "Mapping[str, str]"
) -> int:
    """Carry out one action; return the exit code, having told why if it failed."""
    if len(arguments) != 1:
        sys.stderr.write(usage(agent))
        return exit_code.BAD_ARGUMENTS
    action = arguments[0]
    if action in _HELP:
        sys.stdout.write(usage(agent))
        return exit_code.SUCCESS
    if action == "meta-data":
        return _print_metadata(agent)
    return _answer(agent, Call(action, environment))


def usage(agent: type[Agent]) -> str:
    """Return how to call the agent, in one line."""
    names = dict.fromkeys(operation.name for operation in agent.operations)
    actions = "|".join([*names, "validate-all", "meta-data"])
    return f"usage: {agent.__name__} {{{actions}}}\n"


def _answer(agent: type[Agent], call: Call) -> int:
    """Turn what the action raises into its exit code."""
    environment = call.environment
    try:
        return _carry_out(agent, call)
    except NotRunning as fault:
        # For a probe it is a fact like any other; otherwise it is the failure.
        return _tell("" if call.is_probe else str(fault), fault.code, environment)
    except AgentFault as fault:
        return _tell(str(fault), fault.code, environment)
    except PermissionError as fault:
        return _tell(str(fault), exit_code.NO_PERMISSION, environment)
    except OSError as fault:
        return _tell(str(fault), exit_code.GENERIC_ERROR, environment)
    except Exception as fault:  # noqa: BLE001  # A bug in an agent is its failure, with a trace.
        return _tell_bug(fault, environment)


def _carry_out(agent: type[Agent], call: Call) -> int:
    offered = {operation.name: operation.method for operation in agent.operations}
    offered["validate-all"] = "validate_all"
    method = offered.get(call.action)
    if method is None:
        return _tell(
            f"no action `{call.action}`; {usage(agent).strip()}",
            exit_code.UNIMPLEMENTED,
            call.environment,
        )
    code = getattr(agent(call), method)()
    return exit_code.SUCCESS if code is None else int(code)


def _print_metadata(agent: type[Agent]) -> int:
    from clusterd.ocf.metadata import metadata  # noqa: PLC0415  # No monitor needs it.

    sys.stdout.write(metadata(agent))
    return exit_code.SUCCESS


def _tell(reason: str, code: int, environment: "Mapping[str, str]") -> int:
    if reason:
        exit_reason(reason, environment)
    return code


def _tell_bug(fault: Exception, environment: "Mapping[str, str]") -> int:
    import traceback  # noqa: PLC0415  # 10 ms, paid only for a bug.

    traceback.print_exception(fault)
    reason = f"bug in the agent: {type(fault).__name__}: {fault}"
    exit_reason(reason, environment)
    return exit_code.GENERIC_ERROR
