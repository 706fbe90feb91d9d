"""One line an event, which nothing an agent prints can forge."""

import logging
import re
from collections.abc import Iterator

import pytest

from clusterd.daemon import journal
from clusterd.model.note import Level, Note

LOST = Note(
    name="node-lost", level=Level.NOTICE, text="n1 is lost", fields={"node": "n1"}
)


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    logger = logging.getLogger("clusterd")
    before = (logger.handlers, logger.propagate, logger.level)
    yield
    logger.handlers, logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def test_a_line_has_time_level_name_text_and_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Readable as it stands, and easy to cut with any tool."""
    journal.set_up("info", for_journal=False)

    journal.tell(LOST)

    line = capsys.readouterr().err
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} notice node-lost: n1 is lost node=n1\n",
        line,
    )


@pytest.mark.parametrize(
    ("level", "prefix"),
    [
        (Level.DEBUG, "<7>"),
        (Level.INFO, "<6>"),
        (Level.NOTICE, "<5>"),
        (Level.WARNING, "<4>"),
        (Level.ERROR, "<3>"),
    ],
)
def test_the_journal_gets_a_priority_and_no_time(
    capsys: pytest.CaptureFixture[str], level: Level, prefix: str
) -> None:
    """It adds the time itself. Source: sd-daemon(3)."""
    journal.set_up("debug", for_journal=True)

    journal.tell(Note(name="it", level=level, text="happened"))

    assert capsys.readouterr().err == f"{prefix}it: happened\n"


def test_notes_below_the_level_are_not_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failover stays under twenty lines at notice."""
    journal.set_up("warning", for_journal=False)

    journal.tell(LOST)

    assert capsys.readouterr().err == ""


def test_a_line_break_in_a_text_does_not_begin_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An agent must not be able to write what looks like an event of ours."""
    journal.set_up("info", for_journal=True)

    journal.tell(Note(name="failed", text="bad\n<3>node-lost: n9 is lost"))

    assert capsys.readouterr().err == "<6>failed: bad\\n<3>node-lost: n9 is lost\n"
