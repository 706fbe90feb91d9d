"""The runner as a whole: orders in, results and notices out."""

import secrets
from collections import deque
from typing import assert_never

from clusterd.host.runner_protocol import (
    Answer,
    Collected,
    End,
    Exited,
    Hello,
    Kill,
    List,
    Message,
    Noticed,
    Run,
    Trouble,
    Unwatch,
)
from clusterd.runner.door import Door
from clusterd.runner.loop import Loop
from clusterd.runner.orphans import end_orphans
from clusterd.runner.runs import Runs
from clusterd.runner.settings import Settings
from clusterd.runner.warm import WarmStart
from clusterd.runner.watch import Watch

_SUCCESSES = (0, 8, 190, 191)
"""Exit codes after which the resource is up, so that there is something to watch."""
_RENEWALS = ("start", "stop")


class Service:
    """One runner. It is `boot` that tells it from its predecessors."""

    def __init__(self, loop: Loop, settings: Settings, warm: WarmStart) -> None:
        self._loop = loop
        self._boot = secrets.token_hex(8)
        self._is_leaving = False
        self._orphans = end_orphans(settings.runs)
        self._watch = Watch(loop, settings.watch, self._notice)
        self._watch.resume()
        self._backlog: deque[str] = deque()
        self._door = Door(
            loop, settings.socket, self._greet, self._obey, self._catch_up
        )
        self._runs = Runs(loop, settings, warm, self._tell, self._ended)

    def _greet(self) -> None:
        self._say_hello()
        self._backlog = deque(each.run for each in self._runs.results)
        self._catch_up()
        for pid in self._orphans:
            text = f"killed process {pid}: its runner had died"
            self._door.say(Trouble(text=text))
        self._orphans.clear()

    def _tell(self, answer: Answer) -> None:
        if isinstance(answer, Exited) and (self._backlog or self._door.is_clogged):
            self._backlog.append(answer.run)
        else:
            self._door.say(answer)

    def _catch_up(self) -> None:
        """Send the results that wait, as fast as the daemon reads them.

        All at once could be more than is kept for it, again and again.
        """
        while self._backlog and not self._door.is_clogged:
            result = self._runs.results.get(self._backlog.popleft())
            if result is not None:
                self._door.say(result)

    def _say_hello(self) -> None:
        hello = Hello(
            boot=self._boot,
            running=self._runs.running(),
            finished=tuple(each.run for each in self._runs.results),
            watched=self._watch.instances(),
        )
        self._door.say(hello)

    def _obey(self, message: Message) -> None:
        match message:
            case Run():
                self._begin(message)
            case Kill(run=run):
                self._runs.kill(run)
            case Collected(run=run):
                self._runs.results.drop(run)
            case Unwatch(instance=instance):
                self._forget(instance)
            case List():
                self._say_hello()
            case End():
                self._is_leaving = True
            case Hello() | Exited() | Noticed() | Trouble():
                name = type(message).__name__
                self._door.say(Trouble(text=f"`{name}` is mine to say"))
            case _:
                assert_never(message)
        self._leave_if_idle()

    def _begin(self, order: Run) -> None:
        if not order.argv:
            self._door.say(Trouble(text=f"run `{order.run}` has no argv"))
            return
        if order.argv[-1] in _RENEWALS and not self._runs.knows(order.run):
            # What an earlier start wrote down is gone, or is about to go.
            self._forget(order.instance)
        self._runs.start(order)

    def _ended(self, order: Run, result: Exited) -> None:
        if order.watch and result.status in _SUCCESSES:
            self._look(order)
        self._leave_if_idle()

    # A full disk must not end the runner: events are lost, monitors are not.

    def _look(self, order: Run) -> None:
        ip = order.environment.get("OCF_RESKEY_ip", "")
        try:
            self._watch.look(order.instance, ip)
        except OSError as fault:
            text = f"cannot watch `{order.instance}`: {fault}"
            self._door.say(Trouble(text=text))

    def _forget(self, instance: str) -> None:
        try:
            self._watch.forget(instance)
        except OSError as fault:
            text = f"cannot forget `{instance}`: {fault}"
            self._door.say(Trouble(text=text))

    def _notice(self, noticed: Noticed) -> None:
        self._door.say(noticed)

    def _leave_if_idle(self) -> None:
        if self._is_leaving and not self._runs.running():
            self._loop.stop()
