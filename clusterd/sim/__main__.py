"""`python -m clusterd.sim --seeds 0:200`: play seeds, print the story of a failure."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from clusterd.sim.mutants import MUTANTS
from clusterd.sim.run import Verdict, try_seed
from clusterd.sim.scenario import draw

EXIT_BROKEN = 1
LINES_SHOWN = 120
"""The end of a story that is shown; `--story` and `--keep` have all of it."""


def main(words: list[str] | None = None) -> int:
    """Play what the arguments say; return the exit code."""
    options = _parser().parse_args(words)
    if options.mutants:
        return _try_mutants(options)
    if options.story is not None:
        verdict = _play(options.nodes, "", options.story)
        _say("\n".join(verdict.lines))
        _say(_line(verdict))
        return EXIT_BROKEN if verdict.broken else 0
    return _try_seeds(options)


def _try_seeds(options: argparse.Namespace) -> int:
    started = time.monotonic()
    failed: list[Verdict] = []
    done = simulated = happenings = 0.0
    slowest = 0.0
    for verdict in _verdicts(options, ""):
        done += 1
        simulated += verdict.simulated
        happenings += verdict.happenings
        slowest = max(slowest, verdict.settled_in)
        if verdict.broken is not None:
            failed.append(verdict)
            _say(_line(verdict))
        elif options.verbose:
            _say(_line(verdict))
        if options.keep is not None and verdict.broken is not None:
            _keep(options.keep, verdict)
    took = max(time.monotonic() - started, 1e-9)
    if failed:
        first = failed[0]
        _say(f"\nthe end of the story of seed {first.seed}:")
        _say("\n".join(first.lines[-LINES_SHOWN:]))
    laws = Counter(each.broken.law for each in failed if each.broken)
    told = ", ".join(f"{law} {count}" for law, count in sorted(laws.items()))
    _say(
        f"{done:.0f} seeds, {len(failed)} broken{f' ({told})' if told else ''};"
        f" {60 * done / took:.0f} seeds/min, {simulated / took:.0f} simulated s/s,"
        f" {happenings / took:.0f} happenings/s; slowest to rest {slowest:.0f} s"
    )
    return EXIT_BROKEN if failed else 0


def _try_mutants(options: argparse.Namespace) -> int:
    """Show that each deliberate bug is convicted."""
    missed = 0
    for name in MUTANTS:
        tried = 0
        caught = None
        for verdict in _verdicts(options, name):
            tried += 1
            if verdict.broken is not None:
                caught = verdict
                break
        missed += caught is None
        how = f"caught: {_line(caught)}" if caught else "NOT CAUGHT"
        _say(f"{name}: {tried} seeds, {how}")
    _say(f"{len(MUTANTS) - missed} of {len(MUTANTS)} deliberate bugs caught")
    return EXIT_BROKEN if missed else 0


def _verdicts(options: argparse.Namespace, mutant: str) -> Iterator[Verdict]:
    seeds: Iterable[int] = options.seeds
    play = partial(_play, options.nodes, mutant)
    if options.jobs == 1:
        yield from map(play, seeds)
        return
    with ProcessPoolExecutor(options.jobs) as pool:
        yield from pool.map(play, seeds)


def _play(nodes: int, mutant: str, seed: int) -> Verdict:
    product = MUTANTS[mutant] if mutant else None
    return try_seed(draw(seed, nodes), product)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _line(verdict: Verdict) -> str:
    broken = verdict.broken
    how = f"{broken.law}: {broken.text}" if broken else "ok"
    return (
        f"seed {verdict.seed}: {how} [{verdict.simulated:.0f} s, at rest after"
        f" {verdict.settled_in:.0f} s, {verdict.faults} faults,"
        f" {verdict.acknowledged} of {verdict.asked} acknowledged,"
        f" {verdict.entries} entries, {verdict.fingerprint[:12]}]"
    )


def _keep(folder: Path, verdict: Verdict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*verdict.lines, _line(verdict), ""])
    (folder / f"seed-{verdict.seed}.txt").write_text(text, encoding="utf-8")


def _seeds(text: str) -> range:
    first, colon, end = text.partition(":")
    try:
        return range(int(first), int(end) if colon else int(first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not FROM:TO") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m clusterd.sim",
        description="Whole clusters in virtual time, with faults from a seed.",
    )
    add = parser.add_argument
    add("--seeds", type=_seeds, default=range(50), metavar="FROM:TO")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    add("--nodes", type=int, default=3, metavar="N", help="nodes of each cluster")
    add("--story", type=int, metavar="SEED", help="tell this seed from its start")
    add("--keep", type=Path, metavar="DIR", help="write failing stories there")
    add("--verbose", action="store_true", help="a line for each seed")
    add("--mutants", action="store_true", help="show that deliberate bugs are caught")
    return parser


if __name__ == "__main__":
    sys.exit(main())
