"""Who this node is: the one small file that makes a machine a member."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from clusterd.host.files import write_whole
from clusterd.model.names import NodeName
from clusterd.safety.timing import PROFILES

FORMAT = 1


class BrokenIdentity(Exception):
    """The identity file cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIdentity:
    """`address` is `host:port` as the other members reach this node.

    `seeds` are all members known when this node joined, as (raft id, name,
    address); the log knows better as soon as it has been heard.
    """

    cluster: str
    name: NodeName
    raft_id: int
    address: str
    timing: str
    seeds: tuple[tuple[int, NodeName, str], ...] = ()


def load_identity(file: Path) -> NodeIdentity | None:
    """Read the file; None if this machine belongs to no cluster.

    Raises BrokenIdentity.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _parse(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenIdentity(
            f"{file} cannot be read ({error}); restore it from a backup, or remove "
            f"the folder {file.parent} and join again"
        ) from error


def save_identity(file: Path, identity: NodeIdentity) -> None:
    """Write the file durably: afterwards this machine is a member."""
    text = json.dumps({"format": FORMAT, **asdict(identity)}, indent=2) + "\n"
    write_whole(file, text.encode(), mode=0o600)


def _parse(found: object) -> NodeIdentity:
    if not isinstance(found, dict):
        raise TypeError("it is not an object")
    if found.get("format") != FORMAT:
        raise ValueError(f"format {found.get('format')} instead of {FORMAT}")
    if found["timing"] not in PROFILES:
        raise ValueError(f"no timing profile {found['timing']}")
    seeds = found.get("seeds", [])
    if not isinstance(seeds, list):
        raise TypeError("seeds is not a list")
    return NodeIdentity(
        cluster=str(found["cluster"]),
        name=NodeName(str(found["name"])),
        raft_id=int(str(found["raft_id"])),
        address=str(found["address"]),
        timing=str(found["timing"]),
        seeds=tuple((int(i), NodeName(str(n)), str(a)) for i, n, a in seeds),
    )
