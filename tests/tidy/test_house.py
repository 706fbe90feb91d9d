"""The house itself: rooms explain themselves, names say something, pages are true."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "clusterd"
LINES_MAX = 400
PAGE = 100
EMPTY_NAMES = frozenset(
    {"utils", "helpers", "common", "base", "misc", "core", "manager", "handler"}
)
ROOMS = sorted(
    folder for folder in PRODUCT.iterdir() if (folder / "__init__.py").is_file()
)
OTHER_ROOMS = ("examples", "resource_agents", "scripts", "tests", "docs/decisions")
FOREIGN = ("build", "dist", "__pycache__")
ONE_MACHINE = re.compile(r"/(work|root|home/\w+|tmp/venv)/")
"""Paths that exist on the machine of whoever wrote them, and nowhere else."""


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") and path.name != ".ci":
            continue
        if path.name in FOREIGN or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix != ".pyc":
            yield path


def _source_files() -> list[Path]:
    return [path for path in _files(ROOT) if path.suffix == ".py"]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.name))
def test_every_room_explains_itself(room: Path) -> None:
    """At most one page: purpose, contract, order of events, trade-offs, reading."""
    page = room / "README.md"

    assert page.is_file(), f"{room.name} has no README.md"
    assert len(page.read_text().splitlines()) <= PAGE


@pytest.mark.parametrize("room", OTHER_ROOMS)
def test_the_other_rooms_explain_themselves(room: str) -> None:
    """A newcomer who opens any folder learns what is in it."""
    assert (ROOT / room / "README.md").is_file()


def test_no_name_says_nothing() -> None:
    """A file is named after what it defines; these words name a drawer."""
    drawers = [
        str(path.relative_to(ROOT))
        for path in _source_files()
        if EMPTY_NAMES & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]

    assert drawers == []


def test_no_file_of_the_product_is_longer_than_a_subject() -> None:
    """Beyond 400 lines there are two subjects in one file; generated code aside."""
    long = [
        f"{path.relative_to(ROOT)}: {count} lines"
        for path in _files(PRODUCT)
        if path.suffix == ".py" and "wire/v1" not in path.as_posix()
        if (count := len(path.read_text().splitlines())) > LINES_MAX
    ]

    assert long == []


def test_nothing_points_into_one_machine() -> None:
    """The repository stands alone: what it names exists in any checkout of it."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _files(ROOT)
        for number, line in enumerate(_lines(path), start=1)
        if ONE_MACHINE.search(line)
    ]

    assert found == []


def test_the_reference_is_what_the_programs_say() -> None:
    """Every field, verb, code and parameter is in docs/reference, and is true."""
    done = subprocess.run(
        [sys.executable, "scripts/reference.py", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "page",
    [path for path in _files(ROOT) if path.suffix == ".md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link names a file that is there."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    dead = [
        target
        for target in targets
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert dead == []


def test_every_decision_is_listed() -> None:
    """The list is how a reader finds out that a question was asked before."""
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text()))

    assert {path.name for path in folder.glob("*.md")} - {"README.md"} == listed


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # A stored binary.
