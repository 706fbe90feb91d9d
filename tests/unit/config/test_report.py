"""Collecting faults: order, cap, suggestions."""

import pytest

from clusterd.config.diagnostic import Code, Span
from clusterd.config.report import SHOWN_MAX, Report, suggestion


def test_faults_stand_in_the_order_of_the_file() -> None:
    """Checks run in their own order; people read from top to bottom."""
    report = Report("f", ("a", "b"))
    report.error(Code.BAD_VALUE, "second", Span(2, 1))
    report.warn(Code.NO_EFFECT, "first", Span(1, 1))

    assert [each.message for each in report.diagnostics()] == ["first", "second"]


def test_what_is_not_shown_is_counted() -> None:
    """A file of rubbish must neither scroll for minutes nor seem half right."""
    report = Report("f", ("a",))
    for number in range(SHOWN_MAX + 7):
        report.error(Code.BAD_VALUE, str(number), Span(1, 1))

    found = report.diagnostics()

    assert len(found) == SHOWN_MAX + 1
    assert found[-1].code is Code.TOO_MANY
    assert found[-1].message == "7 more faults are not shown"


def test_one_value_reached_twice_is_one_fault() -> None:
    """Aliases lead to one place from many."""
    report = Report("f", ("a",))
    report.error(Code.BAD_VALUE, "wrong", Span(1, 1))
    report.error(Code.BAD_VALUE, "wrong", Span(1, 1))

    assert len(report.diagnostics()) == 1


def test_only_errors_refuse() -> None:
    """A warning tells; it does not stop anybody."""
    report = Report("f", ("a",))
    report.warn(Code.NO_EFFECT, "odd", Span(1, 1))

    assert not report.has_errors


def test_unwritten_places_fall_back_to_their_parents() -> None:
    """A missing parameter is shown at its resource."""
    report = Report("f", ("a",))
    report.place(("resources", "vip"), Span(3, 3))

    assert report.at("resources", "vip", "params", "ip") == Span(3, 3)
    assert report.at("nodes") == Span(1, 1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("on_doubt", "did you mean `on-doubt`?", id="underscore"),
        pytest.param("ON-DOUBT", "did you mean `on-doubt`?", id="upper case"),
        pytest.param("zzz", "known here: `on-doubt`, `release`", id="nothing near"),
    ],
)
def test_suggestion(name: str, hint: str) -> None:
    """The likely word, or what could be written instead."""
    assert suggestion(name, ["release", "on-doubt"]) == hint


def test_no_suggestion_beats_a_long_list() -> None:
    """Fifty names help nobody."""
    assert suggestion("zzz", [f"resource{n}" for n in range(50)]) is None
