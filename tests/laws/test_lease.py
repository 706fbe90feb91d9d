"""The lease inequality with random clocks, delays, quorums: never two holders.

Source: docs/explanation/leases.md; the holder is at its most stubborn (it uses the
whole lease and the whole release bound), the taker at its most eager.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterd.safety.lease import lease_base, majority, released_at
from clusterd.safety.timing import FAST, Timing

TRIALS = 4000
RELEASE = 0.1
HOLDER, TAKER = 1, 2


@dataclass(frozen=True)
class Rules:
    """What both sides do; each field is one rule that can be left out."""

    timing: Timing = FAST
    taken_release: float = RELEASE
    from_sending: bool = True
    """The holder counts from the sending of a renewal, not from its answer."""
    whole_majority: bool = True
    """The taker waits for a majority of refusals, not for its own alone."""
    from_append: bool = True
    """Voters refuse from the appending of the eviction, not from its commit."""
    drift_counted: bool = True


@dataclass(frozen=True)
class Answer:
    """One voter's acknowledgement of one renewal; real instants."""

    voter: int
    sent: float
    granted: float
    heard: float


class Trial:
    """One history: renewals, an eviction, a taking over. Real time begins at 0."""

    def __init__(self, chance: random.Random, rules: Rules) -> None:
        self._chance = chance
        self._rules = rules
        count = chance.choice((3, 5))
        self.voters = range(1, count + 1)
        drift = FAST.drift
        self._rates = {v: chance.uniform(1 - drift, 1 + drift) for v in self.voters}
        if chance.random() < 0.5:  # The worst clocks are those at the edge.
            self._rates = {
                v: chance.choice((1 - drift, 1 + drift)) for v in self.voters
            }
        self._appended = {v: chance.uniform(1.0, 1.3) for v in self.voters}
        self._appended[HOLDER] = float("inf")  # It is cut off from the leader.
        order = sorted(self.voters, key=self._appended.__getitem__)
        self._committed = self._appended[order[majority(count) - 1]]
        self._answers = list(self._renewals())

    def _renewals(self) -> Iterator[Answer]:
        chance = self._chance
        delay_max = chance.choice((0.001, 0.05, 0.3))
        for beat in range(25):
            sent = beat * FAST.heartbeat + chance.uniform(0.0, 0.05)
            for voter in self.voters:
                granted = sent
                if voter != HOLDER:
                    granted += chance.uniform(0.0, delay_max)
                if chance.random() < 0.2 or granted >= self._refuses_from(voter):
                    continue
                heard = granted + chance.uniform(0.0, delay_max)
                yield Answer(voter, sent, granted, heard)

    def _refuses_from(self, voter: int) -> float:
        appended = self._appended[voter]
        return (
            appended
            if self._rules.from_append
            else max(appended, self._committed + 0.2)
        )

    def gone(self) -> float:
        """Return the real instant at which the holder has certainly released."""
        rate = self._rates[HOLDER]
        acked: dict[int, float] = {}
        for each in self._answers:
            since = each.sent if self._rules.from_sending else each.heard
            acked[each.voter] = max(acked.get(each.voter, 0.0), since * rate)
        base = lease_base((frozenset(self.voters),), acked)
        if base is None:
            return 0.0
        return (base + FAST.lease + RELEASE) / rate

    def taken(self) -> float:
        """Return the real instant at which the taker begins."""
        rules, chance = self._rules, self._chance
        others = [v for v in self.voters if v != HOLDER]
        need = majority(len(self.voters))
        refusing = chance.sample(others, chance.randint(need, len(others)))
        if not rules.whole_majority:
            refusing = [TAKER]
        rate = self._rates[TAKER]
        heard_at = self._committed
        last_acks: dict[int, float] = {}
        for voter in refusing:
            reported = max(self._appended[voter], self._committed)
            reported += chance.uniform(0.0, 1.0)
            age = (reported - self._last_ack(voter)) * self._rates[voter]
            heard = reported + chance.choice((0.0, chance.uniform(0.0, 0.2)))
            heard_at = max(heard_at, heard)
            last_acks[voter] = heard * rate - age
        timing = rules.timing
        if not rules.drift_counted:
            timing = replace(timing, drift=0.0)
        voters = (frozenset(refusing if not rules.whole_majority else self.voters),)
        over = released_at(voters, last_acks, timing, rules.taken_release)
        assert over is not None
        return max(over / rate, heard_at)

    def _last_ack(self, voter: int) -> float:
        own = [each.granted for each in self._answers if each.voter == voter]
        return max(own, default=0.0)

    def slack(self) -> float:
        """Return the seconds between release and taking over; negative: overlap."""
        return self.taken() - self.gone()


def _slacks(rules: Rules) -> list[float]:
    chance = random.Random(7)  # noqa: S311  # Repeatable.
    return [Trial(chance, rules).slack() for _ in range(TRIALS)]


@given(st.integers(min_value=0, max_value=2**32))
def test_the_taker_never_begins_before_the_holder_has_released(seed: int) -> None:
    """W >= (D + S)(1 + r)/(1 - r) from the last acknowledgement is enough."""
    slack = Trial(random.Random(seed), Rules()).slack()  # noqa: S311  # Repeatable.

    assert slack >= -1e-9


def test_the_inequality_wastes_little() -> None:
    """A bound that was never nearly reached would only cost time."""
    slacks = _slacks(Rules())

    assert min(slacks) >= -1e-9
    assert min(slacks) < 0.05


@pytest.mark.parametrize(
    "rules",
    [
        Rules(taken_release=0.0),
        Rules(from_sending=False),
        Rules(whole_majority=False),
        Rules(from_append=False),
        Rules(drift_counted=False),
    ],
    ids=lambda rules: next(
        name
        for name in (
            "taken_release",
            "from_sending",
            "whole_majority",
            "from_append",
            "drift_counted",
        )
        if getattr(rules, name) != getattr(Rules(), name)
    ),
)
def test_without_any_one_of_the_rules_there_are_two_holders(rules: Rules) -> None:
    """Each rule is needed: the same histories overlap without it."""
    overlapping: Callable[[float], bool] = lambda slack: slack < -1e-6  # noqa: E731

    assert any(overlapping(each) for each in _slacks(rules))
