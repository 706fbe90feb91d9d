"""Read a state, plan it, write the transition, until the daemon is gone.

The frames are those of `host.planner_frames`.
"""

import contextlib
import gc
import os
import pickle
import socket
import traceback

from clusterd.host.planner_frames import LENGTH, PlanAnswer, PlanRequest, frame
from clusterd.policy.plan import plan

NICENESS = 5


def serve(descriptor: int) -> None:
    """Answer requests on this socket until the other end closes it."""
    # The daemon may run with real-time priority; planning must not.
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    gc.freeze()
    with socket.socket(fileno=descriptor) as channel, channel.makefile("rb") as lines:
        while header := lines.read(LENGTH.size):
            (size,) = LENGTH.unpack(header)
            request = pickle.loads(lines.read(size))  # noqa: S301  # Own parent.
            channel.sendall(frame(_answer(request)))


def _answer(request: PlanRequest) -> PlanAnswer:
    try:
        return PlanAnswer(number=request.number, transition=plan(request.state))
    except Exception:  # noqa: BLE001  # A bug in a rule must not end the planner.
        return PlanAnswer(
            number=request.number, transition=None, fault=traceback.format_exc()
        )
