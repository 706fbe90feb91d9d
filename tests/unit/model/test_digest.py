"""The digest that tells whether parameters changed."""

from clusterd.model.digest import digest

AGENT = "ocf:clusterd:VIP"


def test_order_of_parameters_does_not_count() -> None:
    """A mapping has no order, so moving a line in the file restarts nothing."""
    left = digest(AGENT, {"ip": "203.0.113.10", "nic": "eth0"})
    right = digest(AGENT, {"nic": "eth0", "ip": "203.0.113.10"})

    assert left == right


def test_any_change_counts() -> None:
    """Neither agent, name nor value may move into another unnoticed."""
    digests = {
        digest(AGENT, {}),
        digest("ocf:clusterd:VIP2", {}),
        digest(AGENT, {"a": "b"}),
        digest(AGENT, {"ab": ""}),
        digest(AGENT, {"a": "b", "c": "d"}),
        digest(AGENT, {"a": "b\nc=d"}),
        digest(AGENT, {"a": "é"}),
    }

    assert len(digests) == 7


def test_stored_digests_stay_valid() -> None:
    """Digests stand in the log of running clusters: the form is frozen."""
    value = digest(AGENT, {"ip": "203.0.113.10", "label": "é"})

    assert value == "4da888afce93c19b143fdfcef83b4ab4"
