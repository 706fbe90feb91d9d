"""How a fault looks, for people and for programs."""

from clusterd.config.diagnostic import Code, Diagnostic, Severity, Span, render_all


def made(excerpt: str, span: Span, hint: str | None = None) -> Diagnostic:
    """Return a diagnostic about a piece of one line."""
    return Diagnostic(
        code=Code.UNKNOWN_RESOURCE,
        message="no resource is named `vpi`",
        file="cluster.yaml",
        span=span,
        excerpt=excerpt,
        hint=hint,
    )


def test_caret_stands_below_the_value() -> None:
    """The form of the habits: code, place, line, caret, hint."""
    fault = made("  with: vpi", Span(14, 9, 3), "did you mean `vip`?")

    assert fault.render() == (
        "error[C103]: no resource is named `vpi`\n"
        "  --> cluster.yaml:14:9\n"
        "   |\n"
        "14 |   with: vpi\n"
        "   |         ^^^\n"
        "hint: did you mean `vip`?"
    )


def test_wide_characters_keep_the_caret_in_place() -> None:
    """A terminal gives two cells to each of these characters."""
    fault = made("名前: vpi", Span(1, 5, 3))

    assert fault.render().splitlines()[-1] == "  |       ^^^"


def test_long_lines_are_cut_around_the_caret() -> None:
    """Ten thousand characters would push everything else off the screen."""
    fault = made("x" * 5000 + "vpi" + "y" * 5000, Span(1, 5001, 3))

    shown, caret = fault.render().splitlines()[-2:]

    assert len(shown) < 120
    assert shown[caret.index("^") :].startswith("vpi")


def test_control_characters_do_not_reach_the_terminal() -> None:
    """An escape sequence in a file must not paint the screen of its reader."""
    fault = made("\x1b[31mred\tvpi", Span(1, 10, 3))

    assert "\x1b" not in fault.render()
    assert "\t" not in fault.render()


def test_programs_get_stable_keys() -> None:
    """`-o json` is a contract."""
    data = made("  with: vpi", Span(14, 9, 3)).as_data()

    assert data == {
        "code": "C103",
        "severity": "error",
        "message": "no resource is named `vpi`",
        "file": "cluster.yaml",
        "line": 14,
        "column": 9,
        "width": 3,
        "excerpt": "  with: vpi",
        "hint": None,
    }


def test_codes_are_unique() -> None:
    """Somebody will search for a code and must find one meaning."""
    numbers = [code.number for code in Code]

    assert len(set(numbers)) == len(numbers)


def test_several_are_separated_by_a_blank_line() -> None:
    """Each fault is a paragraph."""
    fault = made("with: vpi", Span(1, 7, 3))

    assert render_all((fault, fault)).count("\n\n") == 1
    assert fault.severity is Severity.ERROR
