"""Joining with what does not fit: every refusal is a sentence, and spoils nothing.

Three daemons on loopback. One that was refused is as it was: without a cluster,
ready to be told again.
"""

import time
from collections.abc import Iterator

import pytest

from clusterd.net.token import parse_token
from tests.process.lone_daemon import LoneDaemon, machines

pytestmark = pytest.mark.process

REFUSED, USAGE, CONFLICT = 1, 64, 6


@pytest.fixture(scope="module")
def trio() -> Iterator[list[LoneDaemon]]:
    """Run a cluster of n1 and n2, whose token was `used`, and a third machine."""
    with machines("n1", "n2", "n3") as (first, second, third):
        first.found()
        yield [first, second, third]


@pytest.fixture(scope="module")
def used(trio: list[LoneDaemon]) -> str:
    """Let the second machine in; return its token."""
    first, second, _ = trio
    token = first.token()
    done = second.join(token)
    assert done.returncode == 0, done
    first.wait("two nodes", lambda: len(_online(first)) == 2)
    return token


def _online(node: LoneDaemon) -> list[str]:
    """Return who is online, as of now: after a restart the log speaks of before."""
    status = node.status()
    if not status["quorum"]["has"]:
        return []
    return [each["name"] for each in status["nodes"] if each["state"] == "online"]


def _is_outside(node: LoneDaemon) -> bool:
    """Tell whether it belongs to no cluster, and nothing of one is left there."""
    left = [each.name for each in node.data.rglob("*") if each.is_file()]
    return "belongs to no cluster" in node.ctl("status").stderr and not left


def test_a_used_token_admits_nobody_else(trio: list[LoneDaemon], used: str) -> None:
    """It says who used it: an honest second paste looks different from a thief."""
    first, _, third = trio

    done = third.join(used)

    assert done.returncode == REFUSED, done
    assert "this token was used by n2" in done.stderr
    assert "clusterctl cluster token" in done.stderr
    assert _is_outside(third)
    assert sorted(_online(first)) == ["n1", "n2"]


def test_a_name_that_is_taken_is_refused_and_the_token_stays_good(
    trio: list[LoneDaemon], used: str
) -> None:
    """Two cloned machines have one host name."""
    first, _, third = trio
    assert used
    token = first.token()

    done = third.join(token, name="n2")

    assert done.returncode in (REFUSED, CONFLICT), done
    assert 'a node named "n2"' in done.stderr
    assert "choose another name" in done.stderr
    assert _is_outside(third)
    assert sorted(_online(first)) == ["n1", "n2"]


def test_an_expired_token_is_refused(trio: list[LoneDaemon]) -> None:
    """With the way to a new one."""
    first, _, third = trio
    token = first.token("--valid-for", "1s")
    time.sleep(1.1)  # Its time is the thing.

    done = third.join(token)

    assert done.returncode == REFUSED, done
    assert "has expired" in done.stderr
    assert "clusterctl cluster token" in done.stderr
    assert _is_outside(third)


def test_half_a_token_is_refused_before_anybody_is_asked(
    trio: list[LoneDaemon],
) -> None:
    """A paste that lost its end."""
    first, _, third = trio
    token = first.token()

    done = third.join(token[:-7])

    assert done.returncode in (REFUSED, USAGE), done
    assert "token" in done.stderr
    assert "Traceback" not in done.stderr
    assert _is_outside(third)


def test_a_cluster_that_does_not_answer_is_named_by_its_addresses(
    trio: list[LoneDaemon], used: str
) -> None:
    """A firewall, or a cluster that is down: every address with its cause."""
    first, second, third = trio
    assert used
    token = first.token()
    assert (first.stop(), second.stop()) == (0, 0)

    try:
        done = third.join(token)
    finally:
        first.start()
        second.start()

    assert done.returncode == REFUSED, done
    for address in parse_token(token).addresses:
        assert f"{address}: connection refused" in done.stderr
    assert _is_outside(third)
    first.wait("two nodes", lambda: len(_online(first)) == 2)


def test_a_member_neither_joins_nor_founds_again(
    trio: list[LoneDaemon], used: str
) -> None:
    """It would have to forget what it promised to the others."""
    first, second, _ = trio
    assert used
    token = first.token()

    joined = second.join(token)
    founded = second.ctl("cluster", "init", "--cluster", "other")

    for done in (joined, founded):
        assert done.returncode == CONFLICT, done
        assert 'a member of cluster "demo"' in done.stderr
        assert "clusterctl cluster leave" in done.stderr


def test_a_member_without_quorum_refuses_at_once_and_spoils_nothing(
    trio: list[LoneDaemon], used: str
) -> None:
    """Or the cluster would let in later who has long given up."""
    first, second, third = trio
    assert used
    token = first.token()
    assert first.stop() == 0
    second.wait("no quorum", lambda: not second.status()["quorum"]["has"])

    begun = time.monotonic()
    done = third.join(token)
    took = time.monotonic() - begun
    first.start()
    first.wait("two nodes", lambda: len(_online(first)) == 2)

    assert done.returncode == REFUSED, done
    assert "n2 reaches no majority of the cluster" in done.stderr
    assert "the token stays good" in done.stderr
    assert took < 10.0
    assert _is_outside(third)
    assert sorted(_online(first)) == ["n1", "n2"]


def test_who_was_refused_joins_with_the_same_token(
    trio: list[LoneDaemon], used: str
) -> None:
    """What was said of the token is so."""
    first, _, third = trio
    assert used
    token = first.token()
    assert third.join(token, name="n1").returncode != 0

    done = third.join(token)

    assert done.returncode == 0, done
    first.wait("three nodes", lambda: len(_online(first)) == 3)
