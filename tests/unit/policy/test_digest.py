"""The digest: equal configuration, equal text; another one, another text."""

from dataclasses import replace

from clusterd.model.agent import AgentName
from clusterd.policy.digest import digest_of
from tests.unit.policy.cluster import monitor, primitive


def test_order_of_parameters_does_not_matter() -> None:
    """HIS-105: sorted by name."""
    one, other = primitive("a", ip="1", nic="2"), primitive("a", nic="2", ip="1")

    assert digest_of(one) == digest_of(other)


def test_it_is_stable_for_ever() -> None:
    """Results in the log carry it; a new release must not restart everything."""
    assert digest_of(primitive("a", ip="10.0.0.1")) == STABLE


def test_agent_and_parameters_count() -> None:
    """Another agent or value is another resource."""
    one = primitive("a", ip="1")

    assert digest_of(one) != digest_of(primitive("a", ip="2"))
    assert digest_of(one) != digest_of(
        replace(one, agent=AgentName("ocf", "test", "Other"))
    )


def test_a_time_limit_counts_for_recurring_operations_only() -> None:
    """So that a new limit begins the monitor anew, and restarts nothing."""
    one = primitive("a", monitor(timeout=5))

    assert digest_of(one, monitor(timeout=5)) != digest_of(one, monitor(timeout=6))
    assert digest_of(one) == digest_of(primitive("a", monitor(timeout=6)))


def test_neighbours_do_not_run_together() -> None:
    """`a=1`, `b=2` is not one parameter `a` with a strange value."""
    assert digest_of(primitive("a", a="1\0b=2")) != digest_of(
        primitive("a", a="1", b="2")
    )


STABLE = "ea84b091bb4c70f5cb13095228ee9449"
