"""End processes: politely, then firmly, always in time, and make sure.

A stop that reaches the runner's limit means that the node gets fenced, so the time
is divided in advance and the last part is for SIGKILL and looking.
"""

import os
import signal

from clusterd.ocf.call import Call
from clusterd.ocf.faults import Failed, NotConfigured
from clusterd.ocf.journal import log_warning
from clusterd.ocf.process import Process, pids, relatives
from clusterd.ocf.readiness import has_exited

# Shares of the runner's limit kept back for what follows.
_FOR_TERM, _FOR_KILL = 0.3, 0.15


def signal_number(name: str) -> signal.Signals:
    """Return the signal for `TERM`, `SIGTERM` or `15`; raises NotConfigured."""
    try:
        if name.isdigit():
            return signal.Signals(int(name))
        return signal.Signals["SIG" + name.upper().removeprefix("SIG")]
    except (KeyError, ValueError):
        raise NotConfigured(f"no signal is named `{name}`") from None


def send(process: Process, name: str) -> None:
    """Send a signal to this very process; nothing if it has just gone."""
    try:
        watch = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        # The descriptor holds whoever has the pid now; only then ask who it is.
        if process.is_alive:
            signal.pidfd_send_signal(watch, signal_number(name))
    finally:
        os.close(watch)


def end_main(process: Process, name: str, limit: float, call: Call) -> bool:
    """Send the main process a signal, wait for its end; tell whether it still runs."""
    number = signal_number(name)
    try:
        watch = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # The descriptor holds whoever has the pid now; only then ask who it is.
        if not process.is_alive:
            return False
        signal.pidfd_send_signal(watch, number)
        allowed = min(limit, call.remaining(reserve=call.timeout * _FOR_TERM))
        return not has_exited(watch, allowed)
    finally:
        os.close(watch)


def end_all(process: Process, known: list[Process], call: Call) -> None:
    """End everything in the session of `process`; raises Failed if something stays.

    `known` are those that were there while the main process led the session.
    """
    for number, reserve in (
        (signal.SIGTERM, call.timeout * _FOR_KILL),
        (signal.SIGKILL, min(1.0, call.timeout * 0.05)),
    ):
        left = _left(process, known, call)
        if not left:
            return
        if number is signal.SIGKILL:
            log_warning(f"killing {pids(left)}")
        _send_and_wait(left, number, call, reserve)
    left = _left(process, known, call)
    if left:
        raise Failed(f"{pids(left)} does not die")


def _left(process: Process, known: list[Process], call: Call) -> list[Process]:
    found = {each.pid: each for each in known if each.is_alive}
    found |= {each.pid: each for each in relatives(call, process)}
    return list(found.values())


def _send_and_wait(
    left: list[Process], number: signal.Signals, call: Call, reserve: float
) -> None:
    watches = []
    for process in left:
        try:
            watch = os.pidfd_open(process.pid)
            watches.append(watch)
            if process.is_alive:
                signal.pidfd_send_signal(watch, number)
        except ProcessLookupError:
            continue
    for watch in watches:
        has_exited(watch, call.remaining(reserve=reserve))
        os.close(watch)
