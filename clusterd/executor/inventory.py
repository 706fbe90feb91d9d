"""What was brought up here, and with which parameters.

A stop must address what is running, not what the configuration says by now: after
a change of the address, the old one has to go. Source: OCF.md section 4 ("stop
uses the parameters of the last start, reload or monitor").
"""

from dataclasses import replace

from clusterd.model.names import InstanceName
from clusterd.model.status import Operation

_TEACHERS = ("start", "reload", "reload-agent", "promote", "migrate_from", "monitor")
NOTICED_TIMEOUT = 20.0
"""Seconds for a monitor nobody configured; Pacemaker's default for operations."""


class Inventory:
    """Remembers, per instance, the last operation that was meant to find it up."""

    def __init__(self) -> None:
        self._last: dict[InstanceName, Operation] = {}

    def learn(self, operation: Operation) -> None:
        """Take note of an operation that is carried out now, whatever comes of it.

        A failed start counts as well: what it left behind has its parameters.
        """
        is_probe = operation.operation == "monitor" and not operation.interval
        if operation.operation in _TEACHERS and not is_probe:
            self._last[operation.instance] = operation

    def forget(self, instance: InstanceName) -> None:
        """Take note that nothing of it is left here."""
        self._last.pop(instance, None)

    def fitting(self, operation: Operation) -> Operation:
        """Return the operation with the agent and parameters it has to use."""
        last = self._last.get(operation.instance)
        if operation.operation != "stop" or last is None:
            return operation
        return replace(operation, agent=last.agent, params=last.params)

    def monitor(self, instance: InstanceName) -> Operation | None:
        """Return a one-off monitor for what runs here; None if nothing is known."""
        last = self._last.get(instance)
        if last is None:
            return None
        return replace(
            last,
            operation_id=f"{last.operation_id}@noticed",
            operation="monitor",
            interval=0.0,
            timeout=NOTICED_TIMEOUT,
            start_delay=0.0,
            expected=0,
            meta={},
        )
