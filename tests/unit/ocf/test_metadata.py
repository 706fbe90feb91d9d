"""Metadata as OCF 1.1 has it, from what the class declares."""

import pytest
from lxml import etree

from clusterd.ocf.agent import Agent, Operation, offers
from clusterd.ocf.metadata import metadata, seconds
from clusterd.ocf.parameter import Choice, Flag, Text


class Example(Agent):
    """Keeps <things> & "more".

    For a while.
    """

    version = "2.5"
    name = Text(required=True, unique_group="name", help='A "name". Not long.')
    password = Text(private=True, reloadable=True, help="Secret.")
    mode = Choice("a", "b", default="b", help="Mode.")
    quick = Flag("no", help="Quick.")

    operations = offers(
        Operation("monitor", timeout=20, interval=10, depth=0),
        Operation("monitor", timeout=30, interval=11, role="Promoted"),
    )

    def monitor(self) -> None:
        """Do nothing."""


def test_the_document_says_what_the_class_declares() -> None:
    """Element by element; text is escaped."""
    root = etree.fromstring(metadata(Example).encode())

    assert dict(root.items()) == {"name": "Example", "version": "2.5"}
    assert root.findtext("shortdesc") == 'Keeps <things> & "more"'
    assert root.findtext("longdesc") == 'Keeps <things> & "more".\n\nFor a while.'
    first, password, mode, quick = root.findall("parameters/parameter")
    assert dict(first.items()) == {
        "name": "name",
        "required": "1",
        "unique": "1",
        "unique-group": "name",
        "reloadable": "0",
    }
    assert first.findtext("shortdesc") == 'A "name"'
    assert (password.get("private"), password.get("reloadable")) == ("1", "1")
    assert [each.get("value") for each in mode.iterfind("content/option")] == ["a", "b"]
    assert [each.get("default") for each in quick.iterfind("content")] == ["no"]
    assert "default" not in first.findall("content")[0].attrib


def test_the_actions_every_agent_has_are_listed_too() -> None:
    """Tools take what is listed for what is there."""
    root = etree.fromstring(metadata(Example).encode())

    actions = [dict(action.items()) for action in root.findall("actions/action")]

    assert actions == [
        {"name": "monitor", "timeout": "20s", "interval": "10s", "depth": "0"},
        {"name": "monitor", "timeout": "30s", "interval": "11s", "role": "Promoted"},
        {"name": "meta-data", "timeout": "5s"},
        {"name": "validate-all", "timeout": "20s"},
    ]


@pytest.mark.parametrize(
    ("span", "text"), [(20, "20s"), (0.25, "250ms"), (1.5, "1.5s"), (0, "0s")]
)
def test_times_are_written_with_their_unit(span: float, text: str) -> None:
    """Bare numbers are read as seconds by some and milliseconds by others."""
    assert seconds(span) == text
