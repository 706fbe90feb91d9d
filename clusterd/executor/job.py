"""One run of an agent that is to come, and what kinds of operations there are."""

from dataclasses import dataclass

from clusterd.executor.recurring import Recurrence
from clusterd.model.status import Operation

CHANGES = frozenset(
    {
        *("start", "stop", "promote", "demote"),
        *("reload", "reload-agent", "migrate_to", "migrate_from"),
    }
)
"""Operations that change the resource: its monitors end before them."""

BRINGS_UP = frozenset({"start", "promote", "migrate_from"})
"""Operations after which the resource is active where it was not before."""

ENDINGS = frozenset({"stop", "migrate_to"})
"""Operations after which it is no failure that the resource is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run to come or under way.

    `recurrence` None: ordered once. `boot` is set for what an earlier start of
    the daemon may have begun with the runner of that boot.
    """

    run: str
    operation: Operation
    recurrence: Recurrence | None = None
    ready_at: float = 0.0
    boot: str | None = None
