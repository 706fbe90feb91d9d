"""The agents under way: started once, ended in time, their results kept."""

import os
import time
from collections.abc import Callable
from functools import partial

from clusterd.host.clock import boot_time, wall_time
from clusterd.host.process import (
    Child,
    cgroup_name,
    enter_cgroup,
    kill_group,
    read_fault,
    reap,
    spawn,
)
from clusterd.host.runner_protocol import Answer, Exited, Run, Trouble
from clusterd.runner import orphans
from clusterd.runner.environment import complete
from clusterd.runner.loop import Loop, Timer
from clusterd.runner.output import Output
from clusterd.runner.results import Results
from clusterd.runner.settings import Settings
from clusterd.runner.warm import WarmStart

_STUCK_AFTER = 5.0
"""Seconds after SIGKILL at which a process that is still there gets a mention."""


class Runs:
    """Runs agents for one daemon. `tell` takes what it has to know."""

    def __init__(
        self,
        loop: Loop,
        settings: Settings,
        warm: WarmStart,
        tell: Callable[[Answer], None],
        on_end: Callable[[Run, Exited], None],
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._warm = warm
        self._tell = tell
        self._on_end = on_end
        self._active: dict[str, _Active] = {}
        self.results = Results()

    def running(self) -> tuple[str, ...]:
        """Return the ids of what is under way."""
        return tuple(self._active)

    def knows(self, run: str) -> bool:
        """Tell whether this run was started before."""
        return run in self._active or self.results.get(run) is not None

    def start(self, order: Run) -> None:
        """Run an agent; one that is known already is only reported (again)."""
        if order.run in self._active:
            return
        known = self.results.get(order.run)
        if known is not None:
            self._tell(known)
            return
        if order.not_after is not None and boot_time() >= order.not_after:
            # A runner that was frozen must not bring up now what may by now run
            # on another node.
            late = Exited(run=order.run, too_late=True, wall=wall_time())
            self._finish(order, late)
            return
        try:
            child = self._spawn(order)
        except OSError as fault:
            self._finish(order, _unstarted(order, fault))
            return
        timer = self._loop.after(order.timeout, partial(self._time_is_up, order.run))
        self._active[order.run] = _Active(self._loop, order, child, timer)
        self._loop.on_readable(child.pidfd, partial(self._exited, order.run))

    def kill(self, run: str) -> None:
        """End a run at once, with all of its group; it still ends with `Exited`."""
        active = self._active.get(run)
        if active is not None:
            kill_group(active.child)
            self._loop.after(_STUCK_AFTER, partial(self._mention_stuck, active))

    def _time_is_up(self, run: str) -> None:
        self._active[run].timed_out = True
        self.kill(run)

    def _mention_stuck(self, active: "_Active") -> None:
        if self._active.get(active.order.run) is active:
            pid, run = active.child.pid, active.order.run
            self._tell(Trouble(text=f"process {pid} of `{run}` survives SIGKILL"))

    def _spawn(self, order: Run) -> Child:
        environment = complete(order, self._settings)
        record = orphans.recorder(self._settings.runs)
        cgroup = self._settings.cgroup

        def prepare() -> None:
            if cgroup is not None:
                enter_cgroup(cgroup / cgroup_name(order.instance))
            record()

        start = self._warm.choose(order.argv, environment)
        return spawn(start.argv, environment, prepare=prepare, body=start.body)

    def _exited(self, run: str) -> None:
        active = self._active.pop(run)
        result = active.result()
        orphans.erase(self._settings.runs, active.child.pid)
        self._leave_cgroup(active.order)
        self._finish(active.order, result)

    def _finish(self, order: Run, result: Exited) -> None:
        self.results.add(result)
        self._tell(result)
        self._on_end(order, result)

    def _leave_cgroup(self, order: Run) -> None:
        if self._settings.cgroup is not None:
            try:
                (self._settings.cgroup / cgroup_name(order.instance)).rmdir()
            except OSError:  # The resource lives in there.
                return


class _Active:
    def __init__(self, loop: Loop, order: Run, child: Child, timer: Timer) -> None:
        self.loop = loop
        self.order = order
        self.child = child
        self.timer = timer
        self.began = time.monotonic()
        self.timed_out = False
        self.stdout = Output(loop, child.stdout)
        self.stderr = Output(loop, child.stderr)

    def result(self) -> Exited:
        self.timer.cancel()
        self.loop.forget(self.child.pidfd)
        ending = reap(self.child)
        fault = read_fault(self.child)
        os.close(self.child.pidfd)
        os.close(self.child.fault)
        self.stdout.finish()
        self.stderr.finish()
        return Exited(
            run=self.order.run,
            status=None if fault or self.timed_out else ending.status,
            signal=ending.signal,
            timed_out=self.timed_out,
            errno=fault.errno if fault else None,
            stdout=self.stdout.text(),
            stderr=self.stderr.text(),
            lost_bytes=self.stdout.lost_bytes + self.stderr.lost_bytes,
            duration=time.monotonic() - self.began,
            wall=wall_time(),
        )


def _unstarted(order: Run, fault: OSError) -> Exited:
    return Exited(
        run=order.run,
        error=f"no process could be made: {fault.strerror}",
        errno=fault.errno,
        wall=wall_time(),
    )
