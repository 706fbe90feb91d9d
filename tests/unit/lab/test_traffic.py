"""What counts as an outage: the figures of the demo stand on this."""

from tests.lab.traffic import Outage, Seen, outage


def _seen(*verdicts: bool) -> list[Seen]:
    return [
        Seen(start=number * 0.01, end=number * 0.01 + 0.2, is_ok=is_ok)
        for number, is_ok in enumerate(verdicts)
    ]


def test_no_failed_request_is_no_outage() -> None:
    """A client that never failed has not seen anything."""
    assert outage(_seen(True, True, True)) == Outage(0.0, 0)


def test_an_outage_lasts_from_the_first_failure_to_the_next_success() -> None:
    """Both by their start: how long a request took to fail does not matter."""
    found = outage(_seen(True, False, False, True))

    assert round(found.seconds, 6) == 0.02
    assert found.failed == 2


def test_the_longest_outage_counts_and_every_failure() -> None:
    """A failback that hurts again is not hidden by an average."""
    found = outage(_seen(False, True, False, False, False, True))

    assert round(found.seconds, 6) == 0.03
    assert found.failed == 4


def test_an_outage_that_does_not_end_lasts_until_the_last_request_ended() -> None:
    """Whoever is still down at the end of the look has not recovered."""
    found = outage(_seen(True, False))

    assert round(found.seconds, 6) == 0.2
