"""Meta attributes with every default filled in (INP-40 to INP-45)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from clusterd.model.resource import Meta, OnDoubt, Release, Role
from clusterd.model.score import INFINITY

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for one unit. The defaults are Pacemaker's (INP-42)."""

    target_role: Role | None = None
    is_managed: bool | None = None
    maintenance: bool = False
    priority: int = 0
    stickiness: int = 0
    migration_threshold: int = INFINITY
    """0: failures never ban."""
    failure_timeout: float = 0.0
    critical: bool = True
    keep: bool = False
    """At least one copy matters more than at most one (`on_doubt: keep`)."""
    release: Release = Release.PROCESS
    events: bool = True


def resolve(chain: Sequence[Meta], *, cloned: bool) -> Settings:
    """Return the settings of a unit whose metas stand in `chain`, its own first.

    The first value wins; what is inside a clone sticks by 1 (INP-40).
    """
    threshold = _first([meta.migration_threshold for meta in chain], INFINITY)
    return Settings(
        target_role=_first([meta.target_role for meta in chain], None),
        is_managed=_first([meta.is_managed for meta in chain], None),
        maintenance=_first([meta.maintenance for meta in chain], default=False),
        priority=_first([meta.priority for meta in chain], 0),
        stickiness=_first([meta.stickiness for meta in chain], 1 if cloned else 0),
        migration_threshold=INFINITY if threshold < 0 else threshold,
        failure_timeout=max(0.0, _first([meta.failure_timeout for meta in chain], 0.0)),
        critical=_first([meta.critical for meta in chain], default=True),
        keep=_first([meta.on_doubt for meta in chain], OnDoubt.STOP) is OnDoubt.KEEP,
        release=_first([meta.release for meta in chain], Release.PROCESS),
        events=_first([meta.events for meta in chain], default=True),
    )


def _first(values: Sequence[_T | None], default: _T) -> _T:
    return next((value for value in values if value is not None), default)
