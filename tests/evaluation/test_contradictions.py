"""Circles of preferences, by hand and against what a circle is."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.contradictions import circle_possible, circles

PAIRS = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda pair: pair[0] != pair[1])


@pytest.mark.parametrize(
    ("preferences", "found"),
    [
        ("", []),
        ("AB BC AC", []),
        ("AB BC CA", ["ABC"]),
        ("BC CA AB", ["BCA"]),
        ("AB BA", ["AB"]),
        ("AB BC CD DA", ["ABCD"]),
        ("AB BC CA AD DE EA", ["ABC", "ADE"]),
        ("AB BC CD DA CA", ["ABC", "ABCD"]),
        ("AB AB BC CA", ["ABC"]),
    ],
)
def test_each_circle_is_named_once_and_begins_with_what_came_first(
    preferences: str, found: list[str]
) -> None:
    pairs = [(pair[0], pair[1]) for pair in preferences.split()]
    assert sorted("".join(circle) for circle in circles(pairs)) == sorted(found)


@given(st.lists(PAIRS, max_size=20))
def test_every_step_of_a_circle_was_preferred_and_nothing_comes_twice(
    pairs: list[tuple[int, int]],
) -> None:
    for circle in circles(pairs):
        assert len(set(circle)) == len(circle) >= 2
        assert set(zip(circle, (*circle[1:], circle[0]), strict=True)) <= set(pairs)


@given(st.lists(PAIRS, max_size=12))
def test_there_are_circles_just_where_no_order_fits(pairs: list[tuple[int, int]]) -> None:
    things = sorted({thing for pair in pairs for thing in pair})
    orders = (dict(zip(order, range(7), strict=False)) for order in permutations(things))
    fits = any(all(order[a] < order[b] for a, b in pairs) for order in orders)
    assert bool(circles(pairs)) == (not fits)


@given(st.lists(PAIRS, max_size=12))
def test_where_there_is_one_there_could_be_one(pairs: list[tuple[int, int]]) -> None:
    assert circle_possible(pairs) or not circles(pairs)


def test_a_tree_of_comparisons_cannot_contradict_itself() -> None:
    assert not circle_possible([("A", "B"), ("A", "C"), ("D", "C")])
    assert circle_possible([("A", "B"), ("A", "C"), ("B", "C")])
