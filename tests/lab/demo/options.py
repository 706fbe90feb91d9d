"""The arguments of the demo."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.demo.faults import BY_NAME, FAULTS, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    faults: tuple[Fault, ...]
    as_json: bool
    keep: bool
    only_list: bool


def parse(words: Sequence[str]) -> Options:
    """Read the arguments; end with status 64 and a hint if they are wrong."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Three nodes, an address, HAProxy and an API on this machine; "
        "then faults, and what a client sees of them.",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave the cluster up; say how to enter it"
    )
    parser.add_argument(
        "--faults", metavar="A,B", help="only these, in this order; none: `none`"
    )
    parser.add_argument("--list", action="store_true", help="name the faults and end")
    found = parser.parse_args(words)
    try:
        chosen = _chosen(found.faults)
    except LookupError as fault:
        parser.exit(64, f"{fault.args[0]}\n")
    return Options(
        faults=chosen, as_json=found.json, keep=found.keep, only_list=found.list
    )


def _chosen(names: str | None) -> tuple[Fault, ...]:
    if names is None:
        return FAULTS
    if names == "none":
        return ()
    wanted = [name.strip() for name in names.split(",")]
    unknown = [name for name in wanted if name not in BY_NAME]
    if unknown:
        known = ", ".join(BY_NAME)
        raise LookupError(f"no fault is named `{unknown[0]}`\nhint: {known}")
    return tuple(BY_NAME[name] for name in wanted)
