"""The closed list of what a coordinator can want."""

from dataclasses import dataclass
from typing import TypeAlias

from clusterd.model.cluster import ClusterState
from clusterd.model.note import Note
from clusterd.state.command import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """Put this command into the log."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan this state; the answer carries the ticket."""

    ticket: int
    state: ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A fact for the journal."""

    note: Note


Effect: TypeAlias = Propose | Plan | Mention
