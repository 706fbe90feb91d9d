"""Names of copies, and whom they are filed under."""

import pytest

from clusterd.model.names import (
    InstanceName,
    ResourceName,
    history_name,
    instance_name,
)

HAPROXY = ResourceName("haproxy")


def test_the_only_copy_is_called_like_its_primitive() -> None:
    """Users never see a number where there is nothing to number."""
    assert instance_name(HAPROXY, None) == "haproxy"


def test_copies_of_a_clone_are_numbered_from_zero() -> None:
    """Copy 0 is a copy, too."""
    assert instance_name(HAPROXY, 0) == "haproxy:0"
    assert instance_name(HAPROXY, 12) == "haproxy:12"


@pytest.mark.parametrize("number", [None, 0, 1, 12])
def test_every_copy_is_filed_under_its_primitive(number: int | None) -> None:
    """Copies are interchangeable, so a node's memory must not depend on a number."""
    assert history_name(instance_name(HAPROXY, number)) == HAPROXY


def test_a_name_with_other_marks_is_left_alone() -> None:
    """Only the colon begins a number."""
    assert history_name(InstanceName("db-1.main")) == "db-1.main"
