"""Lines and tables."""

from clusterd.cli.picture import Ink, Span, for_encoding, inked, line, table, text_of


def test_a_table_is_aligned_and_never_cuts() -> None:
    """Names are what people copy: they stay whole."""
    picture = table(("A", "B"), [("x" * 50, "1"), ("y", "2")])

    assert text_of(picture).splitlines() == [
        f"A{' ' * 51}B",
        f"{'x' * 50}  1",
        f"y{' ' * 51}2",
    ]


def test_columns_that_are_empty_everywhere_are_left_out() -> None:
    """NOTE costs no place while there is none."""
    picture = table(("A", "NOTE", "B"), [("1", "", "2")])

    assert text_of(picture) == "A  B\n1  2"


def test_an_empty_cell_keeps_its_column() -> None:
    """And lines have no blanks at their end."""
    picture = table(("A", "B", "C"), [("1", "", "3"), ("1", "2", "")])

    assert text_of(picture) == "A  B  C\n1     3\n1  2"


def test_colour_never_changes_the_text() -> None:
    """What is read is the same with and without."""
    picture = (line("a ", Span("b", Ink.BAD)),)

    assert text_of(picture) == "a b"
    assert inked(picture) == "a \x1b[1;31mb\x1b[0m"


def test_signs_are_replaced_where_the_terminal_has_none() -> None:
    """A serial console must not show question marks."""
    assert for_encoding("✖ n1 → n2 …", "ascii") == "x n1 -> n2 ..."
    assert for_encoding("✖", "UTF-8") == "✖"
