"""The judge can convict: each deliberate bug breaks the law that forbids it."""

import pytest

from clusterd.sim.mutants import MUTANTS
from clusterd.sim.run import Verdict, try_seed
from clusterd.sim.scenario import draw

SEEDS_MAX = 24


def _first_conviction(name: str) -> Verdict | None:
    for seed in range(SEEDS_MAX):
        verdict = try_seed(draw(seed, 3), MUTANTS[name])
        if verdict.broken is not None:
            return verdict
    return None


@pytest.mark.parametrize(
    ("mutant", "laws"),
    [
        ("starts-before-proof", {"at-most-one"}),
        ("tells-no-guard", {"at-most-one"}),
        ("votes-blindly", {"committed-stays", "same-state", "no-exception"}),
        ("answers-too-soon", {"acknowledged"}),
    ],
)
def test_a_deliberate_bug_is_convicted(mutant: str, laws: set[str]) -> None:
    """A judge that acquits everybody acquits nobody."""
    verdict = _first_conviction(mutant)

    assert verdict is not None
    assert verdict.broken is not None
    assert verdict.broken.law in laws
    assert verdict.lines[-1].endswith(verdict.broken.text)


@pytest.mark.sim
@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_every_deliberate_bug_is_convicted(mutant: str) -> None:
    """The whole list, for the tier that has time."""
    verdict = _first_conviction(mutant)

    assert verdict is not None
