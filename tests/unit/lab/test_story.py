"""What the demo tells of the cluster's history."""

from clusterd.state.documents import HistoryDocument
from tests.lab.demo.story import told


def _entry(kind: str, text: str, at: float, resource: str = "") -> HistoryDocument:
    return {
        "index": 1,
        "at_wall": at,
        "kind": kind,
        "text": text,
        "node": "",
        "resource": resource,
        "author": "",
        "cause": "",
        "transition": "",
        "duration": 0.0,
    }


def test_the_story_follows_the_address_and_what_failed() -> None:
    """Other resources that moved along would bury the decisive entries."""
    history = [
        _entry("failed", "monitor of haproxy:0 failed on n1", 100.1, "haproxy:0"),
        _entry("decided", "recover haproxy:0 n1: it failed", 100.2),
        _entry("decided", "move other n1 → n2: it follows", 100.2),
        _entry("started", "other started on n2", 100.3, "other"),
        _entry("started", "haproxy:0 started on n1", 100.4, "haproxy:0"),
        _entry("started", "vip started on n1", 100.5, "vip"),
    ]

    steps = told(history, 100.0, "vip")

    assert [step.text for step in steps] == [
        "monitor of haproxy:0 failed on n1",
        "recover haproxy:0 n1: it failed",
        "haproxy:0 started on n1",
        "vip started on n1",
    ]


def test_instants_count_from_the_fault() -> None:
    """Readers compare them with the outage, which counts from there too."""
    steps = told([_entry("node-lost", "n2 is lost", 100.6)], 100.0, "vip")

    assert [round(step.after, 3) for step in steps] == [0.6]
