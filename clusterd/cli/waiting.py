"""Waiting for the cluster, with what happens meanwhile; Ctrl-C only detaches."""

import contextlib
import time
from collections.abc import Iterator
from typing import TypedDict, cast

from clusterd.api.client import Stream
from clusterd.api.protocol import Exit, Json
from clusterd.cli.picture import inked, text_of
from clusterd.cli.render.history import progress_line
from clusterd.cli.session import Session, say
from clusterd.state.documents import Health, HistoryDocument, ProblemDocument

WAIT_SECONDS = 600.0
"""A database may take minutes to stop; nothing here is lost by giving up."""


class Reached(TypedDict):
    """What the `wait` verb answers."""

    reached: bool
    index: int
    health: Health
    problems: list[ProblemDocument]


class Waited:
    """How a wait ended: the answer, what happened meanwhile, how long it took."""

    def __init__(
        self, answer: Reached, events: list[HistoryDocument], seconds: float
    ) -> None:
        self.answer = answer
        self.events = events
        self.seconds = seconds

    def failures(self) -> list[HistoryDocument]:
        """Return the operations that failed meanwhile."""
        return [each for each in self.events if each["kind"] == "failed"]


def should_wait(session: Session, wait_for: float | None, *, no_wait: bool) -> bool:
    """Tell whether a changing command waits: on a terminal, or when told to."""
    if no_wait:
        return False
    return wait_for is not None or session.is_terminal


def wait_settled(session: Session, since_index: int, seconds: float | None) -> Waited:
    """Wait until nothing is under way. Raises AnswerFault (E-TIMEOUT)."""
    goal: dict[str, Json] = {"stable": True, "since_index": since_index}
    return wait_goal(session, goal, seconds or WAIT_SECONDS)


def wait_goal(session: Session, goal: dict[str, Json], seconds: float) -> Waited:
    """Wait for what the `wait` verb understands. Raises AnswerFault, click.Abort."""
    begun = time.monotonic()
    with session.stream("wait", goal, seconds, endless=False) as stream:
        events = list(_shown(session, stream))
        answer = cast("Reached", stream.result)
    return Waited(answer, events, time.monotonic() - begun)


def _shown(session: Session, stream: Stream) -> Iterator[HistoryDocument]:
    with _spinner(session):
        for event in stream:
            entry = cast("HistoryDocument", event)
            shown = None if session.is_data else progress_line(entry)
            if shown is not None:
                picture = (shown,)
                say(inked(picture) if session.is_coloured else text_of(picture))
            yield entry


@contextlib.contextmanager
def _spinner(session: Session) -> Iterator[None]:
    """Turn a wheel on stderr while a person waits."""
    if not (session.is_terminal and session.is_coloured):
        yield
        return
    from rich.console import Console  # noqa: PLC0415  # 80 ms, for people who wait.

    with Console(stderr=True).status("the cluster is working (Ctrl-C: let it go on)"):
        yield


def interrupted() -> int:
    """Tell a person who gave up waiting that nothing was undone."""
    say("interrupted: the cluster goes on; to wait again: clusterctl wait")
    return int(Exit.INTERRUPTED)
