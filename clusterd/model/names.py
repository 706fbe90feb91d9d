"""Names: no bare string crosses a border between rooms."""

from typing import NewType

NodeName = NewType("NodeName", str)
"""A configured machine, as `uname -n` says it: letters, digits, `-`, `_`, `.`."""

ResourceName = NewType("ResourceName", str)
"""What the administrator calls a primitive, group or clone."""

InstanceName = NewType("InstanceName", str)
"""One running copy: the primitive's name, plus `:N` below a clone (`haproxy:1`)."""

ConstraintName = NewType("ConstraintName", str)
"""The id of a constraint; derived from its parts where the user gave none."""


def instance_name(primitive: ResourceName, number: int | None) -> InstanceName:
    """Return the name of copy `number` (from 0), or of the only one if None."""
    return InstanceName(primitive if number is None else f"{primitive}:{number}")


def history_name(instance: InstanceName) -> ResourceName:
    """Return the primitive whose agent speaks for `instance` (`haproxy:1`: `haproxy`).

    Copies of an anonymous clone are interchangeable, so what a node remembers is
    filed under the primitive (Pacemaker's rule HIS for anonymous clones).
    """
    return ResourceName(instance.partition(":")[0])
