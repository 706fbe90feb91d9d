"""Finding circles."""

from clusterd.config.loops import Edge, find_loops


def edges(text: str) -> list[Edge[str]]:
    """Return the edges of `ab bc`."""
    return [Edge(pair[0], pair[1], pair) for pair in text.split()]


def shown(loops: list[list[Edge[str]]]) -> list[str]:
    """Return each circle as its steps."""
    return ["".join(edge.source for edge in loop) for loop in loops]


def test_no_circle_in_a_diamond() -> None:
    """Two ways to one place are no circle."""
    assert find_loops(edges("ab ac bd cd")) == []


def test_a_circle_is_a_path_back_to_its_start() -> None:
    """What leads into it and out of it is left out."""
    (loop,) = find_loops(edges("xa ab bc ca cy"))

    assert {edge.source for edge in loop} == {"a", "b", "c"}
    assert all(
        a.target == b.source for a, b in zip(loop, [*loop[1:], loop[0]], strict=True)
    )


def test_separate_circles_are_all_found() -> None:
    """Every fault at once."""
    assert sorted(map(len, find_loops(edges("ab ba cd dc")))) == [2, 2]


def test_a_step_before_itself_is_a_circle() -> None:
    """The shortest one there is."""
    assert shown(find_loops(edges("aa"))) == ["a"]


def test_long_chains_need_no_recursion() -> None:
    """A thousand resources in a row, closed to a circle."""
    chain = [Edge(n, n + 1) for n in range(5000)]

    assert find_loops(chain) == []
    assert [len(loop) for loop in find_loops([*chain, Edge(5000, 0)])] == [5001]
