"""A daemon whose data folder is not what it was: it says so and does not start.

Exit 78 (EX_CONFIG): systemd is told not to try again, since nothing but a person
can mend it. What is on the disk is left as it is.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusterd.net import tls
from clusterd.net.keyring import load_authority, save_credentials
from tests.process.lone_daemon import LoneDaemon, machines

pytestmark = pytest.mark.process

CANNOT_RUN = 78
YEAR = 365.0 * 86_400
NOW = 1_790_000_000.0
"""Wall time in the middle of nowhere: certificates of 20 years before are expired."""


@pytest.fixture(scope="module")
def member() -> Iterator[LoneDaemon]:
    """Make a cluster of one whose daemon has ended; at the end it must be well."""
    with machines("n1") as (lone,):
        lone.found()
        lone.stop()
        yield lone
        lone.start()
        lone.wait("a coordinator", lambda: lone.status()["coordinator"] is not None)
        assert lone.stop() == 0


@pytest.fixture
def node(member: LoneDaemon, tmp_path: Path) -> Iterator[LoneDaemon]:
    """Lend the member; its data folder is put back afterwards."""
    kept = tmp_path / "kept"
    shutil.copytree(member.data, kept)
    yield member
    shutil.rmtree(member.data)
    shutil.copytree(kept, member.data)


def _damage(log: Path) -> None:
    """Change a byte of a committed entry, and of nothing else."""
    with sqlite3.connect(log, isolation_level=None) as database:
        database.execute(
            "UPDATE entries SET data = x'00' WHERE id = (SELECT min(id) FROM entries)"
        )
    database.close()


def _overwrite(log: Path) -> None:
    log.write_bytes(b"this was a database once" * 400)


def _truncate(log: Path) -> None:
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size // 2)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        pytest.param(_damage, "entry ", id="damaged entry"),
        pytest.param(_truncate, "database", id="half of it"),
        pytest.param(_overwrite, "not a database", id="something else"),
        pytest.param(Path.unlink, "there is no log here", id="nothing"),
    ],
)
def test_a_corrupted_log_is_refused_with_place_and_cure(
    node: LoneDaemon, harm: object, words: str
) -> None:
    """A voter that forgot something could undo a commit: it must not vote."""
    assert callable(harm)
    harm(node.data / "log.db")
    damaged = {p: p.read_bytes() for p in node.data.glob("log.db") if p.exists()}

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN, said
    assert "error cannot-run: " in said
    assert f"{node.data / 'log.db'}: " in said
    assert words in said
    assert "Traceback" not in said
    assert {p: p.read_bytes() for p in damaged} == damaged, "it is evidence"


def test_the_cure_of_a_corrupted_log_is_in_the_message(node: LoneDaemon) -> None:
    """Word for word what to type, and it works: afterwards it is a new machine."""
    _damage(node.data / "log.db")

    _, said = node.refuses_to_start()

    assert f"clusterctl node remove {node.name}" in said
    assert f"rm -r {node.data}" in said
    assert "clusterctl cluster join" in said
    shutil.rmtree(node.data)
    node.start()
    assert "belongs to no cluster" in node.ctl("status").stderr
    node.stop()


def test_a_broken_identity_is_refused(node: LoneDaemon) -> None:
    """Better no node than one that takes itself for another."""
    (node.data / "node.json").write_text('{"format": 1, "name":')

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN
    assert f"{node.data / 'node.json'} cannot be read" in said
    assert "join again" in said


def test_the_log_of_another_node_is_refused(node: LoneDaemon) -> None:
    """A restored backup that mixes two nodes would vote in a foreign name."""
    identity = node.data / "node.json"
    identity.write_text(identity.read_text().replace('"n1"', '"n7"'))

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN, said
    assert "n7" in said


@pytest.mark.parametrize(
    ("issued", "words"),
    [
        pytest.param(-40 * YEAR, "expired", id="expired"),
        pytest.param(40 * YEAR, "valid from", id="clock before it"),
    ],
)
def test_a_certificate_out_of_its_time_is_refused(
    node: LoneDaemon, issued: float, words: str
) -> None:
    """With its dates, and with the clock as the other suspect."""
    authority = load_authority(node.data / "tls")
    own = tls.issue_to(authority, node.name, [node.address], NOW + issued)
    save_credentials(node.data / "tls", own)

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN, said
    assert words in said
    assert "hint: " in said
    assert "clock" in said


def test_a_foreign_certificate_is_refused(node: LoneDaemon) -> None:
    """Files of two clusters in one folder, after a careless restore."""
    foreign = tls.create_authority("other", NOW)
    theirs = tls.issue_to(foreign, node.name, [node.address], NOW)
    (node.data / "tls/node.crt").write_bytes(theirs.certificate)
    (node.data / "tls/node.key").write_bytes(theirs.key)

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN, said
    assert "authority" in said


def test_a_key_that_others_may_read_is_refused(node: LoneDaemon) -> None:
    """With the command that mends it."""
    key = node.data / "tls/node.key"
    key.chmod(0o644)

    status, said = node.refuses_to_start()

    assert status == CANNOT_RUN
    assert f"chmod 600 {key}" in said


def test_two_daemons_on_one_folder_are_refused_and_the_first_goes_on(
    node: LoneDaemon,
) -> None:
    """Started by hand while systemd runs it: the second one gives way."""
    node.start()

    same_door = node.refuses_to_start()
    other_door = node.refuses_to_start(run="other")

    assert same_door[0] == other_door[0] == CANNOT_RUN
    for _, said in (same_door, other_door):
        assert "second clusterd" in said or "another daemon answers" in said
    node.wait("online", lambda: node.status()["nodes"][0]["state"] == "online")
    assert node.stop() == 0
