"""What can go wrong in an action; each fault is one exit code of OCF.

AgentFault
├── Failed              1  the action did not succeed
├── BadArguments        2  the parameters do not fit this machine
├── Unimplemented       3  no such action
├── NoPermission        4
├── NotInstalled        5  software is missing
├── NotConfigured       6  the parameters fit no machine
├── NotRunning          7  nothing runs here, and that is certain
├── FailedPromoted      9
├── Degraded          190  works, but somebody should look
└── PromotedDegraded  191

The message becomes the exit reason that users read in the status.
"""

from clusterd.ocf import exit_code


class AgentFault(Exception):
    """An action ends here with `code`; the message says why."""

    code = exit_code.GENERIC_ERROR


class Failed(AgentFault):
    """The action did not succeed; it may on another try."""


class BadArguments(AgentFault):
    """The parameters do not fit this machine (a file is missing here)."""

    code = exit_code.BAD_ARGUMENTS


class Unimplemented(AgentFault):
    """The agent has no such action."""

    code = exit_code.UNIMPLEMENTED


class NoPermission(AgentFault):
    """The machine refuses what the action needs."""

    code = exit_code.NO_PERMISSION


class NotInstalled(AgentFault):
    """Software that the action needs is missing on this machine."""

    code = exit_code.NOT_INSTALLED


class NotConfigured(AgentFault):
    """The parameters are wrong on every machine (one is missing or malformed)."""

    code = exit_code.NOT_CONFIGURED


class NotRunning(AgentFault):
    """Nothing of the resource runs here. Only when that is certain."""

    code = exit_code.NOT_RUNNING


class FailedPromoted(AgentFault):
    """The resource is promoted here and broken."""

    code = exit_code.PROMOTED_FAILED


class Degraded(AgentFault):
    """The resource works; the message says what is not as it should be."""

    code = exit_code.DEGRADED


class PromotedDegraded(AgentFault):
    """The resource is promoted and works; the message says what is not right."""

    code = exit_code.PROMOTED_DEGRADED
