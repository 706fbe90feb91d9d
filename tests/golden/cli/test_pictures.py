"""Pictures as text: what a person reads is exactly what stands in `cases`.

Documents made by hand (`*.json`) show every corner of the picture; stories
(functions below) go through the real state, views and renderers.
`CLUSTERD_ACCEPT=1 pytest tests/golden/cli` writes what is drawn now.
"""

import json
import os
import time
from pathlib import Path
from typing import cast

import pytest

from clusterd.cli.picture import EMPTY, text_of
from clusterd.cli.reference import reference
from clusterd.cli.render.check import check_line
from clusterd.cli.render.history import history_picture
from clusterd.cli.render.status import status_picture
from clusterd.model.names import NodeName, ResourceName
from clusterd.model.status import Hold, HoldKind
from clusterd.state.command import SetHold
from clusterd.state.documents import StatusDocument
from clusterd.state.views import history_since, status_document
from tests.fakes.door import FakeDoor

CASES = Path(__file__).parent / "cases"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


def _is_golden(drawn: str, golden: Path) -> bool:
    if os.environ.get("CLUSTERD_ACCEPT"):
        golden.write_text(f"{drawn}\n")
    return golden.read_text() == f"{drawn}\n"


def _drawn(document: StatusDocument) -> str:
    said, code = check_line(document)
    picture = status_picture(document, time.gmtime)
    return f"{text_of(picture)}\n\n{said}  (exit {code})"


@pytest.mark.parametrize("case", sorted(CASES.glob("*.json")), ids=lambda c: c.stem)
def test_hand_made_documents(case: Path) -> None:
    """The layout of CLI.md 6.1 and 6.2, whoever made the document."""
    document = cast("StatusDocument", json.loads(case.read_text()))

    drawn = _drawn(document)

    assert _is_golden(drawn, case.with_suffix(".txt"))


def _all_well(door: FakeDoor) -> None:
    door.wall += 3600


def _node_lost(door: FakeDoor) -> None:
    door.wall += 60
    door.lose("n2")
    door.wall += 3


def _recovered_elsewhere(door: FakeDoor) -> None:
    door.lose("n1")
    door.settle()
    door.wall += 30


def _held(door: FakeDoor) -> None:
    standby = Hold(
        kind=HoldKind.STANDBY,
        node=NodeName("n3"),
        author="alice",
        message="kernel update",
        since_wall=door.wall,
        until_wall=door.wall + 7200,
    )
    maintenance = Hold(
        kind=HoldKind.MAINTENANCE,
        resource=ResourceName("vip"),
        author="bob",
        since_wall=door.wall,
    )
    door.commit(SetHold(hold=standby))
    door.commit(SetHold(hold=maintenance))
    door.settle()
    door.wall += 600


def _start_failed_everywhere(door: FakeDoor) -> None:
    names = [each.name for each in door.replicated.members]
    door.failing = {(name, "vip", "start") for name in names}
    door.lose("n1")
    door.settle()
    door.wall += 5


def _no_quorum(door: FakeDoor) -> None:
    door.has_quorum = False
    door.freshness = 71.0
    door.wall += 71


STORIES = {
    "all_well": _all_well,
    "node_lost": _node_lost,
    "recovered_elsewhere": _recovered_elsewhere,
    "held": _held,
    "start_failed_everywhere": _start_failed_everywhere,
    "no_quorum": _no_quorum,
}


@pytest.mark.parametrize("name", STORIES)
def test_stories_of_a_real_state(name: str) -> None:
    """What the log holds, seen through the views and drawn."""
    door = FakeDoor.with_nodes("n1", "n2", "n3")
    STORIES[name](door)

    document = status_document(door.state(), door.live(), door.now_wall())

    assert _is_golden(_drawn(document), CASES / f"story_{name}.txt")


def test_wide_and_history() -> None:
    """The wide picture shows copies and nodes in full; history tells the tale."""
    door = FakeDoor.with_nodes("n1", "n2", "n3")
    document = status_document(door.state(), door.live(), door.now_wall() + 90)

    wide = status_picture(document, time.gmtime, is_wide=True)
    told = history_picture(history_since(door.state()), time.gmtime)

    drawn = text_of((*wide, EMPTY, *told))
    assert _is_golden(drawn, CASES / "wide_and_history.txt")


def test_the_reference_page_is_up_to_date() -> None:
    """`python -m clusterd.cli.reference > docs/reference/cli.md` writes it."""
    assert _is_golden(reference().rstrip("\n"), PAGE)
